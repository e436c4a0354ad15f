"""Judging a file whole: read, mapped, laid beside what the register knows; nothing is entered."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from ekino.ingest.formats import native_ndjson
from ekino.ingest.formats.facts import (
    NOTICES,
    Admission,
    Correction,
    Facts,
    Reversal,
    Sale,
    malformed,
)
from ekino.ingest.formats.table import choose
from ekino.ingest.formats.unpacking import unpack
from ekino.ingest.wire import Event, MalformedEvent, decode_event, differences, raw_events
from ekino.intake.model import events as making
from ekino.intake.model.mapping import Mapper, Target
from ekino.intake.model.upload import (
    FINDINGS_MAX,
    RAW_CHARACTERS_MAX,
    Finding,
    Name,
    Source,
)
from ekino.intake.service.comparing import Mapped, compare
from ekino.intake.store import catalog
from ekino.intake.store.catalog import There, Wanted
from ekino.kernel.moments import to_text
from ekino.register import service as register

# Subjects looked up in one question.
_SUBJECTS_AT_ONCE = 5_000
# Facts of one file, of every kind: the largest day of a country, and what is kept of each
# while it is judged.
FACTS_MAX = 2_000_000
_ANNOUNCED = "showing_announced"


@dataclass(slots=True, kw_only=True)
class Judgement:
    """What a file holds and what would become of it."""

    format: str
    version: str
    # (place in the file, native event without its number), in the order in which to send them.
    events: list[tuple[str, making.Event]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    # Names that wait → rows that wait for them.
    unknown: Counter[Name] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def find(self, place: str, column: str, code: str, words: str, raw: str = "") -> None:
        """Note what is wrong with a row; beyond FINDINGS_MAX it is only counted."""
        self.counts["findings"] += 1
        if code in NOTICES:
            self.counts["notices"] += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(
                Finding(
                    place=place[:RAW_CHARACTERS_MAX],
                    field=column,
                    code=code,
                    words=_kept(words),
                    raw=_kept(raw),
                )
            )


def _kept(text: str) -> str:
    """Cut a text, and take out what PostgreSQL keeps in no text."""
    return text[:RAW_CHARACTERS_MAX].replace("\0", "\N{REPLACEMENT CHARACTER}")


def read(
    content: bytes, *, format_: str, currency: str, timezone: str
) -> Judgement | Facts:
    """
    Read a file in the format that is named or that it is known as.

    Raises `Malformed` for a file that cannot be taken as a whole. Lines of native events are
    given as they are, whole, every other file as facts.
    """
    chosen = choose(content, format_)
    plain = unpack(content)
    if chosen.read is None:
        return _of_lines(native_ndjson.read(plain))
    return _facts_of(chosen.read, plain, currency=currency, timezone=timezone)


def _facts_of(
    read_facts: Callable[..., Facts], content: bytes, *, currency: str, timezone: str
) -> Facts:
    if not currency or not timezone:
        detail = "the source's venues have several currencies or zones, or it has none"
        raise malformed("", "money_unknown", detail, "Name the currency and the zone.")
    facts = read_facts(content, currency=currency, timezone=timezone)
    count = len(facts.showings) + len(facts.sales) + len(facts.corrections)
    count += len(facts.reversals) + len(facts.admissions)
    if count > FACTS_MAX:
        detail = f"the file holds {count} facts; at most {FACTS_MAX} are taken at once"
        raise malformed("", "file_has_too_many_tickets", detail, "Split it by days.")
    return facts


def _of_lines(lines: native_ndjson.Lines) -> Judgement:
    judged = Judgement(format=native_ndjson.NAME, version="1", counts=lines.counts)
    judged.events = lines.events
    for each in lines.unmapped:
        judged.find(each.place, "", each.reason, each.words, each.raw)
    return judged


def judge(
    office: Connection[Any],
    reader: Connection[Any],
    source: Source,
    what: Judgement | Facts,
    *,
    at: datetime,
) -> Judgement:
    """
    Map what was read to our codes, and leave out what the register has already.

    `office` sees the catalog, `reader` the register; whoever enters afterwards holds the
    source's numbers meanwhile. `at` is when the file was handed in.
    """
    if not isinstance(what, Facts):
        _leave_out_known(reader, source, what)
        return what
    judged, mapped = _mapped(office, source, what, at=at)
    _leave_out_known(reader, source, judged)
    for each in compare(office, mapped, judged.events, judged.counts):
        judged.find(each.place, each.field, each.code, each.words, each.raw)
    return judged


def _mapped(
    tx: Connection[Any], source: Source, facts: Facts, *, at: datetime
) -> tuple[Judgement, Mapped]:
    judged = Judgement(
        format=facts.format, version=facts.version, counts=Counter(facts.counts)
    )
    _note_rows(judged, facts)
    summed = {each.film for each in facts.totals}
    mapper = Mapper(
        source=source,
        mapped=catalog.list_mappings(tx, source.source_id),
        versions=catalog.find_versions(
            tx,
            {each.film.title for each in facts.showings} | summed,
            {each.film.certificate for each in facts.showings} | summed,
        ),
        unknown=judged.unknown,
    )
    targets: dict[str, Target] = {}
    known = set()
    for showing in facts.showings:
        target = mapper.target(showing)
        if target is not None:
            known.add(showing.code)
        if target is not None and target.venue.currency != facts.currency:
            words = (
                f"{target.venue.code} takes {target.venue.currency}, not {facts.currency}"
            )
            judged.find(showing.place, "", "currency_of_another_venue", words)
        elif target is not None:
            targets[showing.code] = target
        else:
            judged.counts["waiting_showings"] += 1
    codes = _place_showings(tx, judged, facts, targets, at)
    _add_tickets(judged, facts, targets, codes)
    # A showing and the tickets sold to it stand in one row of a sheet: it waits once.
    waiting = {each.code for each in facts.showings} - known
    places = {each.place for each in facts.showings if each.code in waiting}
    places |= {each.place for each in _rows_of(facts) if each.showing in waiting}
    judged.counts["waiting_places"] = len(places)
    return judged, Mapped(facts=facts, mapper=mapper, targets=targets, codes=codes)


def judgement_of(facts: Facts) -> Judgement:
    """Give what a reader found, each row once, and how much of it is nothing to mend."""
    judged = Judgement(format=facts.format, version=facts.version)
    _note_rows(judged, facts)
    return judged


def _note_rows(judged: Judgement, facts: Facts) -> None:
    """Carry over what the reader found, each row once: with its raw text where there is one."""
    raw = {(each.place, each.reason): each.raw for each in facts.unmapped}
    told = set()
    for problem in facts.problems:
        place, _, column = problem.pointer.partition("/")
        told.add((place, problem.code))
        judged.find(
            place, column, problem.code, problem.detail, raw.get((place, problem.code), "")
        )
    for each in facts.unmapped:
        if (each.place, each.reason) not in told:
            judged.find(each.place, "", each.reason, each.words, each.raw)


def _place_showings(
    tx: Connection[Any],
    judged: Judgement,
    facts: Facts,
    targets: dict[str, Target],
    at: datetime,
) -> dict[str, str]:
    """
    Give our code of each showing, announce those that the catalog has not, move those that moved.

    A file may be older than what the catalog has: what it says otherwise is told, and stays.
    """
    mapped = [each for each in facts.showings if each.code in targets]
    wanted = []
    for showing in mapped:
        target = targets[showing.code]
        wanted.append(
            Wanted(
                target.venue.code, showing.code, target.hall, target.version,
                showing.starts_at,
            )
        )  # fmt: skip
    there = catalog.find_showings(tx, wanted)
    codes = {}
    for place, showing in enumerate(mapped):
        found = there.get(place)
        codes[showing.code] = showing.code if found is None else found.code
        if found is None:
            event = making.announced(showing, targets[showing.code], at=at)
            judged.events.append((showing.place, event))
        elif found.code == showing.code and found.state == "announced":
            changes = _changes(found, wanted[place])
            if facts.is_current and changes.keys() & _MOVES:
                event = making.moved(showing, targets[showing.code], at=at)
                judged.events.append((showing.place, event))
                changes = {name: changes[name] for name in changes.keys() - _MOVES}
            if changes:
                words = ", ".join(changes[name] for name in sorted(changes))
                judged.find(showing.place, "", "showing_told_otherwise", words)
    return codes


# What a showing can be moved in; its film is what it was announced with.
_MOVES = frozenset({"hall", "starts_at"})


def _changes(there: There, wanted: Wanted) -> dict[str, str]:
    """Say in what a showing of the catalog is told otherwise, field by field."""
    pairs = {
        "hall": (there.hall, wanted.hall),
        "film_version": (there.version, wanted.version),
        "starts_at": (to_text(there.starts_at), to_text(wanted.starts_at)),
    }
    return {
        name: f"{name}: {before} → {now}"
        for name, (before, now) in pairs.items()
        if before != now
    }


def _add_tickets(
    judged: Judgement, facts: Facts, targets: dict[str, Target], codes: dict[str, str]
) -> None:
    known = {showing.code for showing in facts.showings}
    for row in _rows_of(facts):
        code = row.showing
        if code in codes:
            event = _event_of(row, targets[code].venue.code, codes[code])
            judged.events.append((row.place, event))
        elif code in known:
            judged.counts["waiting_rows"] += 1
        else:
            words = f"no showing {code!r} stands in the file"
            judged.find(row.place, "", "showing_unknown", words)


Row = Sale | Correction | Reversal | Admission


def _rows_of(facts: Facts) -> Iterator[Row]:
    """Give the tickets' rows; nobody is let in with a ticket that has ended: reversals are last."""
    yield from facts.sales
    yield from facts.corrections
    yield from facts.admissions
    yield from facts.reversals


