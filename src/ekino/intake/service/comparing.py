"""What a file sums up itself, laid beside what the register holds; told, never entered."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import Connection

from ekino.ingest.formats.facts import Facts, Total
from ekino.intake.model import events as making
from ekino.intake.model.comparison import DIFFERS, Comparison
from ekino.intake.model.mapping import Mapper, Target
from ekino.intake.model.upload import Finding
from ekino.intake.store import totals as store
from ekino.intake.store.totals import FilmDay, Held, Scope

# Scopes summed up in one question.
_SCOPES_AT_ONCE = 2_000
_NOTHING = Held(0, 0, is_mixed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Facts with what their names mean."""

    facts: Facts
    mapper: Mapper
    # Showings of the file by its own code: where they are, and their code of ours.
    targets: Mapping[str, Target]
    codes: Mapping[str, str]


def compare(
    tx: Connection[Any],
    mapped: Mapped,
    events: list[tuple[str, making.Event]],
    counts: Counter[str],
) -> Iterator[Finding]:
    """
    Give a finding for each sum that differs, and count those that do, do not, or cannot be told.

    `events` are what the file itself is about to enter: with them the register holds what the
    file's own showings took.
    """
    # A sum of the file as a whole its reader has laid beside the rows itself.
    totals = [each for each in mapped.facts.totals if each.venue or each.showing]
    film_days = [each for each in mapped.facts.totals if _is_film_day(each)]
    if not (totals or film_days):
        return
    counts["totals"] = len(totals) + len(film_days)
    asked = list(_scopes(tx, mapped, totals, counts))
    own = _sums_of(mapped.facts, events)
    for start in range(0, len(asked), _SCOPES_AT_ONCE):
        part = asked[start : start + _SCOPES_AT_ONCE]
        as_of, held = store.sum_scopes(tx, [scope for _, scope in part])
        counts["totals_as_of"] = as_of
        for place, (total, scope) in enumerate(part):
            more = own[scope.venue, scope.showing]
            yield from _compared(total, held.get(place, _NOTHING), more, as_of, counts)
    yield from _film_days(tx, mapped, film_days, counts)


def _is_film_day(total: Total) -> bool:
    return bool(total.language and total.day) and not (total.venue or total.showing)


def _film_days(
    tx: Connection[Any], mapped: Mapped, totals: Sequence[Total], counts: Counter[str]
) -> Iterator[Finding]:
    """Lay films' days beside what the source's own halls took; a film that waits is counted."""
    asked = []
    for total in totals:
        version = mapped.mapper.version_of(total)
        if version is None:
            counts["waiting_totals"] += 1
            counts["waiting_places"] += 1
        elif total.day is not None:
            asked.append((total, FilmDay(version, total.day, total.currency)))
    for start in range(0, len(asked), _SCOPES_AT_ONCE):
        part = asked[start : start + _SCOPES_AT_ONCE]
        as_of, held = store.sum_film_days(
            tx, mapped.mapper.source, [film_day for _, film_day in part]
        )
        counts["totals_as_of"] = as_of
        for place, (total, _) in enumerate(part):
            yield from _compared(total, held.get(place, _NOTHING), (0, 0), as_of, counts)


def _compared(
    total: Total, held: Held, more: tuple[int, int], as_of: int, counts: Counter[str]
) -> Iterator[Finding]:
    """Give a finding where a sum differs; `more` is what its own file is about to enter."""
    if held.is_mixed:
        counts["totals_unknown"] += 1
        return
    found = Comparison(
        declared_tickets=total.tickets,
        declared_gross_minor=total.gross_minor,
        registered_tickets=held.tickets + more[0],
        registered_gross_minor=held.gross_minor + more[1],
        currency=total.currency,
        as_of=as_of,
    )
    counts["totals_equal" if found.is_equal else "totals_differ"] += 1
    if not found.is_equal:
        yield _finding(total, found)


def _scopes(
    tx: Connection[Any], mapped: Mapped, totals: Sequence[Total], counts: Counter[str]
) -> Iterator[tuple[Total, Scope]]:
    """Give the sums that can be laid beside the register; the others are counted."""
    found = []
    for total in totals:
        scope = _scope(mapped, total, counts)
        if scope is not None:
            found.append((total, scope))
    venues = {scope.venue for _, scope in found}
    comparable = store.find_comparable(tx, mapped.mapper.source, venues)
    for total, scope in found:
        if scope.venue in comparable:
            yield total, scope
        else:
            counts["totals_unknown"] += 1


def _scope(mapped: Mapped, total: Total, counts: Counter[str]) -> Scope | None:
    target = mapped.targets.get(total.showing)
    if target is not None:
        if total.showing in mapped.codes and not mapped.facts.corrections:
            code = mapped.codes[total.showing]
            return Scope(target.venue.code, "", code, "", None)
        counts["totals_unknown"] += 1
        return None
    if mapped.facts.showings or not (total.showing or total.day):
        # Its showing waits for a name or is in another currency; or no period is named.
        counts["totals_unknown"] += 1
        return None
    named = mapped.mapper.scope(total)
    if named is None:
        counts["waiting_totals"] += 1
        counts["waiting_places"] += 1
        return None
    venue, hall, version = named
    if venue.currency != total.currency:
        counts["totals_unknown"] += 1
        return None
    return Scope(venue.code, hall, total.showing, version, total.day)


def _sums_of(
    facts: Facts, events: list[tuple[str, making.Event]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Give (tickets, takings) that a file's own events add to each (venue, showing)."""
    given_back = {each.ticket: each.price_minor for each in facts.reversals}
    tickets: Counter[tuple[str, str]] = Counter()
    gross: Counter[tuple[str, str]] = Counter()
    for _, event in events:
        showing = (event["venue"], event["showing"])
        if event["kind"] == "sold":
            tickets[showing] += 1
            gross[showing] += event["price_minor"]
        elif event["kind"] in ("refunded", "voided"):
            tickets[showing] -= 1
            gross[showing] -= given_back.get(event["ticket"], 0)
    return _Sums({each: (tickets[each], gross[each]) for each in tickets})


class _Sums(dict[tuple[str, str], tuple[int, int]]):
    """Sums by showing; of one without events, none."""

    def __missing__(self, _: tuple[str, str]) -> tuple[int, int]:
        return (0, 0)


def _finding(total: Total, found: Comparison) -> Finding:
    named = {
        "venue": total.venue, "hall": total.hall, "showing": total.showing,
        "film": total.film, "language": total.language,
        "day": total.day and total.day.isoformat(),
    }  # fmt: skip
    of = ", ".join(f"{name} {value}" for name, value in named.items() if value)
    return Finding(
        place=total.place,
        field="",
        code=DIFFERS,
        words=f"{of}: {found.words} This needs explanation.",
        raw=json.dumps(asdict(found)),
    )
