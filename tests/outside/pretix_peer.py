"""
Run in pretix's own Python: a pretix of its own, from nothing, served on a port of this machine.

`pretix_peer.py FOLDER PORT` makes the database in FOLDER (SQLite, no Redis, no broker), one
organiser with a team and its API token, prints one line of JSON and serves until it is ended.
`pretix_peer.py FOLDER figures ORGANISER EVENT` prints what pretix's own statistics say.
"""

import json
import logging
import os
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

FOLDER = Path(sys.argv[1])
os.environ["PRETIX_CONFIG_FILE"] = str(FOLDER / "pretix.cfg")
os.environ["DJANGO_SETTINGS_MODULE"] = "pretix_settings"
sys.path.insert(0, str(Path(__file__).parent))

CONFIG = """[pretix]
instance_name=Peer
url=http://127.0.0.1:{port}
datadir={folder}
registration=off
allow_http_to_private_networks=on
[database]
backend=sqlite3
[mail]
from=peer@example.org
[django]
secret=not-a-secret-of-anybody
debug=off
"""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words: Any) -> None:
        """Keep quiet: a follower asks every few milliseconds."""


def make() -> str:
    """Make the tables, an organiser and a team that may do everything; give its token."""
    from django.core.management import call_command
    from django_scopes import scopes_disabled
    from pretix.base.models import Organizer, Team

    call_command("migrate", run_syncdb=True, verbosity=0)
    with scopes_disabled():
        organiser = Organizer.objects.create(name="Aurora", slug="aurora")
        team = Team.objects.create(
            organizer=organiser,
            name="Register",
            all_events=True,
            all_event_permissions=True,
            all_organizer_permissions=True,
        )
        return str(team.tokens.create(name="e-Kino").token)


def serve(port: int) -> None:
    """Serve until somebody ends this process."""
    token = make()
    from pretix.wsgi import application

    with make_server(
        "127.0.0.1", port, application, server_class=_Server, handler_class=_Quiet
    ) as server:
        sys.stdout.write(json.dumps({"token": token}) + "\n")
        sys.stdout.flush()
        server.serve_forever()


def figures(organiser: str, event_slug: str) -> dict[str, int]:
    """Give what pretix's own statistics say of an event's admission products, in cents."""
    from django_scopes import scope
    from pretix.base.models import Checkin, Event, Organizer
    from pretix.base.services.stats import order_overview

    with scope(organizer=Organizer.objects.get(slug=organiser)):
        event = Event.objects.get(slug=event_slug)
        categories, _total = order_overview(event, admission_only=True)
        paid = [item.num["paid"] for _, items in categories for item in items]
        return {
            "tickets": sum(count for count, *_ in paid),
            "gross_minor": sum(int(gross * 100) for _, gross, *_ in paid),
            "admissions": Checkin.objects.filter(list__event=event, type="entry").count(),
        }


def main() -> None:
    """Do what the words say."""
    if not (FOLDER / "pretix.cfg").exists():
        (FOLDER / "pretix.cfg").write_text(CONFIG.format(folder=FOLDER, port=sys.argv[2]))
    import django

    django.setup()
    logging.disable(logging.WARNING)
    if sys.argv[2] == "figures":
        sys.stdout.write(json.dumps(figures(*sys.argv[3:])) + "\n")
    else:
        serve(int(sys.argv[2]))


if __name__ == "__main__":
    main()