def _event_of(row: Row, venue: str, showing: str) -> making.Event:
    if isinstance(row, Sale):
        return making.sold(row, venue, showing)
    if isinstance(row, Correction):
        return making.corrected(row, venue, showing)
    if isinstance(row, Reversal):
        return making.reversed_(row, venue, showing)
    return making.admitted(row, venue, showing)


def subject_of(event: making.Event) -> str:
    """Give what an event is about, as the register names it."""
    if str(event["kind"]).startswith("showing_"):
        return f"{event['venue']}/{event['showing']}"
    return str(event["ticket"])


def _leave_out_known(reader: Connection[Any], source: Source, judged: Judgement) -> None:
    """Take out events that the register has entered of this source, whatever their number."""
    entered = _read_known(reader, source, [subject_of(event) for _, event in judged.events])
    if not entered:
        return
    left: list[tuple[str, making.Event]] = []
    for place, event in judged.events:
        known = entered.get(subject_of(event), ())
        if event["kind"] == "showing_moved" and _is_overtaken(event, known):
            judged.counts["overtaken"] += 1
            continue
        same_kind = [each for each in known if each.__struct_config__.tag == event["kind"]]
        if any(_is_same(first, event) for first in same_kind):
            judged.counts["already"] += 1
        elif same_kind and event["kind"] == "sold":
            now = decode_event(_numbered(event, same_kind[0].sequence))
            differing = (
                differences(same_kind[0], now)
                if not isinstance(now, MalformedEvent)
                else ()
            )
            words = ", ".join(
                f"{each.field}: {each.first} → {each.now}" for each in differing
            )
            judged.find(place, "", "ticket_reported_otherwise", words)
        else:
            left.append((place, event))
    judged.events = left


