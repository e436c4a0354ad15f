"""What goes to the register and comes back: send, refused, status, receipts."""

import json
import signal
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ekino_till.client import CLOCK_SKEW_MAX_S, NotAnswered, RefusedByRegister
from ekino_till.command.desk import Desk, DeskError, Exit, Settings, software_of
from ekino_till.receipts import ReceiptWrong, RegisterKey
from ekino_till.report import Reporter, declared_by
from ekino_till.spool import Spool
from ekino_till.till import FOLLOW_S, Drained, Till

_LAST = "last_answer"
_SETTLED = frozenset({"entered", "already_entered"})
# What the holder of a key can do about a refusal of everything.
_FOLLOWING = {
    "key_unknown": "have the key registered, or ekino-till init --code CODE",
    "key_revoked": "ask the operator; then a new till: ekino-till init --folder NEW",
    "key_expired": "ask the operator; before the end: ekino-till rotate --key NEW",
    "source_suspended": "ask the operator",
    "signature_wrong": "compare --register of till.json with the register's own address",
}


def send(desk: Desk, arguments: Namespace) -> Exit:
    """Send what waits, in order; --follow goes on until told to stop, and reports."""
    settings = desk.settings()
    drained = Drained()
    with (
        _stopping() as stop,
        desk.spool(settings) as spool,
        desk.client(settings, spool) as client,
    ):
        till = desk.till(settings, spool, client, reports=arguments.follow)
        said = [""]
        while True:
            wait_s = None if arguments.follow else arguments.give_up_after_s
            _drain(till, spool, drained, stop, wait_s)
            desk.note_clock(spool, client)
            _talk_of_reports(desk, till, said)
            if not arguments.follow or stop.wait(FOLLOW_S):
                break
        if till.reporter is not None:
            till.reporter.report_if_due(is_last=True)
            _talk_of_reports(desk, till, said)
    refused = sum(count for name, count in drained.outcomes.items() if name not in _SETTLED)
    members = {
        "batches": drained.batches,
        "outcomes": dict(drained.outcomes),
        "refused": refused,
    }
    told = ", ".join(f"{count} {name}" for name, count in drained.outcomes.items())
    desk.tell(members, told or "nothing waits")
    if refused:
        desk.talk(f"{refused} events were refused; see: ekino-till refused")
    return Exit.PROBLEMS_FOUND if refused else Exit.DONE


def _drain(
    till: Till,
    spool: Spool,
    drained: Drained,
    stop: threading.Event,
    wait_s: float | None,
) -> None:
    """Send until nothing waits; a register that is away is waited for, as long as was said."""
    try:
        done = till.drain(stop=stop, give_up_after_s=wait_s)
    except NotAnswered as error:
        _note(spool, f"no answer: {error}")
        message = f"the register does not answer ({error}); {spool.waiting()} events wait"
        following = "nothing is lost; again: ekino-till send"
        raise DeskError(message, following, Exit.TRY_AGAIN_LATER) from error
    except RefusedByRegister as error:
        _note(spool, str(error))
        raise refusal(error) from error
    drained.outcomes.update(done.outcomes)
    drained.batches += done.batches
    if done.batches:
        _note(spool, "answered")


def _talk_of_reports(desk: Desk, till: Till, said: list[str]) -> None:
    """Say on the side what a report found, once until it is something else."""
    if till.reporter is None:
        return
    trouble = till.reporter.trouble
    found = [f"the report was not taken: {trouble}"] if trouble else []
    words = "\n".join(found or _differences(till.reporter.answer))
    if words and words != said[0]:
        desk.talk(words)
    said[0] = words


def refusal(error: RefusedByRegister) -> DeskError:
    """Say what the register refused, and what comes next."""
    return DeskError(str(error), _FOLLOWING.get(error.code, "see docs/reference/errors.md"))


