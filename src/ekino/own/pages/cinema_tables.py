"""The tables of a cinema's pages, each one value for the page and its files."""

from datetime import datetime
from urllib.parse import quote

from ekino.own.model.cinema import HallDay, ReportDay, Showing, Venue
from ekino.own.pages.counter import title_cell
from ekino.own.service.cinema import Day
from ekino.ui.formats import language_name
from ekino.ui.languages import Language
from ekino.ui.tables import Cell, Column, Kind, Row, Table

_HALLS = (
    Column("hall", "own.hall", Kind.TEXT, is_head=True),
    Column("seats", "own.seats", Kind.COUNT),
    Column("showings", "own.showings", Kind.COUNT),
    Column("admissions", "own.admissions", Kind.COUNT),
    Column("occupancy", "own.occupancy", Kind.SHARE),
    Column("takings", "own.takings", Kind.MONEY),
    Column("takings_by_now", "own.takings_by_now", Kind.MONEY),
    Column("takings_last_week", "own.takings_last_week", Kind.MONEY),
    Column("change", "own.change", Kind.CHANGE),
)


def halls(day: Day) -> Table:
    """Give today by hall against the same weekday last week at the same hour."""
    return Table(
        name=f"halls-{day.venue.code}-{day.business_date}",
        part="halls",
        columns=_HALLS,
        rows=tuple(_hall(each, each.hall) for each in day.halls),
        total=_hall(day.whole, day.venue.name),
        currency=day.venue.currency,
        timezone=day.venue.timezone,
        as_of=day.as_of,
        at=day.as_of_at,
    )


def _hall(hall: HallDay, name: str) -> Row:
    return {
        "hall": name,
        "seats": hall.seats,
        "showings": sum(each.is_announced for each in hall.showings),
        "admissions": hall.figures.admissions,
        "occupancy": hall.occupancy,
        "takings": hall.figures.gross_minor,
        "takings_by_now": hall.now.gross_minor,
        "takings_last_week": hall.before.gross_minor,
        "change": hall.change,
    }


_SHOWINGS = (
    Column("starts_at", "own.starts_at", Kind.CLOCK),
    Column("hall", "own.hall", Kind.TEXT),
    Column("film", "own.film", Kind.TEXT, is_head=True),
    Column("language", "own.language", Kind.TEXT),
    Column("format", "own.format", Kind.TEXT),
    Column("capacity", "own.capacity", Kind.COUNT),
    Column("admissions", "own.admissions", Kind.COUNT),
    Column("occupancy", "own.occupancy", Kind.SHARE),
    Column("average", "own.average", Kind.MONEY),
    Column("takings", "own.takings", Kind.MONEY),
    Column("fees", "own.fees", Kind.MONEY),
)


def showings(day: Day, language: Language) -> Table:
    """Give the day's showings in order of time."""
    ordered = sorted(day.showings, key=lambda each: (each.starts_at, each.hall))
    return Table(
        name=f"showings-{day.venue.code}-{day.business_date}",
        part="showings",
        columns=_SHOWINGS,
        rows=tuple(_showing(each, language) for each in ordered),
        currency=day.venue.currency,
        timezone=day.venue.timezone,
        as_of=day.as_of,
        at=day.as_of_at,
    )


def _showing(showing: Showing, language: Language) -> Row:
    return {
        "starts_at": showing.starts_at,
        "hall": showing.hall,
        "film": title_cell(showing.titles, showing.original_language, language),
        "language": language_name(showing.language, language),
        "format": showing.format,
        "capacity": showing.capacity,
        "admissions": showing.admissions,
        "occupancy": showing.occupancy,
        "average": showing.figures.average_minor,
        "takings": showing.gross_minor,
        "fees": showing.fees_minor,
    }


_REPORTS = (
    Column("date", "own.day", Kind.DATE, is_head=True),
    Column("showings", "own.showings", Kind.COUNT),
    Column("received", "own.received", Kind.COUNT),
    Column("entered", "own.entered", Kind.COUNT),
    Column("refused", "own.refused", Kind.COUNT),
    Column("late", "own.late", Kind.COUNT),
    Column("admissions", "own.admissions", Kind.COUNT),
    Column("takings", "own.takings", Kind.MONEY),
    Column("due_at", "own.due_at", Kind.CLOCK),
)


def reports(
    venue: Venue, days: list[ReportDay], as_of: int, folded_at: datetime, *, at: datetime
) -> Table:
    """Give the business dates with what was received for each."""
    return Table(
        name=f"reports-{venue.code}",
        columns=_REPORTS,
        rows=tuple(_report(venue, each, at) for each in days),
        total={
            "date": None,
            "showings": sum(_announced(each) for each in days),
            "received": sum(each.entered + each.refused for each in days),
            "entered": sum(each.entered for each in days),
            "refused": sum(each.refused for each in days),
            "late": sum(each.late for each in days),
            "admissions": sum(each.figures.admissions for each in days),
            "takings": sum(each.figures.gross_minor for each in days),
            "due_at": None,
        },
        currency=venue.currency,
        timezone=venue.timezone,
        as_of=as_of,
        at=folded_at,
    )


def _report(venue: Venue, report: ReportDay, at: datetime) -> Row:
    day = report.business_date
    is_open = report.left(at) is not None
    badge = ("open", "own.due.open") if is_open else ("over", "own.due.over")
    return {
        "date": Cell(day, href=f"/cinema/reports/{day}?venue={quote(venue.code, safe='')}"),
        "showings": _announced(report),
        "received": report.entered + report.refused,
        "entered": report.entered,
        "refused": report.refused,
        "late": report.late,
        "admissions": report.figures.admissions,
        "takings": report.figures.gross_minor,
        "due_at": Cell(report.due_at, badge=badge),
    }


def _announced(report: ReportDay) -> int:
    return sum(each.is_announced for each in report.showings)


_REPORT = (
    Column("starts_at", "own.starts_at", Kind.CLOCK),
    Column("hall", "own.hall", Kind.TEXT),
    Column("film", "own.film", Kind.TEXT, is_head=True),
    Column("showing", "own.showing", Kind.TEXT),
    Column("sold", "own.sold", Kind.COUNT),
    Column("refunded", "own.refunded", Kind.COUNT),
    Column("voided", "own.voided", Kind.COUNT),
    Column("admitted", "own.admitted", Kind.COUNT),
    Column("late", "own.late", Kind.COUNT),
    Column("admissions", "own.admissions", Kind.COUNT),
    Column("takings", "own.takings", Kind.MONEY),
)


def report_showings(
    venue: Venue, report: ReportDay, language: Language, as_of: int, folded_at: datetime
) -> Table:
    """Give a day's showings with the events that were entered for each."""
    ordered = sorted(report.showings, key=lambda each: (each.starts_at, each.hall))
    return Table(
        name=f"report-{venue.code}-{report.business_date}",
        columns=_REPORT,
        rows=tuple(
            {
                "starts_at": each.starts_at,
                "hall": each.hall,
                "film": title_cell(each.titles, each.original_language, language),
                "showing": each.code,
                "sold": each.sold,
                "refunded": each.refunded,
                "voided": each.voided,
                "admitted": each.admitted,
                "late": each.late,
                "admissions": each.admissions,
                "takings": each.gross_minor,
            }
            for each in ordered
        ),
        currency=venue.currency,
        timezone=venue.timezone,
        as_of=as_of,
        at=folded_at,
    )
