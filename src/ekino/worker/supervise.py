"""Supervision: each follower in a loop of its own; one that falls over is restarted alone."""

import logging
import threading
from collections.abc import Callable

from ekino.archive import service as archive
from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.intake import service as intake
from ekino.kernel.errors import Broken, EkinoError, Pushback
from ekino.opendata import service as opendata
from ekino.proofs import service as proofs
from ekino.settings import Settings
from ekino.totals import service as totals
from ekino.totals.model.day import Country
from ekino.verify import service as verify
from ekino.worker.probe import Probe

_LOG = logging.getLogger("ekino.worker")
# After a failure a follower waits this long, then twice as long, up to the most.
RESTART_AFTER_S = 0.5
RESTART_AFTER_MAX_S = 30.0

Follow = Callable[[Database], int]


def _totals(_settings: Settings) -> Follow:
    return totals.follow


def _tickets(_settings: Settings) -> Follow:
    return verify.follow


def _feeds(_settings: Settings) -> Follow:
    return feeds.follow


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


# Every follower of the register, by name. A new one is one line here.
FOLLOWERS: dict[str, Callable[[Settings], Follow]] = {
    "totals": _totals,
    "tickets": _tickets,
    "feeds": _feeds,
    "keys": _keys,
    "log": _log,
    "archive": _archive,
    "checkpoints": _checkpoints,
    "opendata": _opendata,
    "intake": _intake,
}


def run(db: Database, settings: Settings, names: list[str], stop: threading.Event) -> None:
    """Run these followers until `stop` is set."""
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
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(timeout=10)


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
