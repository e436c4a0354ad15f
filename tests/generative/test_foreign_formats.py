"""Round trips of foreign formats on invented documents: out and in, and back, are the same."""

import xml.etree.ElementTree as ET
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekino.ingest.formats import comscore, eais, forms, icaa
from ekino.ingest.formats.facts import Facts
from ekino.ingest.formats.fixed import CELLS_TEXT, columns_of
from ekino.ingest.formats.forms import Form
from ekino.ingest.formats.icaa.records import Film, Hall, Held, Programmed, Shown
from ekino.ingest.formats.shapes import Kind, Part, parts_of
from ekino.ingest.formats.siae import log, lta, lta_fixed, rca, summaries
from ekino.ingest.formats.siae.codes import ENTRY_CODES
from ekino.kernel.errors import Malformed

DAYS = st.dates(date(2000, 1, 1), date(2068, 12, 31))
MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SECONDS = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
AMOUNTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents).scaleb(-2).normalize())
OF_FORM: dict[int, st.SearchStrategy[Any]] = {
    id(forms.DAY): DAYS,
    id(forms.MONTH): DAYS.map(lambda day: day.replace(day=1)),
    id(forms.MINUTE): MINUTES,
    id(forms.CLOCK): SECONDS,
    id(forms.LOCAL): st.builds(datetime.combine, DAYS, SECONDS),
    id(forms.YES): st.booleans(),
    id(eais.PRICE): st.builds(eais.Price, AMOUNTS, st.booleans()),
    id(eais.DISCOUNT): AMOUNTS,
}
# Letters of every alphabet, quotes and ampersands; what a form does not take is left out below.
LETTERS = st.characters(exclude_categories=["Cs", "Cc"])


def of_form(form: Form) -> st.SearchStrategy[Any]:
    """Invent values that a form can say."""
    if id(form) in OF_FORM:
        return OF_FORM[id(form)]
    if form.choices:
        return st.sampled_from(form.choices)
    if form.pattern:
        return st.from_regex(form.pattern, fullmatch=True).filter(
            lambda text: is_said(form, text)
        )
    if form.words.startswith(("whole number", "cents")):
        return st.integers(0, form.most)
    return st.text(LETTERS, max_size=12).map(lambda text: f"{text.strip()}x").filter(
        lambda text: is_said(form, text)
    )  # fmt: skip


def is_said(form: Form, value: Any) -> bool:
    try:
        return bool(form.read(form.write(value)) == value)
    except ValueError:
        return False


def of_part(part: Part, version: str) -> st.SearchStrategy[Any]:
    if part.kind is Kind.OTHERS:
        return st.just((("unknown", "1"),)) | st.just(())
    if part.kind is Kind.ROWS:
        row = of_shape(part.shape, version)
        if part.most is None:
            return st.lists(row, min_size=part.least, max_size=2).map(tuple)
        return row if part.least else st.none() | row
    if part.form is None:
        raise AssertionError(part)
    value = of_form(part.form)
    return value if part.least else st.just(part.default) | value


@cache
def of_shape(shape: Any, version: str = "") -> st.SearchStrategy[Any]:
    """Invent values of a shape: each part by its form, as many rows as it may have."""
    return st.builds(
        shape,
        **{
            part.field: of_part(part, version)
            for part in parts_of(shape, version)
            if part.kind is not Kind.LINE and not part.is_personal
        },
    )


def of_log(version: str) -> st.SearchStrategy[log.Document]:
    issues = st.lists(of_shape(log.Issue, version), max_size=3).map(tuple)
    return st.builds(log.Document, issues=issues, version=st.just(version))


DOCUMENTS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "eais": (eais, of_shape(eais.Document)),
    "log 0039": (log, of_log(log.V0039)),
    "log 0040": (log, of_log(log.V0040)),
    "lta": (lta, of_shape(lta.Document, lta.VERSION)),
    "rmg": (summaries, of_shape(summaries.Daily, summaries.DAILY)),
    "rpm": (summaries, of_shape(summaries.Monthly, summaries.MONTHLY)),
    "rca": (rca, of_shape(rca.Document, rca.VERSION)),
}
RELAXED = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("name", DOCUMENTS)
@RELAXED
@given(draws=st.data())
def test_out_and_in_and_out_again_is_the_same(name: str, draws: st.DataObject) -> None:
    module, documents = DOCUMENTS[name]
    document = draws.draw(documents)

    raw = module.serialise(document)

    assert module.parse(raw) == document
    assert module.serialise(module.parse(raw)) == raw


