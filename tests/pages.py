"""Every page that people read, with a reader for each: for pictures, and for what all must keep."""

from dataclasses import dataclass
from datetime import date, timedelta

TODAY = date.today()  # noqa: DTZ011 - the demonstration opens today
DAY = TODAY - timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, and the role of who opens it; None: anybody."""

    name: str
    address: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A person of the demonstration who opens pages."""

    name: str
    # Code in the demonstration's catalog; "" for roles of the state.
    organisation: str = ""


PEOPLE = {
    "analyst": Reading("Айгерім Сейітова"),
    "operator": Reading("Данияр Оспанов"),
    "auditor": Reading("Мадина Ким"),
    "exhibitor": Reading("Светлана Иванова", "exh-aqqanat"),
    "distributor": Reading("Ерлан Тұрсынов", "dist-aq-bult"),
    "producer": Reading("Әсел Нұрланқызы", "studio-akzhel"),
    "vendor": Reading("Руслан Ахметов", "vendor-tasqyn"),
}

PAGES = (
    Shown("board", "/"),
    Shown("day", f"/day/{DAY}"),
    Shown("weekend", f"/weekend/{DAY}"),
    Shown("month", f"/month/{DAY:%Y-%m}"),
    Shown("year", f"/year/{DAY:%Y}"),
    Shown("calendar", "/calendar"),
    Shown("films", "/films"),
    Shown("film", "/film/before-the-toi"),
    Shown("compare", "/compare?film=before-the-toi&film=interstellar&film=golden-spear"),
    Shown("about-data", "/about/data"),
    Shown("about-tickets", "/about/tickets"),
    Shown("check", "/check"),
    Shown("sign-in", "/sign-in"),
    Shown("account", "/account", "analyst"),
    Shown("claims", "/office/claims", "analyst"),
    Shown("cinema", "/cinema", "exhibitor"),
    Shown("cinema-reports", "/cinema/reports", "exhibitor"),
)
