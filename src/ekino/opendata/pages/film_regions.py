"""A film in regions, as one table of the film's own page: what is published, and nothing else."""

from collections.abc import Callable
from datetime import timedelta

from ekino.db.database import Database
from ekino.opendata import service
from ekino.opendata.service import FilmRegion
from ekino.totals.model.board import Board
from ekino.totals.model.day import ratio
from ekino.totals.model.film import FilmPage
from ekino.ui.languages import Language
from ekino.ui.tables import SUPPRESSED, Cell, Column, Kind, Row, Table

COLUMNS = (
    Column("region", "regions.region", Kind.TEXT, is_head=True),
    Column("region_code", "film.region_code", Kind.TEXT),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("weeks_published", "film.weeks_published", Kind.COUNT),
    Column("weeks", "film.weeks", Kind.COUNT),
)


def film_regions(
    db: Database, read_board: Callable[[], Board]
) -> Callable[[FilmPage, Language], Table | None]:
    """Give what makes the table of a film in regions; None where nothing is published of it."""

    def make(page: FilmPage, language: Language) -> Table | None:
        if not page.days:
            return None
        told = service.read_film_regions(
            db,
            page.listed.film.film_id,
            page.days[0].day,
            page.today + timedelta(days=1),
        )
        if not told:
            return None
        names = {each.code: each.name(language) for each in read_board().regions}
        return Table(
            name="film-regions",
            columns=COLUMNS,
            rows=tuple(_row(each, names.get(each.region, each.region)) for each in told),
            currency=page.country.currency,
            timezone=page.country.timezone,
            as_of=page.as_of,
            at=page.as_of_at,
        )

    return make


def _row(told: FilmRegion, name: str) -> Row:
    gross, admissions = told.gross_minor, told.admissions
    is_withheld = gross is None or admissions is None
    return {
        "region": Cell(name, href=f"/region/{told.region}"),
        "region_code": told.region,
        "takings": SUPPRESSED if gross is None else gross,
        "admissions": SUPPRESSED if admissions is None else admissions,
        "average_ticket": SUPPRESSED if is_withheld else ratio(gross or 0, admissions or 0),
        "weeks_published": told.weeks_told,
        "weeks": told.weeks,
    }