@pytest.mark.parametrize("name", DOCUMENTS)
@RELAXED
@given(draws=st.data())
def test_another_writers_blanks_and_order_of_attributes_do_not_matter(
    name: str, draws: st.DataObject
) -> None:
    module, documents = DOCUMENTS[name]
    document = draws.draw(documents)
    raw = module.serialise(document)
    declared = raw.partition(b"<!DOCTYPE")[2].partition(b">")[0]
    root = ET.fromstring(raw)  # noqa: S314 - our own
    for element in root.iter():
        element.attrib = dict(reversed(element.attrib.items()))
    ET.indent(root, space="\t")

    theirs = ET.tostring(root, encoding="utf-8")
    theirs = (b"<!DOCTYPE" + declared + b">" if declared else b"") + theirs

    assert module.parse(theirs) == document


@pytest.mark.parametrize("name", DOCUMENTS)
@RELAXED
@given(draws=st.data())
def test_a_copy_that_is_cut_anywhere_is_refused_and_never_half_read(
    name: str, draws: st.DataObject
) -> None:
    module, documents = DOCUMENTS[name]
    raw = module.serialise(draws.draw(documents)).rstrip(b"\n")
    cut = draws.draw(st.integers(0, len(raw) - 1))

    with pytest.raises(Malformed):
        module.parse(raw[:cut])


START = datetime(2026, 3, 1, 18)  # noqa: DTZ001 - local to the cinema
LINES = st.lists(of_shape(eais.Line), max_size=12).map(tuple)


@RELAXED
@given(lines=LINES)
def test_every_line_of_eais_is_a_sale_or_a_reversal_and_no_kopeck_is_lost(
    lines: tuple[eais.Line, ...],
) -> None:
    document = eais.Document(
        cinema="1",
        hall="1",
        starts_at=START,
        lines=lines,
    )

    facts = eais.facts(document, currency="RUB", timezone="Europe/Moscow")

    signed = sum(
        -line.price.amount if line.price.is_return else line.price.amount for line in lines
    )
    assert facts.gross_minor == signed * 100
    assert len(facts.sales) + len(facts.reversals) == len(lines)
    assert len({sale.ticket for sale in facts.sales}) == len(facts.sales)
    assert len({each.ticket for each in facts.reversals}) == len(facts.reversals)


LATIN = st.text(st.characters(codec="latin-1", categories=["L", "N", "P"]), max_size=20)
CODES = st.text("ABC0123456789", min_size=1, max_size=5)


@st.composite
def box_office_files(draw: st.DrawFn) -> icaa.Document:
    """Invent a file whose references hold: halls, films of each, showings with films."""
    names = draw(st.lists(CODES, min_size=1, max_size=3, unique=True))
    halls = tuple(Hall(hall=name, name=draw(LATIN).strip()) for name in names)
    films, held, shown = [], {}, []
    for name in names:
        codes = draw(st.lists(CODES, min_size=1, max_size=3, unique=True))
        films += [draw_film(draw, name, code) for code in codes]
        for day, clock in draw(st.lists(st.tuples(DAYS, MINUTES), max_size=3, unique=True)):
            of_it = draw(st.lists(st.sampled_from(codes), max_size=3, unique=True))
            shown += [Shown(hall=name, day=day, clock=clock, film=code) for code in of_it]
            row = Held(
                hall=name,
                day=day,
                clock=clock,
                films=len(of_it),
                spectators=draw(st.integers(0, 400)),
                gross=Decimal(draw(st.integers(0, 9_999_999))).scaleb(-2),
                incident=draw(st.sampled_from(["000", "001", ""])),
            )
            held[row.key] = row
    counts: dict[tuple[str, date], int] = {}
    for row in held.values():
        key = (row.hall, row.business_date)
        counts[key] = counts.get(key, 0) + 1
    return icaa.Document(
        mailbox=draw(st.text("ABC", min_size=3, max_size=3)),
        file_kind=draw(st.sampled_from(["FL", "AT", "01"])),
        previous_day=draw(st.integers(1, 366)),
        sent_day=draw(st.integers(1, 366)),
        halls=halls,
        held=tuple(held.values()),
        shown=tuple(shown),
        films=tuple(films),
        programmed=tuple(
            Programmed(hall=hall, day=day, showings=count + draw(st.integers(0, 5)))
            for (hall, day), count in counts.items()
        ),
    )


def draw_film(draw: st.DrawFn, hall: str, code: str) -> Film:
    return Film(
        hall=hall,
        film=code,
        rating_file=draw(st.text("0123456789", max_size=12)),
        title=draw(LATIN).strip(),
        distributor=draw(st.text("0123456789", max_size=12)),
        distributor_name=draw(LATIN).strip(),
        original_version=draw(st.sampled_from(["", "4"])),
        language=draw(st.sampled_from(["", "P"])),
        subtitles="",
        projection=draw(st.sampled_from(["", "1"])),
    )


