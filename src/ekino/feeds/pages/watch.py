"""The watch over uploads: every feed at a glance, one source down to its entries, alarms."""

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.feeds.model import board as model
from ekino.feeds.model.alarms import without_numbers
from ekino.feeds.model.board import Choice, DayRow, Line, Turn, VendorLine, turn
from ekino.feeds.model.states import State
from ekino.feeds.pages import drill_tables, tables
from ekino.feeds.pages.desk import Desk, Form, Side, read_day, see
from ekino.feeds.pages.field import bands
from ekino.feeds.pages.tables import Words
from ekino.feeds.service import excuses, reading, watching
from ekino.feeds.service.watching import Board, View
from ekino.kernel.errors import NotFound
from ekino.ui.navigation import Step
from ekino.ui.tables import Table, split_suffix

T = TypeVar("T")
# Days of the field: a week, or four.
SPANS = {"week": 7, "month": 28}
# Days of one feed on its page.
DRILL_DAYS = 28
# Questions on one page of them; files hold all.
ALARMS_SHOWN_MAX = 20
# Excuses beside a source's figures.
_EXCUSES_SHOWN_MAX = 10
# No register has an alarm of more digits.
_NUMBER_DIGITS_MAX = 15


def routes(desk: Desk, form: Form, side: Side) -> list[BaseRoute]:
    """Give the addresses of one side; those of the ministry may acknowledge alarms."""
    watch = _Watch(desk, side)
    found: list[BaseRoute] = [
        Route(side.path, watch.show, methods=["GET"]),
        Route(side.path + ".{suffix}", watch.show_file, methods=["GET"]),
        Route(side.path + "/alarms/{alarm_id}", watch.alarm, methods=["GET"]),
    ]
    if side is Side.MINISTRY:
        address = side.path + "/alarms/{alarm_id}"
        found.append(Route(address, form(watch.acknowledge), methods=["POST"]))
    return found


def source_routes(desk: Desk, side: Side) -> list[BaseRoute]:
    """Give the addresses of sources: after every other, for a code may be any word."""
    return [Route(side.path + "/{source}", _Watch(desk, side).source, methods=["GET"])]


