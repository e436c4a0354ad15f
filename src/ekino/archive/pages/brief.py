"""The brief: one page that is read in half a minute, and the same on paper."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.archive.model.answer import Answer, Group
from ekino.archive.model.question import Compare, Dimension, Measure, Span
from ekino.archive.pages.asking import TICKETS, Asking, View
from ekino.archive.pages.naming import Naming
from ekino.archive.pages.office import GOV, Office, may_see_tickets
from ekino.archive.pages.paper import parts_chart, set_paper
from ekino.archive.service.brief import Brief, read_brief
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import zone
from ekino.ui import formats
from ekino.ui.languages import Language
from ekino.ui.tables import SUFFIXES, Cell, Column, Kind, Row, Table, write_value

BRIEF = "/gov/brief"
SPANS = (Span.TODAY, Span.WEEKEND, Span.WEEK, Span.MONTH, Span.QUARTER, Span.YEAR)
_COLOURS = {"domestic": "#0b6b3a", "foreign": "#e6c34a", "unstated": "#8b98a4"}
_FIGURES = (
    Column("takings", "explore.measure.takings", Kind.MONEY),
    Column("share", "explore.share", Kind.SHARE),
    Column("admissions", "explore.measure.admissions", Kind.COUNT),
    Column("change", "brief.change", Kind.CHANGE),
)


def routes(office: Office) -> list[BaseRoute]:
    """Give the brief, its tables as files, and the brief on paper."""

    def brief(request: Request) -> Response:
        """Show the brief of a period."""
        asking, naming, found = _read(office, request)
        may = may_see_tickets(request)
        return office.templates.respond(
            request,
            "archive/brief.html",
            trail=(GOV,),
            asking=asking,
            brief=found,
            whole=found.whole,
            now=found.whole.whole.now,
            before=found.whole.whole.before,
            compared=found.whole.question.compared,
            growth=partial(_growth, found.whole),
            origins=_table(office, naming, asking, found.origins, may=may),
            films=_table(office, naming, asking, found.films, may=may),
            regions=_table(office, naming, asking, found.regions, may=may),
            parts=[
                (str(group.keys[0]), max(group.now.gross_minor, 0))
                for group in found.origins.groups
            ],
            spans=SPANS,
            paper={each.value: _paper_address(asking, each) for each in Language},
            tickets=asking.address(TICKETS, as_of=found.whole.as_of) if may else "",
            currency=office.currency,
            timezone=office.timezone,
        )

    def brief_file(request: Request) -> Response:
        """Give the brief on paper, or one of its tables as a file."""
        suffix = request.path_params["suffix"]
        asking, naming, found = _read(office, request)
        if suffix == "pdf":
            return _paper(office, request, naming, found)
        tables = {"origin": found.origins, "film": found.films, "region": found.regions}
        part = request.query_params.get("table", "film")
        if suffix not in SUFFIXES or part not in tables:
            raise NotFound(f"there is no file of the kind {suffix!r}", code="not_found")
        table = _table(office, naming, asking, tables[part], may=False)
        title = office.templates.text(request, "brief.title")
        return office.templates.respond_table(request, table, suffix, title=title)

    return [
        Route(BRIEF, brief, name="brief"),
        Route(f"{BRIEF}.{{suffix}}", brief_file, name="brief_file"),
    ]


def _read(office: Office, request: Request) -> tuple[Asking, Naming, Brief]:
    asking = office.asking(request).asking(by=(), compare=Compare.YEAR, filters={})
    found = read_brief(office.cube, asking.question.period, today=office.today())
    return asking, office.naming(request), found


def _paper_address(asking: Asking, language: Language) -> str:
    return asking.address(f"{BRIEF}.pdf", lang=language.value)


def _growth(answer: Answer, measure: Measure) -> Fraction | None:
    return answer.growth(answer.whole, measure)


def _table(
    office: Office, naming: Naming, asking: Asking, answer: Answer, *, may: bool
) -> Table:
    """Give one part of the brief as a table; its rows lead on to the explorer."""
    dimension = answer.question.by[0]
    part = dimension.value
    head = Column(part, f"explore.dim.{part}", Kind.TEXT, is_head=True)
    whole = answer.whole.now

    def row(group: Group) -> Row:
        key, now = group.keys[0], group.now
        code = naming.code(dimension, key)
        inside = asking.narrowed({dimension: code})
        words, lang = naming.name(dimension, key)
        origin = naming.names.films[key]["origin"] if isinstance(key, int) else ""
        badge = (origin, _ORIGINS[origin]) if origin else None
        tickets = inside.address(TICKETS, as_of=answer.as_of) if may else ""
        return {
            part: Cell(words, href=inside.address(), lang=lang, badge=badge),
            "takings": now.gross_minor,
            "share": Fraction(now.gross_minor, whole.gross_minor)
            if whole.gross_minor
            else None,
            "admissions": Cell(now.admissions, href=tickets if now.admissions else ""),
            "change": answer.growth(group, Measure.TAKINGS),
        }

    return Table(
        name=f"brief-{part}-{answer.question.period.first}-{answer.question.period.last}",
        columns=(head, *_FIGURES),
        rows=tuple(row(group) for group in answer.groups),
        currency=office.currency,
        timezone=office.timezone,
        as_of=answer.as_of,
        at=answer.at,
        part=part,
    )


_ORIGINS = {
    "domestic": "origin.domestic",
    "foreign": "origin.foreign",
    "unstated": "origin.unstated",
}


def _paper(office: Office, request: Request, naming: Naming, found: Brief) -> Response:
    language = naming.language
    text: Callable[..., str] = partial(office.templates.text, request)
    pdf = set_paper("brief", _values(office, naming, found, text, language))
    period = found.whole.question.period
    name = f"brief-{period.first}-{period.last}-{language.value}.pdf"
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "private, no-cache",
        "Content-Language": language.value,
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


def _values(
    office: Office,
    naming: Naming,
    found: Brief,
    text: Callable[..., str],
    language: Language,
) -> dict[str, Any]:
    """Give everything that stands on the paper, in words."""
    whole, period = found.whole, found.whole.question.period
    compared = found.whole.question.compared or period
    local = whole.at.astimezone(zone(office.timezone))
    return {
        "lang": language.value,
        "title": text("brief.title"),
        "office": text("brief.office"),
        "period": text(
            "brief.period",
            period=formats.days_between(period.first, period.last, language),
            compared=formats.days_between(compared.first, compared.last, language),
        ),
        "date": [local.year, local.month, local.day],
        "figures": _figures(office, found, text, language),
        "sentence": text(
            "explore.only_begun"
            if found.whole.question.has_only_begun
            else "brief.beside_year"
        ),
        "origin": {
            "title": text("brief.origins"),
            "chart": parts_chart(
                [
                    (group.now.gross_minor, _COLOURS[str(group.keys[0])])
                    for group in found.origins.groups
                ]
            ),
            "alt": _in_words(office, naming, found.origins) or text("explore.empty.title"),
            **_on_paper(office, naming, found.origins, text),
        },
        "films": {
            "title": text("brief.films"),
            **_on_paper(office, naming, found.films, text),
        },
        "regions": {
            "title": text("brief.regions"),
            **_on_paper(office, naming, found.regions, text),
        },
        "note": text("brief.note"),
        "as_of": text(
            "brief.as_of",
            position=formats.number(whole.as_of, language),
            day=formats.day_numeric(local.date(), language),
            time=formats.clock(whole.at, office.timezone, language),
        ),
        "signing": [
            text("brief.signing.post"),
            text("brief.signing.name"),
            text("brief.signing.date"),
        ],
    }


def _in_words(office: Office, naming: Naming, answer: Answer) -> str:
    """Say what the bar of domestic and foreign films shows."""
    return "; ".join(
        naming.name(Dimension.ORIGIN, group.keys[0])[0]
        + ": "
        + formats.money(group.now.gross_minor, office.currency, naming.language)
        for group in answer.groups
    )


def _figures(
    office: Office, found: Brief, text: Callable[..., str], language: Language
) -> list[list[str]]:
    """Give the four figures: what each is called, what it is, how it moved in a year."""
    now = found.whole.whole.now
    share, before = found.domestic_share, found.domestic_share_before
    moved = formats.NOTHING
    if share is not None and before is not None:
        moved = text("brief.points", points=formats.signed_points(share - before, language))

    def against(measure: Measure) -> str:
        grown = _growth(found.whole, measure)
        return formats.NOTHING if grown is None else formats.signed_percent(grown, language)

    def money(amount: int | Fraction | None) -> str:
        return formats.money(amount, office.currency, language)

    return [
        [text("explore.measure.takings"), money(now.gross_minor), against(Measure.TAKINGS)],
        [
            text("explore.measure.admissions"),
            formats.number(now.admissions, language),
            against(Measure.ADMISSIONS),
        ],
        [text("brief.domestic_share"), formats.percent(share, language), moved],
        [
            text("explore.measure.average"),
            money(now.value(Measure.AVERAGE)),
            against(Measure.AVERAGE),
        ],
    ]


def _on_paper(
    office: Office, naming: Naming, answer: Answer, text: Callable[..., str]
) -> dict[str, Any]:
    """Give a part's table in words; a film says whether it is domestic."""
    asking = Asking(answer.question, Span.CUSTOM, View.BARS)
    table = _table(office, naming, asking, answer, may=False)

    def words(row: Row, column: Column) -> str:
        cell = row[column.name]
        value = cell.value if isinstance(cell, Cell) else cell
        written = write_value(value, column, table, language=naming.language)
        if isinstance(cell, Cell) and cell.badge:
            return f"{written} ({text(cell.badge[1])})"
        return written

    return {
        "heads": [text(column.title) for column in table.columns],
        "widths": ["wide" if column.is_head else "narrow" for column in table.columns],
        "rows": [[words(row, column) for column in table.columns] for row in table.rows],
    }
