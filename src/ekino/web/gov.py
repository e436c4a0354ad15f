"""The ministry's rooms put together: the cube, and what rooms above it know."""

from starlette.routing import BaseRoute

from ekino.archive import pages as archive_pages
from ekino.archive.service import Cube
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.totals.model.day import Country
from ekino.ui.templates import Templates
from ekino.web.forms import form


def routes(
    settings: Settings, db: Database, templates: Templates, country: Country
) -> list[BaseRoute]:
    """Give the pages under /gov."""
    office = archive_pages.Office(
        db=db,
        cube=Cube(
            db, settings.archive_dir, country=country.code, currency=country.currency
        ),
        templates=templates,
        country=country.code,
        currency=country.currency,
        timezone=country.timezone,
        today=lambda: country.today(now()),
    )
    return archive_pages.routes(office, form)