def _note(spool: Spool, words: str) -> None:
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "words": words[:500]}
    spool.note(_LAST, json.dumps(told))


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Lend an event that SIGTERM and SIGINT set: the batch under way is finished first."""
    stop = threading.Event()
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda *_: stop.set()) for name in names]
    try:
        yield stop
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


def refused(desk: Desk, arguments: Namespace) -> Exit:
    """List what the register refused, with cause and fix; --again puts it back in the line."""
    with desk.spool(desk.settings()) as spool:
        if arguments.again:
            count = spool.try_again(arguments.outcome)
            desk.tell({"put_back": count}, f"{count} events wait again: ekino-till send")
            return Exit.DONE
        rows = [
            row
            for row in spool.refused()
            if not arguments.outcome or row[1] in arguments.outcome
        ]
    for body, outcome, words in rows:
        problem = json.loads(words) if words.startswith("{") else {"detail": words}
        members = {
            "outcome": outcome,
            "detail": problem.get("detail", ""),
            "fix": problem.get("fix", ""),
            "event": body.decode("utf-8", "replace"),
        }
        desk.tell(
            members,
            f"{outcome}: {members['detail']}\n  {members['fix']}\n  {members['event']}",
        )
    return Exit.PROBLEMS_FOUND if rows else Exit.DONE


def show_state(desk: Desk, arguments: Namespace) -> Exit:
    """Say what waits and since when, how the clock is, and what the register makes of it."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        members = _local(settings, spool)
        problems = _problems(members)
        if not arguments.offline:
            report = _report(desk, settings, spool, arguments.final)
            members["register_says"] = report
            problems += _differences(report)
            members["clock_ahead_s"] = float(spool.noted("clock_ahead_s") or 0)
    members["problems"] = problems
    lines = [
        f"{name}: {_plain(value)}" for name, value in members.items() if name != "problems"
    ]
    desk.tell(members, "\n".join([*lines, *(f"! {each}" for each in problems)]))
    return Exit.PROBLEMS_FOUND if problems else Exit.DONE


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _local(settings: Settings, spool: Spool) -> dict[str, Any]:
    oldest = spool.oldest_waiting()
    try:
        since = json.loads(oldest)["happened_at"] if oldest else None
    except ValueError:
        since = None
    return {
        "register": settings.register,
        "key_id": settings.key_id,
        "venue": settings.venue,
        "waiting_events": spool.waiting(),
        "oldest_waiting_at": since,
        "refused_events": len(spool.refused()),
        "next_sequence": spool.last_number() + 1,
        "clock_ahead_s": float(spool.noted("clock_ahead_s") or 0),
        "last_answer": json.loads(spool.noted(_LAST) or "null"),
    }


def _problems(members: dict[str, Any]) -> list[str]:
    problems = []
    if members["refused_events"]:
        problems.append(f"{members['refused_events']} events refused: ekino-till refused")
    if members["waiting_events"]:
        problems.append(f"{members['waiting_events']} events wait: ekino-till send")
    if abs(members["clock_ahead_s"]) > CLOCK_SKEW_MAX_S:
        problems.append(f"the clock is {members['clock_ahead_s']:.0f} s ahead: set it")
    return problems


def _report(desk: Desk, settings: Settings, spool: Spool, final: str) -> Mapping[str, Any]:
    """Declare what waits and what each day came to; give the register's own figures."""
    with desk.client(settings, spool) as client:
        reporter = Reporter(
            spool,
            client,
            software_of(settings),
            days=lambda: declared_by(spool, at=desk.now(spool), final_until=final),
        )
        try:
            return reporter.report()
        except NotAnswered as error:
            message = f"the register does not answer: {error}"
            following = "what is here without it: ekino-till status --offline"
            raise DeskError(message, following, Exit.TRY_AGAIN_LATER) from error
        except RefusedByRegister as error:
            raise refusal(error) from error


def _differences(report: Mapping[str, Any]) -> list[str]:
    problems = [
        f"the register lacks events {gap['first']} to {gap['last']}: ekino-till refused"
        for gap in report.get("missing", [])
    ]
    problems += [
        f"{day['venue']} {day['business_date']}: declared {day['declared']}, "
        f"registered {day['registered']}"
        for day in report.get("days", [])
        if day.get("state") == "differs"
    ]
    return problems


def verify_receipts(desk: Desk, arguments: Namespace) -> Exit:
    """Prove without a network what the register has signed for, batch by batch."""
    settings = desk.settings()
    vkey = arguments.receipts_key or settings.receipts_key
    if not vkey:
        message = "the register's key is not known"
        raise DeskError(message, "ekino-till receipts verify --receipts-key VKEY")
    key = RegisterKey.read(vkey)
    wrong = count = events = 0
    with desk.spool(settings) as spool:
        for kept in spool.receipts():
            count += 1
            try:
                proved = key.verify(kept.receipt, kept.body, kept.outcomes, kept.positions)
            except ReceiptWrong as error:
                wrong += 1
                members = {"receipt": kept.number, "is_proved": False, "why": str(error)}
                desk.tell(members, f"receipt {kept.number}: {error}")
                continue
            events += proved.count
            if arguments.json:
                desk.tell(
                    {
                        "receipt": kept.number,
                        "is_proved": True,
                        "batch_sha256": proved.batch_sha256,
                        "first": proved.first,
                        "count": proved.count,
                        "received_at": proved.received_at,
                    }
                )
    if not arguments.json:
        desk.tell(
            {}, f"{count - wrong} of {count} receipts of {key.name} prove {events} events"
        )
    return Exit.PROBLEMS_FOUND if wrong else Exit.DONE


def show_receipts(desk: Desk, arguments: Namespace) -> Exit:
    """Give the receipts themselves, with the batches that they are about."""
    with desk.spool(desk.settings()) as spool:
        for kept in spool.receipts():
            if arguments.ticket and not _is_about(kept.body, arguments.ticket):
                continue
            members = {
                "receipt": kept.number,
                "body": kept.body.decode("utf-8", "replace"),
                "signed": kept.receipt,
                "positions": kept.positions,
            }
            desk.tell(members, f"{kept.receipt}\n{members['body']}\n")
    return Exit.DONE


def _is_about(body: bytes, ticket: str) -> bool:
    return any(event.get("ticket") == ticket for event in json.loads(body)["events"])
