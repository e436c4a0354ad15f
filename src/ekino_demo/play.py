"""The play: register the country, open it, then sell live until somebody says stop."""

import signal
import threading
import time
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ekino_demo import office
from ekino_demo.books import Books, Sums
from ekino_demo.cables import Cables
from ekino_demo.certifying import Certifying
from ekino_demo.country import calendar
from ekino_demo.country.places import cinemas, sources
from ekino_demo.country.programme import Showing, programme_of
from ekino_demo.crowd import Crowd
from ekino_demo.dice import dice
from ekino_demo.events import Event
from ekino_demo.explain import explain_past
from ekino_demo.foyer import Foyer
from ekino_demo.journal import Journal, write_whole
from ekino_demo.market import Market, announced_event
from ekino_demo.network import Answers, Office, Sender
from ekino_demo.opening import opening_events
from ekino_demo.past import SOURCE_NAME, Past
from ekino_till import Key

OPERATOR_KEY_ID = "operator/local"
_STEP_S = 0.2
_READY_WAIT_S = 180.0
_DRAIN_WAIT_S = 120.0
# Tomorrow's programme is known from this hour of the day on.
_ANNOUNCED_FROM_HOUR = 12
_ANNOUNCE_EVERY_S = 1.5
_CLEAR_EVERY_S = 60.0


class Refusal(Exception):
    """The play cannot begin here; the message says why and what to do."""


class State(msgspec.Struct):
    """What makes one country's opening the same whenever it is played again."""

    day: date
    opened_at: datetime
    seed: int
    # Business dates whose schedule the register has.
    scheduled: list[date] = []


