"""The tables of files: uploads, and the rows of one to mend or to know about."""

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType

from ekino.ingest.formats.refusals import REFUSALS
from ekino.ingest.formats.sheet_template import head_in
from ekino.ingest.formats.sheet_words import HEAD_OF
from ekino.ingest.formats.table import FORMATS
from ekino.ingest.model import FIX
from ekino.intake.model.comparison import DIFFERS, comparison_of
from ekino.intake.model.upload import Finding, State, Upload, count_waiting
from ekino.ui.formats import money, number, signed_money, signed_number
from ekino.ui.languages import Language
from ekino.ui.tables import Cell, Column, Kind, Table

Text = Callable[..., str]
_LINE = re.compile(r"line (\d+)")
# What a reader or the judge says of a row, for which there are words in three languages.
TOLD = frozenset(
    {
        "row_has_more_cells", "cell_missing", "date_unreadable", "time_unreadable",
        "amount_unreadable", "amount_ambiguous", "amount_negative", "amount_too_large",
        "count_unreadable", "word_unknown", "price_missing", "price_and_takings_differ",
        "ticket_given_twice", "refund_names_no_ticket", "seat_sold_twice", "text_too_long",
        "column_unknown", "ticket_reported_otherwise", "currency_of_another_venue",
        "showing_told_otherwise", "showing_unknown", "line_is_no_json", "event_is_malformed",
        "line_too_long",
        "row_malformed", "showing_given_twice", "title_has_several_ids", "week_given_twice",
        "performances_unknown", "capacity_share_differs", "key_revoked", "source_suspended",
        # Only told: nothing is to be mended.
        "field_without_a_place", "programme", "incident", "film_beyond_the_first",
        "takings_without_spectators", "access_totals", "season_pass_price", "season_passes",
        "other_income", "event_named_otherwise", "showing_outside_the_sending",
        "season_pass_sold", "season_pass_annulled", "annulment_of_nothing", "currency_other",
        "title_missing", "seats_sold_negative", "takings_negative", "takings_without_seats",
        "sum_given_twice",
        "title_banned", "title_stolen", "title_blacklisted", "hall_incident",
    }
)  # fmt: skip
# What a file as a whole is refused for.
REFUSED = frozenset(
    {
        "file_truncated", "file_too_large", "file_empty", "file_unreadable",
        "file_has_too_many_rows", "file_has_too_many_columns",
        "file_has_too_many_tickets", "encoding_ambiguous",
        "encoding_not_read", "encoding_broken", "delimiter_ambiguous", "columns_missing",
        "column_given_twice", "totals_differ", "totals_given_twice", "workbook_bomb",
        "workbook_unreadable", "sheets_ambiguous", "format_unknown", "format_ambiguous",
        "money_unknown", "facts_malformed", "facts_version_unknown", "file_quota_used",
    }
) | (REFUSALS.keys() - {"showing_outside_the_sending"})  # fmt: skip
_OUTCOMES = frozenset(outcome.value for outcome in FIX)
LOOKS = MappingProxyType(
    {
        "refused": "open",
        "waiting": "open",
        "entering": "plain",
        "entered": "plain",
        "compared": "plain",
    }
)

_UPLOADS = (
    Column("reference", "intake.reference", Kind.TEXT, is_head=True),
    Column("file", "intake.file", Kind.TEXT),
    Column("handed_at", "intake.handed_at", Kind.CLOCK),
    Column("state", "intake.state", Kind.TEXT),
    Column("entered", "intake.entered", Kind.COUNT),
    Column("already", "intake.already", Kind.COUNT),
    Column("to_mend", "intake.to_mend", Kind.COUNT),
    Column("waiting", "intake.waiting", Kind.COUNT),
)
_FINDINGS = (
    Column("place", "intake.place", Kind.TEXT, is_head=True),
    Column("column", "intake.column", Kind.TEXT),
    Column("what", "intake.what", Kind.TEXT),
    Column("raw", "intake.raw", Kind.TEXT),
    Column("words", "intake.words", Kind.TEXT),
    Column("code", "intake.code", Kind.TEXT),
)


