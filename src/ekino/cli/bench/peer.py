"""The peer: a Django REST framework service on the same PostgreSQL server, in the same run."""

import json
import os
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from subprocess import run as run_program
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ekino.cli.bench import answers
from ekino.cli.bench.load import Load, Run
from ekino.cli.bench.post import Post, post_to_peer
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.sales import Sales
from ekino.cli.bench.site import START_WAIT_S, Site
from ekino.cli.bench.store import Sums, create_peer_database, recount_peer
from ekino.kernel.errors import Broken

WORKERS = 2
THREADS = 8
_FOLDER = Path(__file__).parents[4] / "bench" / "peer_django"


def why_not() -> str:
    """Say why the peer cannot be measured here; empty when it can."""
    if not _FOLDER.is_dir():
        return "the peer is in the repository, not in the wheel"
    missing = [
        name for name in ("django", "rest_framework", "gunicorn") if not find_spec(name)
    ]
    if missing:
        return f"{', '.join(missing)} not installed: run it with make bench"
    return ""


class Peer:
    """The peer, started and filled with the sources and showings of a site."""

    def __init__(self, site: Site) -> None:
        """Create its database, migrate it the framework's way, start gunicorn and wait."""
        self._site = site
        create_peer_database(site.store.dsn)
        self._dsn = make_conninfo(site.store.dsn, dbname="peer")
        names = conninfo_to_dict(self._dsn)
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(_FOLDER),
            "DJANGO_SETTINGS_MODULE": "peer.settings",
            "PEER_DB_HOST": str(names["host"]),
            "PEER_DB_PORT": str(names["port"]),
            "PEER_DB_USER": str(names["user"]),
            "PEER_DB_NAME": "peer",
        }
        self._django("migrate", "--verbosity", "0")
        fixture = site.folder / "country.json"
        fixture.write_text(json.dumps(_country(site)))
        self._django("loaddata", "--verbosity", "0", str(fixture))
        self._start()
        self._sales = Sales(site.sources, now=site.now)
        self._showings = site.store.showings()
        self._sold: Sums = {}

    def _django(self, *words: str) -> None:
        command = [sys.executable, "-m", "django", *words]
        outcome = run_program(  # noqa: S603 - our own program
            command, env=self._environment, check=False, capture_output=True, text=True
        )
        if outcome.returncode:
            detail = f"the peer's {words[0]} failed: {outcome.stderr[-500:]}"
            raise Broken(detail)

    def _start(self) -> None:
        command = [
            sys.executable, "-m", "gunicorn", "peer.wsgi", "--bind", "127.0.0.1:0",
            "--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "75",
            "--backlog", "2048", "--chdir", str(_FOLDER),
        ]  # fmt: skip
        self._site.start_program("peer", command, self._environment)
        deadline = time.monotonic() + START_WAIT_S
        while time.monotonic() < deadline:
            for line in self._site.last_words("peer").splitlines():
                _, found, address = line.partition("Listening at: http://")
                if found:
                    host, _, port = address.split(" ")[0].rpartition(":")
                    self.address = (host, int(port))
                    return
            time.sleep(0.05)
        detail = f"the peer does not start:\n{self._site.last_words('peer')}"
        raise Broken(detail)

    def measure(self, batch: int, tills: int, seconds: float) -> dict[str, Any]:
        """Send what the register is sent, for so long, and check the answers as strictly."""
        load = Load(self.address, tills)
        try:
            warm = load.run(self._errands(batch, 2 * tills), seconds=seconds)
            wanted = int(warm.events / warm.seconds * seconds * 1.5 / batch) + 2 * tills
            prepared = list(self._errands(batch, wanted))
            self._site.store.checkpoint()
            cpu_s = self._site.cpu_s()
            run = load.run(prepared, seconds=seconds)
            after_s = self._site.cpu_s()
        finally:
            load.close()
        self._verify([*warm.posts, *run.posts])
        return self._figures(run, {name: after_s[name] - cpu_s[name] for name in cpu_s})

    def _figures(self, run: Run, spent_s: dict[str, float]) -> dict[str, Any]:
        return {
            "events_per_s": rounded(run.events / run.seconds),
            "ack_ms": latencies([each.took_ns / 1e6 for each in run.posts]),
            "cpu_us_per_event": {
                name: rounded(spent_s[name] * 1e6 / run.events)
                for name in ("peer", "postgresql")
            },
        }

    def _errands(self, batch: int, count: int) -> Iterator[tuple[Post]]:
        for number in range(count):
            source = self._sales.sources[number % len(self._sales.sources)]
            yield (post_to_peer(source, self._sales.batch(source, batch), batch),)

    def _verify(self, posts: list[Post]) -> None:
        """Check each answer, then the sums of all that was ever sent."""
        answers.verify_answers(posts)
        again = post_to_peer(posts[0].source, posts[0].body, posts[0].events)
        again.first = posts[0]
        load = Load(self.address, 1)
        try:
            load.run([(again,)], seconds=30)
        finally:
            load.close()
        answers.verify_answers([posts[0], again])
        self._sold = answers.added(self._sold, answers.sums_of(posts, self._showings))
        found = recount_peer(self._dsn, self._showings)
        answers.verify_equal("the peer's sums", found, self._sold)


def _country(site: Site) -> list[dict[str, Any]]:
    """Give the site's sources and showings as the framework's fixture."""
    sources = [
        {
            "model": "peer.source",
            "fields": {"code": str(source.number), "secret": source.key_id},
        }
        for source in site.sources
    ]
    showings = [
        {"model": "peer.showing", "fields": {"venue": venue, "code": code}}
        for venue, code in site.store.showings()
    ]
    return sources + showings