class Play:
    """One country in one folder; `run` plays it and gives the process's exit code."""

    def __init__(
        self,
        *,
        url: str,
        folder: Path,
        operator_key: Path,
        pace: float,
        seed: int,
        weeks: int,
        kiosks: int,
        seconds: float | None,
    ) -> None:
        """Name the stage; nothing happens yet."""
        self._url = url
        self._folder = folder
        self._operator_key = operator_key
        self._pace = pace
        self._seed = seed
        self._weeks = weeks
        self._past: Past | None = None
        self._kiosks = kiosks
        self._crowd: Crowd | None = None
        self._seconds = seconds
        self._stop = threading.Event()
        self._books = Books()
        self._answers = Answers()
        self._tills: dict[str, Sender] = {}
        self._source_of = {
            cinema.code: source.code for source in sources() for cinema in source.cinemas
        }
        self._cables = Cables(self._tills)
        self._foyer = Foyer(folder, url, seed)
        self._certifying = Certifying(url, folder, self._foyer.enter, tell=_say)

    # ---- the whole of it ------------------------------------------------------------------

    def run(self) -> int:
        """Play; 0 when the cinemas' books equal the register's totals at the end, else 3."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        state, is_new = self._read_state()
        journal = Journal(self._folder / "journal.jsonl")
        events = list(journal.read())
        opening = (
            opening_events(state.day, state.opened_at, state.seed)
            if is_new or not events
            else []
        )
        if len(events) < len(opening):
            journal.write(opening[len(events) :])
            events = opening
        for event in events:
            self._books.fold(event)
        self._wait_for_register(is_new=is_new)
        if self._stop.is_set():
            journal.close()
            return 0
        _say(state="registering")
        registering = time.perf_counter()
        self._register(state)
        self._start_tills(events)
        if self._drain():
            found = self._opening(registering, is_new=is_new)
            _say(state="open", foyer=self._foyer.open(), **found)
            self._answers.forget()
            self._begin_reports(is_new=is_new)
            self._begin_crowd(state)
            self._begin_past(state)
            self._certifying.start()
            self._sell(state, journal)
            return self._end(found, journal, time.perf_counter() - began)
        self._leave(journal)
        return 0 if self._stop.is_set() else 1

    def _read_state(self) -> tuple[State, bool]:
        """Read when this country opened; a new one opens now, and that is written down first."""
        path = self._folder / "country.json"
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=State), False
        now = calendar.now().replace(microsecond=0)
        state = State(day=calendar.business_date(now), opened_at=now, seed=self._seed)
        self._write_state(state)
        return state, True

    def _write_state(self, state: State) -> None:
        write_whole(self._folder / "country.json", msgspec.json.encode(state))

    def _wait_for_register(self, *, is_new: bool) -> None:
        line = Office(self._url, Key.open(self._operator_key, OPERATOR_KEY_ID))
        deadline = time.monotonic() + _READY_WAIT_S
        while not line.is_answered():
            if self._stop.wait(0.1):
                return
            if time.monotonic() > deadline:
                raise Refusal(f"{self._url} does not answer")
        # Statements about keys are entries too, and there from the first second on.
        rows = line.ask("/v1/totals")["rows"]
        if is_new and rows:
            (self._folder / "country.json").unlink()
            raise Refusal(
                f"this register knows {rows[0]['tickets']} tickets already; the pilot opens "
                "on an empty one. Use another --data-dir or database, or the --data-dir of "
                "the play that filled it"
            )
        self._line = line

    # ---- registering ----------------------------------------------------------------------

    def _register(self, state: State) -> None:
        """Tell the register about the country; all of it may be told twice."""
        self._line.tell("/v1/catalog", office.catalog_document(state.day))
        if state.day not in state.scheduled:
            self._schedule(state, state.day, programme_of(state.day, state.seed))
        for source in sources():
            self._tills[source.code] = Sender(
                source.code, self._folder, self._url, self._answers
            )
        keys = {
            name: [
                (till.key.key_id, till.key.public_text, "batch"),
                (till.till_key.key_id, till.till_key.public_text, "till"),
            ]
            for name, till in self._tills.items()
        }
        self._line.tell("/v1/sources", office.sources_document(keys))
        self._line.tell("/v1/sources", {"sources": [self._foyer.source()]})
        self._line.tell("/v1/sources", office.connecting_document(self._folder))
        self._foyer.learn_halls(self._line.ask)
        self._line.tell("/v1/people", office.people_document())
        # A line of its own: the window answers while the play speaks on the other.
        line = Office(self._url, Key.open(self._operator_key, OPERATOR_KEY_ID))

        def make_link(email: str) -> str:
            made = line.tell("/v1/people/links", {"email": email, "kind": "sign_in"})
            return self._url + str(made["path"])

        self._foyer.open_door(make_link)

    def _schedule(self, state: State, day: date, showings: Iterable[Showing]) -> None:
        self._line.tell("/v1/catalog", office.schedule_document(showings))
        state.scheduled.append(day)
        self._write_state(state)

    # ---- sending --------------------------------------------------------------------------

    def _start_tills(self, events: Iterable[Event]) -> None:
        """Give every spool what it lacks of the journal, and begin to send."""
        by_source = self._by_source(events)
        for source, till in self._tills.items():
            till.catch_up(by_source.get(source, []))
            till.start()

    def _by_source(self, events: Iterable[Event]) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for event in events:
            found.setdefault(self._source_of[event.venue], []).append(event)
        return found

    def _dispatch(self, events: Iterable[Event]) -> None:
        for source, mine in self._by_source(events).items():
            till = self._tills[source]
            for event in mine:
                ticket = self._foyer.ticket_of(event) if event.kind == "sold" else None
                if ticket is None:
                    till.say([event])
                else:
                    self._foyer.show(event, till.sell(event, ticket))

    def _drain(self) -> bool:
        """Wait until every event is answered; False when told to stop, or too long."""
        deadline = time.monotonic() + _DRAIN_WAIT_S
        for till in self._tills.values():
            till.set_line(is_on=True)
        while any(till.waiting for till in self._tills.values()):
            self._raise_failures()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    # ---- the opening ----------------------------------------------------------------------

    def _opening(self, began: float, *, is_new: bool) -> dict[str, Any]:
        totals = self._line.settled_totals(_DRAIN_WAIT_S)
        rows = self._line.ask("/v1/totals?by=venue", is_signed=True)["rows"]
        venues = [row for row in rows if row["tickets"]]
        return {
            "tickets": totals["tickets"],
            "gross_minor": totals["gross_minor"],
            "currency": totals["currency"],
            "showings": self._line.count("showings"),
            "venues_known": self._line.count("venues"),
            "venues_connected": len(venues),
            "halls": self._line.count("halls"),
            "seconds": round(time.perf_counter() - began, 2),
            "resumed": not is_new,
        }

    def _begin_past(self, state: State) -> None:
        """Let the cinemas upload their earlier weeks while the evening goes on."""
        if not self._weeks:
            return
        self._past = Past(
            self._folder,
            self._url,
            self._line,
            day=state.day,
            seed=state.seed,
            weeks=self._weeks,
        )
        self._line.tell("/v1/sources", {"sources": [self._past.source()]})
        explain_past(self._url, self._folder, SOURCE_NAME, self._foyer.enter)
        self._past.start()

    def _begin_reports(self, *, is_new: bool) -> None:
        """Let the systems say who they are and what their days came to; silent ones once."""
        for source in sources():
            if source.is_silent and not is_new:
                continue
            self._tills[source.code].begin_reports(
                source.software,
                (cinema.code for cinema in source.cinemas),
                self._books.days,
                is_silent=source.is_silent,
            )

    def _begin_crowd(self, state: State) -> None:
        """Let kiosks come in beside the tills, each a source of its own."""
        if not self._kiosks:
            return

        def is_known(day: date, each: Showing) -> bool:
            is_told = (each.venue, each.code) in self._books.announced
            return day == state.day or is_told

        self._crowd = Crowd(
            self._folder,
            self._url,
            self._answers,
            kiosks=self._kiosks,
            seed=state.seed,
            is_known=is_known,
        )
        self._line.tell("/v1/sources", {"sources": self._crowd.sources()})
        self._crowd.start()

    # ---- selling --------------------------------------------------------------------------

    def _sell(self, state: State, journal: Journal) -> None:
        speaking = [
            each for each in cinemas() if each.is_connected and each.habit != "silent"
        ]
        roll = dice("evening", state.seed, time.time_ns())
        market = Market(self._books, speaking, roll)
        since = calendar.now()
        announces = {each.code for each in cinemas() if each.announces}
        for day in state.scheduled:
            market.offer(
                (
                    each
                    for each in programme_of(day, state.seed)
                    if day == state.day or each.venue not in announces
                ),
                since,
            )
        self._offer_announced(market, state, since)
        ends = time.monotonic() + self._seconds if self._seconds is not None else None
        announce_at = clear_at = tell_at = time.monotonic()
        while not self._stop.wait(_STEP_S):
            moment = time.monotonic()
            if ends is not None and moment >= ends:
                break
            now = calendar.now()
            happened = market.step(since, now, self._pace)
            since = now
            if moment >= announce_at:
                announce_at = moment + _ANNOUNCE_EVERY_S
                happened.extend(self._announce_next(market, state, now))
            if happened:
                journal.write(happened)
                self._dispatch(happened)
            if moment >= clear_at:
                clear_at = moment + _CLEAR_EVERY_S
                market.clear(now)
            self._cables.play(roll.random(), roll.random(), moment, step_s=_STEP_S)
            if moment >= tell_at:
                tell_at = moment + 1.0
                _say(state="live", **self._so_far())
            self._raise_failures()

    def _raise_failures(self) -> None:
        """End the play with what stopped one of its senders."""
        for sender in (*self._tills.values(), self._past, self._crowd):
            if sender is not None and sender.failure is not None:
                raise sender.failure

    def _days_announced(self, now: datetime) -> list[date]:
        today = calendar.business_date(now)
        is_known = now >= calendar.at(today, minutes=_ANNOUNCED_FROM_HOUR * 60)
        return [today, today + timedelta(days=1)] if is_known else [today]

    def _offer_announced(self, market: Market, state: State, now: datetime) -> None:
        """Put back on sale what the cinemas announced in an earlier play."""
        for day in self._days_announced(now):
            market.offer(
                (
                    each
                    for each in programme_of(day, state.seed)
                    if (each.venue, each.code) in self._books.announced
                ),
                now,
            )

    def _announce_next(self, market: Market, state: State, now: datetime) -> list[Event]:
        """Let one cinema announce its next day; the ministry announces for those that do not."""
        for day in self._days_announced(now):
            if day == state.day:
                continue
            programme = programme_of(day, state.seed)
            announces = {each.code for each in cinemas() if each.announces}
            if day not in state.scheduled:
                quiet = [each for each in programme if each.venue not in announces]
                self._schedule(state, day, quiet)
                market.offer(quiet, now)
            for cinema in cinemas():
                if (
                    cinema.code in announces
                    and cinema.habit != "silent"
                    and not market.has(day, cinema.code)
                ):
                    mine = [each for each in programme if each.venue == cinema.code]
                    events = [
                        self._books.enter(announced_event(each, now))
                        for each in mine
                        if (each.venue, each.code) not in self._books.announced
                    ]
                    market.offer(mine, now)
                    return events
        return []

    def _so_far(self) -> dict[str, Any]:
        return {
            "tickets": self._books.sums.admissions,
            "gross_minor": self._books.sums.gross_minor,
            "sources": len(self._tills) + self._kiosks,
            "waiting": sum(till.waiting for till in self._tills.values()),
            "off_line": self._cables.off_line,
            "days_to_upload": self._past.days_left if self._past is not None else 0,
        } | self._live()

    def _live(self) -> dict[str, Any]:
        outcomes = dict(self._answers.outcomes)
        good = ("entered", "already_entered")
        return {
            "events_sent": sum(outcomes.values()),
            "entered": outcomes.get("entered", 0),
            "already_entered": outcomes.get("already_entered", 0),
            "refused": {name: n for name, n in outcomes.items() if name not in good},
            "ack_p50_ms": self._answers.percentile_ms(50),
            "ack_p99_ms": self._answers.percentile_ms(99),
        }

    # ---- the end --------------------------------------------------------------------------

    def _end(self, opening: dict[str, Any], journal: Journal, seconds: float) -> int:
        if self._past is not None:
            self._past.stop()
        if self._crowd is not None:
            self._crowd.close()
        is_drained = self._drain()
        totals = self._line.settled_totals(_DRAIN_WAIT_S)
        books = self._all_sums()
        is_equal = is_drained and (
            (totals["tickets"], totals["gross_minor"], totals["fees_minor"])
            == (books.admissions, books.gross_minor, books.fees_minor)
        )
        _say(
            state="ended",
            summary={
                "opening": opening,
                "live": self._live(),
                "totals": {
                    name: totals[name]
                    for name in ("as_of", "at", "tickets", "gross_minor", "fees_minor")
                },
                "books": {
                    "tickets": books.admissions,
                    "gross_minor": books.gross_minor,
                    "fees_minor": books.fees_minor,
                },
                "equal": is_equal,
                "seconds": round(seconds, 2),
                "url": self._url,
            },
        )
        self._leave(journal)
        return 0 if is_equal else 3

    def _all_sums(self) -> Sums:
        """Give what the cinemas' books come to, earlier weeks included."""
        books = self._books.sums
        total = Sums(books.admissions, books.gross_minor, books.fees_minor)
        for more in (self._past, self._crowd):
            if more is not None:
                sums = more.sums()
                total.add(sums.admissions, sums.gross_minor, sums.fees_minor)
        return total

    def _leave(self, journal: Journal) -> None:
        self._certifying.close()
        if self._past is not None:
            self._past.stop()
        for till in self._tills.values():
            till.leave()
        for till in self._tills.values():
            till.close()
        journal.close()
        self._foyer.close()


def _say(**words: object) -> None:
    """Tell the parent process where the play stands: one JSON object a line."""
    # One write a line: other threads speak too.
    line = msgspec.json.encode(words).decode() + "\n"
    print(line, end="", flush=True)  # noqa: T201 - what the parent reads