def is_latin_1(document: icaa.Document) -> bool:
    """Leave out the pairs of letters that would be taken for UTF-8, and are refused for it."""
    try:
        icaa.serialise(document)
    except Malformed as refused:
        if refused.code != "encoding_wrong":
            raise
        return False
    return True


@RELAXED
@given(document=box_office_files().filter(is_latin_1))
def test_a_box_office_file_out_and_in_is_the_same_and_loses_no_cent(
    document: icaa.Document,
) -> None:
    raw = icaa.serialise(document)

    assert icaa.parse(raw) == document
    assert icaa.serialise(icaa.parse(raw)) == raw
    facts: Facts = icaa.facts(document, currency="EUR", timezone="Europe/Madrid")
    seen = [held for held in document.held if held.spectators]
    assert facts.tickets == document.header.spectators
    assert facts.gross_minor == sum(held.gross for held in seen) * 100


@RELAXED
@given(document=box_office_files().filter(is_latin_1), draws=st.data())
def test_a_box_office_file_with_any_digit_of_a_total_changed_is_refused(
    document: icaa.Document, draws: st.DataObject
) -> None:
    raw = bytearray(icaa.serialise(document))
    place = draws.draw(st.sampled_from([*range(12, 53), 54, 55]))
    digit = draws.draw(st.integers(0, 9).filter(lambda each: each != raw[place] - ord("0")))
    raw[place] = ord("0") + digit

    with pytest.raises(Malformed):
        icaa.parse(bytes(raw))


SUMMARIES = st.builds(
    comscore.nightly,
    st.text("abc-0", min_size=1, max_size=9),
    DAYS,
    st.lists(of_shape(comscore.Line), max_size=4, unique_by=lambda line: line.key),
    sent_day=st.just(date(2026, 1, 1)),
    currency=st.sampled_from(["KZT", "EUR", "JPY"]),
)


@RELAXED
@given(document=SUMMARIES)
def test_a_nightly_summary_out_and_in_is_the_same(document: comscore.Document) -> None:
    values = {name: getattr(document, name) for name in comscore.Document.__slots__}
    values |= {"sent_day": document.day}
    try:
        raw = comscore.serialise(comscore.Document(**values))
    except Malformed as refused:
        # Four lines of the largest amount are more than one amount may be.
        if refused.code != "value_wrong":
            raise
        return

    assert comscore.parse(raw) == comscore.Document(**values)


def test_a_row_of_518_columns_out_and_in_is_the_same() -> None:
    texts = st.text("ABC 0123456789", max_size=8).map(str.strip)

    @RELAXED
    @given(
        draws=st.data(),
        days=st.tuples(*[DAYS] * 6),
        state=st.sampled_from(ENTRY_CODES),
        numbers=st.tuples(*[st.integers(0, 9_999_999)] * 3),
    )
    def check(
        draws: st.DataObject, days: tuple[date, ...], state: str, numbers: tuple[int, ...]
    ) -> None:
        row = a_record(draws, texts, days, state, numbers)
        raw = lta_fixed.serialise((row, row))
        assert lta_fixed.parse(raw) == (row, row)
        assert lta_fixed.serialise(lta_fixed.parse(raw)) == raw

    check()


def a_record(
    draws: st.DataObject,
    texts: st.SearchStrategy[str],
    days: tuple[date, ...],
    state: str,
    numbers: tuple[int, ...],
) -> lta_fixed.Row:
    words = {
        each.field: draws.draw(texts)[: each.width].strip()
        for each in columns_of(cast("Any", lta_fixed.Row))
        if each.cells is CELLS_TEXT
    }
    days_of = ("event_day", "opened_day", "issued_day", "listed_day", "entered_day")
    clocks = ("event_clock", "issued_clock", "annulled_clock")
    seconds = ("opened_clock", "listed_clock", "entered_clock")
    values: dict[str, Any] = {
        **words,
        **dict(zip(days_of, days, strict=False)),
        **{name: draws.draw(MINUTES) for name in clocks},
        **{name: draws.draw(SECONDS) for name in seconds},
        "annulled_day": None,
        "annulled_number": draws.draw(st.none() | st.integers(0, 99_999_999)),
        "number": numbers[0],
        "gross_minor": numbers[1],
        "pass_number": numbers[2],
        "pass_events": None,
        "state": state,
    }
    return lta_fixed.Row(**values)