def of_uploads(found: Sequence[Upload], text: Text, *, timezone: str) -> Table:
    """Give uploads, the latest first."""
    return Table(
        name="uploads",
        columns=_UPLOADS,
        rows=tuple(
            {
                "reference": Cell(each.reference, href=f"/cinema/files/{each.reference}"),
                "file": each.file_name or "—",
                "handed_at": each.handed_at,
                "state": text(f"intake.state.{each.state}"),
                "entered": each.counts.get("entered", 0),
                "already": each.counts.get("already", 0),
                "to_mend": to_mend(each),
                "waiting": waiting(each),
            }
            for each in found
        ),
        timezone=timezone,
    )


def waiting(upload: Upload) -> int:
    """Count the file's rows that wait for names; one of before that were told apart, its facts."""
    return upload.counts.get("waiting_places", count_waiting(upload.counts))


def next_of(upload: Upload) -> str:
    """Name the sentence that says what is to be done now."""
    counts = upload.counts
    if upload.state is State.WAITING and not (
        counts.get("entered") or counts.get("already")
    ):
        return "intake.next.waiting_all"
    return f"intake.next.{upload.state}"


def format_in_words(name: str, text: Text) -> str:
    """Name a format; one that nobody knows as it was asked for."""
    return text(f"intake.format.{name}") if name in FORMATS else name or "—"


def to_mend(upload: Upload) -> int:
    """Say how many rows are to be looked at."""
    return upload.counts.get("findings", 0) + upload.counts.get("refused", 0)


def of_findings(
    upload: Upload, found: Sequence[Finding], text: Text, *, language: str
) -> Table:
    """Give the rows of an upload to mend or to know about, in the reader's words."""
    return Table(
        name=f"rows-{upload.reference}",
        columns=_FINDINGS,
        rows=tuple(
            {
                "place": place_in_words(each.place, text),
                "column": column_in_words(each.field, language),
                "what": what_in_words(each, text, language),
                "raw": "—" if each.code == DIFFERS else each.raw or "—",
                "words": Cell(each.words, lang="en"),
                "code": each.code,
            }
            for each in found
        ),
    )


def place_in_words(place: str, text: Text) -> str:
    """Say which row it is in the reader's words, where the place is a line."""
    match = _LINE.fullmatch(place)
    return text("intake.line", number=match[1]) if match else place or "—"


def column_in_words(name: str, language: str) -> str:
    """Give a column's head as the template has it."""
    head = HEAD_OF.get(name)
    return name or "—" if head is None else head_in(head, language)


def what_in_words(found: Finding, text: Text, language: str) -> str:
    """Say what a row is told: of a sum that differs, both figures."""
    compared = comparison_of(found.code, found.raw)
    if compared is None:
        return mend_in_words(found.code, text)
    reader, currency = Language(language), compared.currency
    tickets, gross_minor = compared.difference
    said = {
        "declared": number(compared.declared_tickets, reader),
        "registered": number(compared.registered_tickets, reader),
        "difference": signed_number(tickets, reader),
        "as_of": number(compared.as_of, reader),
    }
    if compared.declared_gross_minor is None or gross_minor is None:
        return text("intake.problem.tickets_differ", **said)
    return text(
        "intake.problem.total_differs",
        **said,
        declared_gross=money(compared.declared_gross_minor, currency, reader),
        registered_gross=money(compared.registered_gross_minor, currency, reader),
        difference_gross=signed_money(gross_minor, currency, reader),
    )


def mend_in_words(code: str, text: Text) -> str:
    """Say what to mend, in the reader's words; a code without words of its own in general ones."""
    if code in _OUTCOMES:
        return text(f"own.fix.{code}")
    return text(f"intake.problem.{code}" if code in TOLD else "intake.problem.other")


def refusal_in_words(code: str, text: Text) -> str:
    """Say why a file was not taken and what to do about it."""
    return text(f"intake.refused.{code}" if code in REFUSED else "intake.refused.other")
