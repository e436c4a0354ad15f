"""Supervision: each follower in a loop of its own; one that falls over is restarted alone."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from ekino.archive import service as archive
from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.intake import service as intake
from ekino.intake.connectors import service as connectors
from ekino.kernel.errors import Broken, EkinoError, Pushback
from ekino.kernel.moments import now
from ekino.opendata import service as opendata
from ekino.proofs import service as proofs
from ekino.settings import Settings
from ekino.totals import service as totals
from ekino.totals.model.day import Country
from ekino.verify import service as verify
from ekino.workbench import service as workbench
from ekino.workbench.service import sandbox
from ekino.workbench.service.virtual import VirtualCinema
from ekino.worker.probe import Probe
from ekino.worker.telling import make_deliverer

_LOG = logging.getLogger("ekino.worker")
# After a failure a follower waits this long, then twice as long, up to the most.
RESTART_AFTER_S = 0.5
RESTART_AFTER_MAX_S = 30.0
# A follower of the test register rests for so long when there is nothing new.
TEST_REST_S = 0.5

Follow = Callable[[Database], int]


def _totals(_settings: Settings) -> Follow:
    return totals.follow


def _tickets(_settings: Settings) -> Follow:
    return verify.follow


def _feeds(_settings: Settings) -> Follow:
    return feeds.follow


def _rounds(_settings: Settings) -> Follow:
    return feeds.Rounds().follow


def _keys(_settings: Settings) -> Follow:
    return proofs.KeyStatements().follow


def _archive(settings: Settings) -> Follow:
    return archive.Archivist(settings.archive_dir).follow


def _log(settings: Settings) -> Follow:
    return proofs.Sequencer(settings.log_dir).follow


def _checkpoints(settings: Settings) -> Follow:
    policy = proofs.load_policy(settings.witnesses)
    return proofs.Publisher(settings.log_dir, settings.socket_of_signer, policy).follow


def _opendata(settings: Settings) -> Follow:
    country = Country(
        code=settings.country, currency=settings.currency, timezone=settings.timezone
    )
    return opendata.Recorder(country, Probe(settings)).follow


def _intake(settings: Settings) -> Follow:
    keys = intake.Keys(settings.data_dir / "keys/intake", public_url=settings.public_url)
    return intake.Finisher(keys).follow


def _workbench(_settings: Settings) -> Follow:
    return workbench.Tidier().follow


def _notices(settings: Settings) -> Follow:
    return make_deliverer(settings).follow


def _connectors(settings: Settings) -> Follow:
    keys = intake.Keys(settings.data_dir / "keys/intake", public_url=settings.public_url)
    return connectors.Follower(keys, is_loopback_allowed=settings.connect_loopback).follow


# Every follower of the register, by name. A new one is one line here.
FOLLOWERS: dict[str, Callable[[Settings], Follow]] = {
    "totals": _totals,
    "tickets": _tickets,
    "feeds": _feeds,
    "rounds": _rounds,
    "keys": _keys,
    "log": _log,
    "archive": _archive,
    "checkpoints": _checkpoints,
    "opendata": _opendata,
    "intake": _intake,
    "connectors": _connectors,
    "workbench": _workbench,
    "notices": _notices,
}


def _virtual(settings: Settings) -> Follow:
    setting = sandbox.setting_of(settings.country, settings.currency, settings.timezone)
    return VirtualCinema(setting).follow


# Those that the test register has too, and those that it alone has.
OF_TEST: dict[str, Callable[[Settings], Follow]] = {
    **{name: FOLLOWERS[name] for name in ("totals", "tickets", "feeds", "workbench")},
    "virtual-cinema": _virtual,
}
# Opens the database of the test register; `Refused` where there is none.
TestOpener = Callable[[], AbstractContextManager[Database]]


def run(
    db: Database,
    settings: Settings,
    names: list[str],
    stop: threading.Event,
    *,
    test: TestOpener | None = None,
) -> None:
    """Run these followers until `stop` is set; with `test` those of the test register too."""
    rest_s = settings.follower_rest_s
    if "checkpoints" in names:
        proofs.register_witnesses(db, proofs.load_policy(settings.witnesses))
    threads = [
        threading.Thread(
            target=_follow,
            args=(db, name, FOLLOWERS[name](settings), rest_s, stop),
            name=name,
            daemon=True,
        )
        for name in names
    ]
    if test is not None:
        threads.append(
            threading.Thread(
                target=_follow_test,
                args=(test, settings, stop),
                name="test-register",
                daemon=True,
            )
        )
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=10)


def _follow_test(test: TestOpener, settings: Settings, stop: threading.Event) -> None:
    """Open the test register beside the live one, and follow it until `stop` is set."""
    # Its followers rest longer: nobody waits for a test as for an evening's takings.
    rest_s = max(settings.follower_rest_s, TEST_REST_S)
    try:
        with test() as db:
            sandbox.prepare(
                db,
                sandbox.setting_of(settings.country, settings.currency, settings.timezone),
                at=now(),
            )
            threads = [
                threading.Thread(
                    target=_follow,
                    args=(db, f"test {name}", make(settings), rest_s, stop),
                    name=f"test-{name}",
                    daemon=True,
                )
                for name, make in OF_TEST.items()
            ]
            for thread in threads:
                thread.start()
            stop.wait()
            for thread in threads:
                thread.join(timeout=10)
    except EkinoError as error:
        if error.code != "test_mode_off":
            _LOG.warning("there is no test register: %s", error.detail)


def _follow(
    db: Database, name: str, follow: Follow, rest_s: float, stop: threading.Event
) -> None:
    pause_s = RESTART_AFTER_S
    said = ""
    while not stop.is_set():
        try:
            folded = follow(db)
        except Exception as error:  # a follower that falls over is restarted alone
            wait_s = pause_s
            if isinstance(error, Pushback):
                # It knows when to come back: catching up must not wait for a long pause.
                wait_s = min(float(error.retry_after_s), RESTART_AFTER_MAX_S)
            else:
                pause_s = min(pause_s * 2, RESTART_AFTER_MAX_S)
            said = _tell(name, error, said)
            stop.wait(wait_s)
            continue
        pause_s, said = RESTART_AFTER_S, ""
        if folded == 0:
            stop.wait(rest_s)


def _tell(name: str, error: Exception, said: str) -> str:
    """Say what went wrong, once as long as it is the same, and give what was said."""
    words = error.detail if isinstance(error, EkinoError) else repr(error)
    if words == said:
        return said
    if isinstance(error, Broken):
        # Nothing outside can mend this: the follower halts here, and wakes somebody.
        _LOG.error("%s HALTS: %s", name, words)
    elif isinstance(error, EkinoError):
        _LOG.warning("%s waits: %s", name, words)
    else:
        _LOG.error("%s fell over", name, exc_info=error)
    return words