def _is_overtaken(event: making.Event, known: Iterable[Event]) -> bool:
    """Say whether something was said of a showing later: these news waited meanwhile."""
    at = datetime.fromisoformat(event["happened_at"])
    return any(each.happened_at > at for each in known)


def _numbered(event: making.Event, sequence: int) -> bytes:
    return msgspec.json.encode({**event, "sequence": sequence})


def _is_same(first: Event, event: making.Event) -> bool:
    fields = dict(event)
    if event["kind"] == _ANNOUNCED:
        # Announced by another hand-in of the same showing: only the moment differs.
        fields["happened_at"] = first.happened_at.isoformat()
    return decode_event(_numbered(fields, first.sequence)) == first


def _read_known(
    reader: Connection[Any], source: Source, subjects: Sequence[str]
) -> dict[str, list[Event]]:
    """Give the events of these subjects that are entered, in their order."""
    found: dict[str, list[Event]] = {}
    wanted = list(dict.fromkeys(subjects))
    for start in range(0, len(wanted), _SUBJECTS_AT_ONCE):
        part = wanted[start : start + _SUBJECTS_AT_ONCE]
        entries = register.find_entries_of_subjects(
            reader, [(source.source_id, subject) for subject in part]
        )
        bodies = register.read_bodies(reader, {each.batch_no for each in entries})
        raws = {batch_no: raw_events(body) for batch_no, body in bodies.items()}
        for entry in entries:
            event = decode_event(raws[entry.batch_no][entry.ordinal])
            if not isinstance(event, MalformedEvent):
                found.setdefault(entry.subject, []).append(event)
    return found