class _Watch:
    """The pages of one side."""

    def __init__(self, desk: Desk, side: Side) -> None:
        self._desk = desk
        self._side = side

    def _words(self, request: Request) -> Words:
        return Words(self._desk, request, self._side)

    # ---- every feed ----------------------------------------------------------------------

    def _board(self, request: Request) -> tuple[Choice, str, Board, list[Line]]:
        at = self._desk.clock()
        span = request.query_params.get("span", "")
        span = span if span in SPANS else "week"
        today = self._desk.country.today(at)
        board = watching.read_board(
            self._desk.view(request, self._side),
            first=today - timedelta(days=SPANS[span] - 1),
            past_end=today + timedelta(days=1),
            at=at,
        )
        choice = _choice(request)
        chosen = model.worst_first(line for line in board.lines if choice.holds(line))
        return choice, span, board, chosen

    def _table(
        self, request: Request, part: str, board: Board, chosen: list[Line]
    ) -> tuple[Table, ...]:
        """Give the table of the page that a file is asked of; none for no such table."""
        words = self._words(request)
        match part:
            case "feeds":
                return (tables.feeds(words, chosen, board.at),)
            case "alarms":
                return (
                    tables.alarms(words, board.alarms, board.acknowledged, board.lines),
                )
            case "vendors":
                return (tables.vendors(words, model.vendors_of(chosen)),)
            case "days":
                view = self._desk.view(request, self._side)
                days = watching.read_days(view, board, chosen)
                return (tables.days(words, days, chosen),)
            case _:
                return ()

    def _turned(
        self,
        request: Request,
        rows: Sequence[T],
        at: Turn,
        table: Callable[[Sequence[T]], Table],
    ) -> Table:
        """Give the page of a table that is looked at; one that is sorted is sorted whole."""
        whole = table(rows[:0])
        if request.query_params.get(f"sort-{whole.part}"):
            whole = self._desk.sorted(request, table(rows))
            return replace(whole, rows=tuple(at.cut(whole.rows)))
        return table(at.cut(rows))

    def show(self, request: Request) -> Response:
        """Show how many feeds are how, what needs explanation now, and the field of days."""
        choice, span, board, chosen = self._board(request)
        by = "vendor" if request.query_params.get("by") == "vendor" else "venue"
        kind = request.query_params.get("kind", "")
        asked = [each for each in board.alarms if kind in ("", each.kind)]
        vendors = model.vendors_of(chosen)
        at = turn(chosen, _number(request, "page"))
        at_vendors = turn(vendors, _number(request, "vendors"))
        at_alarms = turn(asked, _number(request, "questions"), rows_max=ALARMS_SHOWN_MAX)
        words = self._words(request)
        return self._desk.respond(
            request,
            "feeds/board.html",
            self._side,
            at=board.at,
            choice=choice,
            span=span,
            by=by,
            board=board,
            counts=model.count_states(board.lines),
            excused=sum(line.is_excused for line in board.lines),
            rows=bands(
                words,
                self._by_vendor(request, board, chosen, at_vendors.cut(vendors))
                if by == "vendor"
                else self._by_venue(request, board, chosen, at.cut(chosen)),
                by=by,
            ),
            turn=at,
            shown=self._turned(
                request, chosen, at, lambda rows: tables.feeds(words, rows, board.at)
            ),
            alarms_turn=at_alarms,
            alarms=self._turned(
                request,
                asked,
                at_alarms,
                lambda rows: tables.alarms(words, rows, board.acknowledged, board.lines),
            ),
            kinds=Tally(each.kind for each in board.alarms).most_common(),
            kind=kind,
            vendors_turn=at_vendors,
            vendors=self._turned(
                request, vendors, at_vendors, lambda rows: tables.vendors(words, rows)
            ),
        )

    def _by_venue(
        self,
        request: Request,
        board: Board,
        chosen: Sequence[Line],
        shown: Sequence[Line],
    ) -> list[DayRow]:
        # A venue's row holds all its feeds that were chosen, whichever page they are on.
        venues = {line.feed.venue for line in shown}
        lines = [line for line in chosen if line.feed.venue in venues]
        view = self._desk.view(request, self._side)
        marks = watching.read_marks(view, board, lines)
        return model.by_venue(lines, marks, board.dates)

    def _by_vendor(
        self,
        request: Request,
        board: Board,
        chosen: Sequence[Line],
        vendors: Sequence[VendorLine],
    ) -> list[DayRow]:
        codes = {each.code for each in vendors}
        lines = [line for line in chosen if line.feed.vendor_code in codes]
        view = self._desk.view(request, self._side)
        marks = watching.read_marks(view, board, lines)
        return model.by_vendor(lines, marks, board.dates)

    def show_file(self, request: Request) -> Response:
        """Give a table of the page as a file: everything that was chosen, not one page of it."""
        _, _, board, chosen = self._board(request)
        part = request.query_params.get("table", "feeds")
        return self._desk.respond_file(
            request,
            self._table(request, part, board, chosen),
            request.path_params["suffix"],
            title=self._desk.text(request, self._side.title),
        )

    # ---- one source ----------------------------------------------------------------------

    def _drilled(
        self, request: Request, code: str
    ) -> tuple[View, watching.Drill, Line | None, date | None]:
        view = self._desk.view(request, self._side)
        source_id, view = watching.find_source(view, code)
        at = self._desk.clock()
        today = self._desk.country.today(at)
        day = read_day(request, "day")
        venue = self._venue_id(view, source_id, request.query_params.get("venue", ""))
        last = today if day is None else max(day, today - timedelta(days=DRILL_DAYS - 1))
        drill = watching.read_drill(
            view,
            source_id,
            venue,
            days=(
                min(last, today) - timedelta(days=DRILL_DAYS - 1),
                today + timedelta(days=1),
            ),
            day=day,
            span=self._span(day, at),
            at=at,
        )
        line = next((each for each in drill.lines if each.feed.venue_id == venue), None)
        return view, drill, line, day

    def _venue_id(self, view: View, source_id: int, code: str) -> int | None:
        if not code:
            return None
        whose = reading.Whose(asker=view.askers[0], source_id=source_id)
        for feed in reading.list_feeds(view.db, whose):
            if feed.venue == code:
                return feed.venue_id
        raise NotFound("this source does not speak for it", code="venue_not_found")

    def _span(self, day: date | None, at: datetime) -> tuple[datetime, datetime]:
        if day is not None:
            return self._desk.day_span(day)
        return at - timedelta(hours=watching.SINCE_HOURS), at + timedelta(minutes=1)

    def source(self, request: Request) -> Response:
        """Show one source: missing numbers, refused and late events, batches, and its days."""
        code, suffix = split_suffix(request.path_params["source"])
        view, drill, line, day = self._drilled(request, code)
        words = self._words(request)
        feed = line.feed if line else (drill.lines[0].feed if drill.lines else None)
        shown = {each.part: each for each in drill_tables.all_of(words, drill)}
        shown["feeds"] = tables.feeds(words, drill.lines, drill.at)
        shown["days"] = tables.days(words, drill.days, drill.lines)
        shown["alarms"] = tables.alarms(
            words, drill.alarms, drill.acknowledged, drill.lines
        )
        if suffix:
            title = feed.source_name if feed else code
            return self._desk.respond_file(
                request, tuple(shown.values()), suffix, title=title
            )
        told = excuses.list_excuses(
            self._desk.db,
            view.askers[0],
            source_id=drill.source_id,
            venue_id=line.feed.venue_id if line else None,
        )
        return self._desk.respond(
            request,
            "feeds/source.html",
            self._side,
            trail=(Step(self._side.path, key=self._side.title),),
            code=code,
            drill=drill,
            line=line,
            feed=feed,
            day=day,
            tables={
                part: self._desk.sorted(
                    request, replace(each, rows=each.rows[: watching.ROWS_SHOWN_MAX])
                )
                for part, each in shown.items()
            },
            excuses=told[:_EXCUSES_SHOWN_MAX],
            may_see_tickets=words.may_see_tickets,
            shown_max=watching.ROWS_SHOWN_MAX,
        )

    # ---- alarms --------------------------------------------------------------------------

    def alarm(self, request: Request) -> Response:
        """Show what needs explanation, since when and why, and who has taken notice."""
        number = _alarm_id(request)
        view = self._desk.view(request, self._side)
        found = view.each(lambda whose: reading.find_alarm(view.db, whose, number))
        if not found:
            raise NotFound("there is no such alarm for you", code="alarm_not_found")
        (alarm,) = watching.told_once(found)
        feeds = view.each(
            lambda whose: reading.list_feeds(
                view.db, replace(whose, source_id=alarm.source_id)
            )
        )
        noticed = watching.read_acknowledged(view.db, alarm.alarm_id)
        return self._desk.respond(
            request,
            "feeds/alarm.html",
            self._side,
            trail=(Step(self._side.path, key=self._side.title),),
            alarm=alarm,
            facts=alarm.facts
            if watching.may_see_numbers(view, alarm.source_id)
            else without_numbers(alarm.facts),
            feed=next(
                (each for each in feeds if each.venue_id == alarm.venue_id),
                feeds[0] if feeds else None,
            ),
            noticed=noticed,
            may_acknowledge=self._side is Side.MINISTRY and noticed is None,
        )

    def acknowledge(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Take notice of an alarm."""
        alarm_id = _alarm_id(request)
        watching.acknowledge(
            self._desk.db,
            alarm_id,
            person=self._desk.person(request),
            words=fields.get("words", ""),
            at=self._desk.clock(),
        )
        return see(f"{self._side.path}/alarms/{alarm_id}")


def _alarm_id(request: Request) -> int:
    text = request.path_params["alarm_id"]
    if not (text.isascii() and text.isdigit()) or len(text) > _NUMBER_DIGITS_MAX:
        raise NotFound("there is no such alarm", code="alarm_not_found")
    return int(text)


def _number(request: Request, name: str) -> int:
    """Read the number of a page; what cannot be read is the first."""
    text = request.query_params.get(name, "")
    is_number = text.isascii() and text.isdigit() and len(text) < len("10000")
    return int(text) if is_number else 1


def _choice(request: Request) -> Choice:
    """Read what was chosen; what cannot be read chooses everything."""
    query = request.query_params
    state = query.get("state", "")
    return Choice(
        words=query.get("q", "")[:100],
        state=State(state) if state in list(State) else None,
        vendor=query.get("vendor", "")[:100],
    )
