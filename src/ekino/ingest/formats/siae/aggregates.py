"""LOG and the summaries added up in the same way, so that check 5 compares like with like."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ekino.ingest.formats.siae import log, summaries

# What is added up of each row, in this order.
FIGURES = (
    "count", "gross", "presale", "vat", "presale_vat", "services", "figurative",
    "figurative_vat",
)  # fmt: skip
# Organiser, event, section, kind of row (the element's name), kind of title, kind of pass.
Key = tuple[str, str, str, str, str, str]
Figures = tuple[int, int, int, int, int, int, int, int]
_NOTHING: Figures = (0, 0, 0, 0, 0, 0, 0, 0)
_EVENT_ROWS = (
    "sold", "annulled", "prepaid", "prepaid_annulled", "of_pass", "of_pass_annulled",
)  # fmt: skip
_PASS_ROWS = ("issued", "annulled", "prepaid", "prepaid_annulled")


def of_summary(summary: summaries.Document) -> dict[Key, Figures]:
    """Add up a summary's rows; passes of a fixed turn are in no log and are left out."""
    return _summed(_rows_of(summary))


def of_log(issues: Iterable[log.Issue], summary: summaries.Document) -> dict[Key, Figures]:
    """Add up the issues of the summary's system and of its day or month."""
    return _summed(_row_of(issue) for issue in issues if _belongs(issue, summary))


def _summed(rows: Iterable[tuple[Key, Figures]]) -> dict[Key, Figures]:
    sums: dict[Key, Figures] = defaultdict(lambda: _NOTHING)
    for key, figures in rows:
        before = sums[key]
        sums[key] = tuple(a + b for a, b in zip(before, figures, strict=True))  # type: ignore[assignment]  # eight and eight
    return sums


def _belongs(issue: log.Issue, summary: summaries.Document) -> bool:
    if issue.system != summary.licensee.system:
        return False
    if isinstance(summary, summaries.Daily):
        return issue.issued_day == summary.day
    return issue.issued_day.replace(day=1) == summary.month


def _rows_of(summary: summaries.Document) -> Iterator[tuple[Key, Figures]]:
    for organiser in summary.organisers:
        for event in organiser.events:
            place = f"{event.place.code} {event.day:%Y%m%d} {event.clock:%H%M}"
            for order in event.orders:
                for name in _EVENT_ROWS:
                    for row in getattr(order, name):
                        yield _told(row, (organiser.tax_number, place, order.code))
        for passes in organiser.passes:
            for name in _PASS_ROWS:
                row = getattr(passes, name)
                if row is not None:
                    yield (
                        (
                            organiser.tax_number,
                            "",
                            passes.seat_order,
                            row.ELEMENT,
                            passes.title_class,
                            passes.code,
                        ),
                        _figures(row),
                    )


def _told(row: object, place: tuple[str, str, str]) -> tuple[Key, Figures]:
    element = str(getattr(row, "ELEMENT", ""))
    kind = str(getattr(row, "title_class", ""))
    return (*place, element, kind, str(getattr(row, "pass_code", ""))), _figures(row)


def _figures(row: object) -> Figures:
    return (
        int(getattr(row, "count", 1)),
        getattr(row, "gross_minor", 0) or 0,
        getattr(row, "presale_minor", 0) or 0,
        getattr(row, "vat_minor", 0) or 0,
        getattr(row, "presale_vat_minor", 0) or 0,
        getattr(row, "services_minor", 0) or 0,
        getattr(row, "figurative_minor", 0) or 0,
        getattr(row, "figurative_vat_minor", 0) or 0,
    )


def _row_of(issue: log.Issue) -> tuple[Key, Figures]:
    """Give the row of a summary that an issue adds to, and what it adds."""
    is_prepaid = issue.vat_paid_before != "N"
    is_annulment = issue.is_annulment
    if issue.access is not None:
        shape = (
            (summaries.PrepaidAnnulled if is_annulment else summaries.Prepaid)
            if is_prepaid
            else (summaries.Annulled if is_annulment else summaries.Sold)
        ).ELEMENT
        services = sum(each.amount_minor for each in issue.access.services)
        figures = _of_kind(_figures(issue.access), is_prepaid=is_prepaid, services=services)
        return (*_place(issue, issue.access), shape, issue.title_class, ""), figures
    if issue.pass_ticket is not None:
        shape = (summaries.OfPassAnnulled if is_annulment else summaries.OfPass).ELEMENT
        code = issue.pass_ticket.code
        key = (*_place(issue, issue.pass_ticket), shape, issue.title_class, code)
        return key, _figures(issue.pass_ticket)
    if issue.season_pass is not None:
        shape = (
            (summaries.PrepaidPassesAnnulled if is_annulment else summaries.PrepaidPasses)
            if is_prepaid
            else (summaries.PassesAnnulled if is_annulment else summaries.PassesIssued)
        ).ELEMENT
        place = (issue.organiser, "", issue.seat_order)
        figures = _of_kind(_figures(issue.season_pass), is_prepaid=is_prepaid, services=0)
        return (*place, shape, issue.title_class, issue.season_pass.code), figures
    return (issue.organiser, "", issue.seat_order, "", issue.title_class, ""), _NOTHING


def _place(issue: log.Issue, of: log.AccessTitle | log.PassTicket) -> tuple[str, str, str]:
    return issue.organiser, f"{of.venue} {of.day:%Y%m%d} {of.clock:%H%M}", issue.seat_order


def _of_kind(figures: Figures, *, is_prepaid: bool, services: int) -> Figures:
    """Keep what a row of the kind has: amounts paid, or notional ones where VAT was paid before."""
    count, gross, presale, vat, presale_vat, _, figurative, figurative_vat = figures
    if is_prepaid:
        return count, 0, 0, 0, 0, 0, figurative, figurative_vat
    return count, gross, presale, vat, presale_vat, services, 0, 0
