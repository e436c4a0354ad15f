"""
Schedule listings: the answer of a listing service, one JSON row a showing, and no sales.

A listing names cinema, film, day and time, and neither a hall nor a language. Its `date` is read
as the **cinema's day**: a showing at `0010` of 7 November begins ten minutes after midnight of
8 November, as whoever reads the evening's programme understands it. The file does not say; this
is the one reading, for every file (docs/decisions/0043-…).
"""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Showing,
    Unmapped,
    code_of,
    malformed,
    verify_size,
)
from ekino.kernel.bounds import TEXT_CHARACTERS_MAX
from ekino.kernel.errors import Problem
from ekino.kernel.moments import zone
from ekino.kernel.money import minor_digits

NAME = "listing"
# Before this hour a showing belongs to the evening before (kernel.moments.business_date).
DAY_STARTS_HOUR = 6
# Showings of one listing: a country's week.
SHOWINGS_MAX = 200_000
_CLOCK_DIGITS = 4


def read(content: bytes, *, currency: str, timezone: str) -> Facts:
    """
    Read a listing; times are local to `timezone`, prices whole units of `currency`.

    Raises `Malformed` when it is no listing at all. A row that cannot be read is kept and named.
    """
    verify_size(content)
    try:
        document = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        is_cut = "truncated" in str(error)
        code = "file_truncated" if is_cut else "file_unreadable"
        detail = f"the listing is no JSON: {error}"
        raise malformed("", code, detail, "Send the file again, whole.") from error
    rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        detail = "a listing is an object with a list `data`"
        raise malformed("", "file_unreadable", detail, "Send the service's whole answer.")
    if len(rows) > SHOWINGS_MAX:
        detail = f"the listing has more than {SHOWINGS_MAX} rows"
        raise malformed("", "file_has_too_many_rows", detail, "Split it by days.")
    facts = Facts(format=NAME, version="1", currency=currency)
    seen: set[str] = set()
    titles: dict[str, set[str]] = {}
    for number, row in enumerate(rows, start=1):
        _read_row(facts, seen, titles, f"data[{number - 1}]", row, timezone)
    for title, numbers in titles.items():
        if len(numbers) > 1:
            facts.counts["titles_with_several_ids"] += 1
            detail = (
                f"{title!r} has the ids {', '.join(sorted(numbers))}: taken as one film"
            )
            facts.problems.append(
                Problem(
                    pointer="data",
                    code="title_has_several_ids",
                    detail=detail,
                    fix="Nothing, if it is one film.",
                )
            )
    return facts


def _read_row(
    facts: Facts,
    seen: set[str],
    titles: dict[str, set[str]],
    place: str,
    row: Any,
    timezone: str,
) -> None:
    facts.counts["rows"] += 1
    try:
        showing = _showing(facts, place, row, timezone)
    except (ValueError, TypeError, LookupError) as error:
        _keep(facts, place, row, "row_malformed", f"{error}")
        return
    if showing.code in seen:
        _keep(facts, place, row, "showing_given_twice", "this showing stands above already")
        return
    seen.add(showing.code)
    titles.setdefault(showing.film.title, set()).add(str(row.get("movie_id", "")))
    facts.showings.append(showing)


def _keep(facts: Facts, place: str, row: Any, reason: str, words: str) -> None:
    facts.counts["rows_wrong"] += 1
    raw = msgspec.json.encode(row).decode()
    facts.unmapped.append(Unmapped(place=place, raw=raw, reason=reason, words=words))


def _showing(facts: Facts, place: str, row: dict[str, Any], timezone: str) -> Showing:
    starts_at = _starts_at(facts, row, timezone)
    venue = _words(row["cinema_name"])
    formats = row["format"] or [""]
    film = FilmName(title=_words(row["movie_name"]), format=_words(formats[0]))
    if not venue or not film.title:
        message = "the cinema or the film has no name"
        raise ValueError(message)
    return Showing(
        place=place,
        code=code_of("l-", str(row["cinema_id"]), film.title.casefold(), film.format,
                     starts_at.isoformat()),
        venue=venue,
        # A listing knows no halls: a cinema with several is asked.
        hall="",
        starts_at=starts_at,
        film=film,
        prices=_prices(facts, row),
    )  # fmt: skip


def _starts_at(facts: Facts, row: dict[str, Any], timezone: str) -> datetime:
    day, clock = date.fromisoformat(row["date"]), str(row["time"])
    if len(clock) != _CLOCK_DIGITS or not (clock.isascii() and clock.isdigit()):
        message = f"time {clock[:20]!r} is not four digits such as 1445"
        raise ValueError(message)
    hour, minute = int(clock[:2]), int(clock[2:])
    if hour < DAY_STARTS_HOUR:
        facts.counts["after_midnight"] += 1
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone(timezone))


def _prices(facts: Facts, row: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    unit = 10 ** minor_digits(facts.currency)
    for name, field in (("from", "costmin"), ("to", "costmax")):
        text = str(row.get(field) or "")
        if text.isascii() and text.isdigit() and len(text) < 8:  # noqa: PLR2004 - no dearer seat
            found[name] = int(text) * unit
    if not found:
        facts.counts["without_price"] += 1
    return found


def _words(text: Any) -> str:
    """Fold blanks and what cannot be printed; a name that is no text is none."""
    if not isinstance(text, str):
        message = f"{text!r} is no text"
        raise TypeError(message)
    plain = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(plain.split())[:TEXT_CHARACTERS_MAX]
