"""Every role × every address of organisations × own, foreign and invented names, over HTTP."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from board_server import own_database
from ekino.access.model.permissions import (
    OF_ORGANISATIONS,
    PERMITS,
    Permission,
    RoleName,
)
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from ekino.web.who import WHO
from organisations import ORGANISATIONS, Trade
from people import COOKIE, a_person, cookie_of, form_token
from watched import watch_over

# Every address that is entered for an organisation: a new one is here by itself.
OWN = {
    address: who
    for address, who in WHO.items()
    if isinstance(who, Permission) and PERMITS[who] <= OF_ORGANISATIONS
}
ROLE_OF = {
    "exhibitor": RoleName.EXHIBITOR,
    "distributor": RoleName.DISTRIBUTOR,
    "producer": RoleName.PRODUCER,
    "vendor": RoleName.VENDOR,
}
# Organisation → what only others' rows say. Names of films, cinemas and systems are in every
# row that is anybody's, and so are tickets, which begin with the name of their system.
FOREIGN = {
    "exh-aurora": ("borealis", "lonely", "breal"),
    "exh-borealis": ("aurora", "lonely", "aurra"),
    "exh-empty": ("aurora", "borealis", "lonely", "cloud"),
    "dist-east": ("storm", "stray"),
    "dist-west": ("steppe", "stone", "stray"),
    "studio-kyz": ("stone", "stray"),
    "studio-lot": ("steppe", "stone", "stray"),
    "vendor-one": ("cloud", "borealis", "aurora-2", "lonely", "breal"),
    "vendor-two": ("own-aurora", "aurora-1", "aurra"),
}
# What an address or its query may name: the organisation's own, another's, and nobody's.
NAMES: dict[str, dict[str, tuple[str, str, str]]] = {
    "venue": {
        "exh-aurora": ("aurora-1", "borealis-1", "no-cinema-1"),
        "exh-borealis": ("borealis-1", "aurora-1", "no-cinema-1"),
    },
    "code": {
        "dist-east": ("steppe", "storm", "no-film"),
        "dist-west": ("storm", "steppe", "no-film"),
        "studio-kyz": ("steppe", "stone", "no-film"),
        "studio-lot": ("storm", "stone", "no-film"),
    },
    "reference": {
        "exh-aurora": ("AURRA-22222", "BREAL-33333", "NNNNN-44444"),
        "exh-borealis": ("BREAL-33333", "AURRA-22222", "NNNNN-44444"),
        "vendor-one": ("AURRA-22222", "BREAL-33333", "NNNNN-44444"),
        "vendor-two": ("BREAL-33333", "AURRA-22222", "NNNNN-44444"),
    },
}
NAMES["source"] = {
    "exh-aurora": ("own-aurora", "no-source-1", "no-source-2"),
    "exh-borealis": ("cloud", "own-aurora", "no-source-2"),
    "vendor-one": ("own-aurora", "cloud", "no-source-2"),
    "vendor-two": ("cloud", "own-aurora", "no-source-2"),
}
NAMES["alarm_id"] = {
    "exh-aurora": ("70001", "70003", "79999"),
    "exh-borealis": ("70003", "70001", "79999"),
    "vendor-one": ("70001", "70003", "79999"),
    "vendor-two": ("70003", "70001", "79999"),
}
# exh-borealis runs no system of its own.
NAMES["request_id"] = {
    "exh-aurora": ("req_0a1", "req_0c1", "req_0e1"),
    "vendor-one": ("req_0a1", "req_0c1", "req_0e1"),
    "vendor-two": ("req_0c1", "req_0a1", "req_0e1"),
}
NAMES["endpoint_id"] = {
    "exh-aurora": ("80001", "80002", "89999"),
    "exh-borealis": ("80002", "80001", "89999"),
    "vendor-one": ("80003", "80004", "89999"),
    "vendor-two": ("80004", "80003", "89999"),
}
# What stands in an address and belongs to nobody.
FILLED = {
    "suffix": ("csv", "json"),
    "day": ("2026-11-24", "2026-11-24.csv"),
    "test": ("one_ticket",),
}
_PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        trade = Trade(db)
        asked = (
            ("AURRA-22222", "exh-aurora", "aurora-1", "own-aurora"),
            ("BREAL-33333", "exh-borealis", "borealis-1", "cloud"),
        )
        with psycopg.connect(db.dsn, autocommit=True) as superuser:
            for reference, organisation, venue, source in asked:
                superuser.execute(
                    "WITH filed AS (INSERT INTO feeds.excuse (reference, organisation_id, party, kind, begins_at,"
                    " ends_at, words, evidence_name, evidence, evidence_sha256, filed_at, filed_by) VALUES (%s, %s,"
                    " 'exhibitor', 'outage', now() - interval '2 hours', now(), 'x', 'x', 'x', 'x', now(), 'x')"
                    " RETURNING excuse_no)"
                    " INSERT INTO feeds.excuse_place SELECT excuse_no, %s, %s FROM filed",
                    (
                        reference,
                        trade.ids[organisation],
                        trade.sources[source],
                        trade.venues[venue],
                    ),
                )
                superuser.execute(
                    "INSERT INTO own.correction (reference, organisation_id, venue_id, source_id, ticket,"
                    " wanted, reason, words, asked_by, asked_at, asked_position)"
                    " VALUES (%s, %s, %s, %s, 'T', 'voided', 'other', '', 'x', now(), 0)",
                    (
                        reference,
                        trade.ids[organisation],
                        trade.venues[venue],
                        trade.sources[source],
                    ),
                )
            superuser.execute(
                "INSERT INTO intake.upload (reference, source_id, file_name, file_sha256, file_bytes, content,"
                " asked, handed_by, handed_at, state, judged_at)"
                " VALUES ('AURRA-22222', %s, 'tickets.csv', '', 1, 'x', '', 'x', now(), 'entered', now())",
                (trade.sources["own-aurora"],),
            )
            for request_id, key_id in (
                ("req_0a1", "own-aurora/batch"),
                ("req_0c1", "cloud/batch"),
            ):
                superuser.execute(
                    "INSERT INTO workbench.request (request_id, at, took_ms, key_id, method, path, answer, code,"
                    " agent, headers, body, body_bytes, body_sha256, answer_body, answer_bytes) VALUES"
                    " (%s, now(), 1, %s, 'POST', '/v1/batches', 400, 'x', '', '{}', '', 0, '', '', 0)",
                    (request_id, key_id),
                )
            for code, (own, *_) in NAMES["endpoint_id"].items():
                superuser.execute(
                    "INSERT INTO notices.endpoint (endpoint_id, organisation_code, way, address, kinds, language, added_by)"
                    " OVERRIDING SYSTEM VALUE VALUES (%s, %s, 'webhook', %s, '{}', 'en', 'x')",
                    (int(own), code, f"https://{code}.example/"),
                )
        # own-aurora's of aurora-1 is the first, cloud's of borealis-1 the third.
        assert list(watch_over(trade, now()).values()) == [70_001, 70_002, 70_003, 70_004]
        yield trade


@pytest.fixture(scope="module")
def app(
    trade: Trade, server_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Starlette]:
    """Give the application with a test register beside the live one."""
    app = create_app(
        Settings(data_dir=tmp_path_factory.mktemp("own")),
        trade.db,
        test=lambda: own_database(server_folder),
    )
    tests = app.state.test_register
    tests.start()
    tests.wait(60)
    yield app
    tests.stop()


@pytest.fixture(scope="module")
def people(trade: Trade, app: Starlette) -> dict[str, tuple[TestClient, str]]:
    """Give a client for one person of each organisation, with the token of their forms."""
    found = {}
    for code, kind in ORGANISATIONS.items():
        if kind in ROLE_OF:
            client = TestClient(app, raise_server_exceptions=False)
            cookie = cookie_of(trade.db, a_person(trade.db, ROLE_OF[kind], trade.ids[code]))
            client.cookies.set(COOKIE, cookie)
            found[code] = (client, form_token(cookie))
    return found


def methods_of(app: Starlette, address: str) -> set[str]:
    return {
        method
        for route in app.routes
        if isinstance(route, Route) and route.path == address
        for method in route.methods or ()
        if method != "HEAD"
    }


def asked(address: str, code: str, kind: int) -> list[str]:
    """Fill an address with an organisation's own (0), another's (1) or nobody's (2) names."""
    places = _PLACE.findall(address)
    filled: list[tuple[str, ...]] = []
    for place in places:
        if place in FILLED:
            filled.append(FILLED[place])
        else:
            # A place that nobody described here fails this line.
            names = NAMES[place]
            filled.append((names[code][kind],) if code in names else ("no-name",))
    venue = NAMES["venue"].get(code)
    query = f"?venue={venue[kind]}" if venue else ""
    return [_fill(address, each) + query for each in product(*filled)]


def _fill(address: str, names: tuple[str, ...]) -> str:
    rest = iter(names)
    return _PLACE.sub(lambda _: next(rest), address)


def has_own(address: str, code: str) -> bool:
    """Say whether the organisation has what this address is about."""
    places = [place for place in _PLACE.findall(address) if place not in FILLED]
    if address.startswith("/vendor/") and not code.startswith("vendor"):
        # Who runs a system may see how it is doing; only who makes it is asked to correct.
        return False
    if address.startswith("/dev/certification/"):
        # Nobody has begun a run; those of others are tried in tests/store/certification.
        return False
    if address.endswith("/evidence"):
        # A document is its filer's, and these were filed by exhibitors.
        return ORGANISATIONS[code] == "exhibitor" and code in NAMES["reference"]
    if address.startswith("/cinema/files"):
        # Files are handed in for a source of one's own; the template is no .json.
        return code == "exh-aurora" and "template" not in address
    needs = places or (["venue"] if address.startswith("/cinema") else [])
    return all(code in NAMES[place] for place in needs)


def permits(address: str, code: str) -> bool:
    return ROLE_OF[ORGANISATIONS[code]] in PERMITS[OWN[address]]


def ask(
    person: tuple[TestClient, str], method: str, address: str, fields: dict[str, str]
) -> Any:
    client, token = person
    if method == "POST":
        return client.post(address, data={"form": token, **fields}, follow_redirects=False)
    return client.get(address, headers={"accept": "text/html"}, follow_redirects=False)


def fields_of(code: str, kind: int) -> dict[str, str]:
    venue = NAMES["venue"].get(code)
    return {"venue": venue[kind]} if venue else {}


def test_there_are_addresses_to_ask(app: Starlette) -> None:
    assert len(OWN) > 4
    assert {address for address in OWN if not methods_of(app, address)} == set()


@pytest.mark.parametrize("address", sorted(OWN))
def test_nobody_is_shown_a_foreign_row(
    app: Starlette, people: dict[str, tuple[TestClient, str]], address: str
) -> None:
    for code, person in people.items():
        for kind, method in product((0, 1, 2), methods_of(app, address)):
            for each in asked(address, code, kind):
                answer = ask(person, method, each, fields_of(code, kind))
                if not permits(address, code):
                    assert answer.status_code == 403, (code, each)
                    continue
                assert answer.status_code < 500, (code, each, answer.text[:300])
                if kind == 0 and method == "GET" and has_own(address, code):
                    # The way to one's own is open: nothing here is empty because all is shut.
                    assert answer.status_code == 200, (code, each)
                # What was asked for comes back in the answer's own links; that is no row.
                said = answer.text.lower()
                for named in re.findall(r"[=/]([\w-]+)", each):
                    said = said.replace(named.lower(), "")
                shown = [word for word in FOREIGN[code] if word in said]
                assert shown == [], (code, method, each)


@pytest.mark.parametrize("address", sorted(OWN))
def test_what_is_anothers_and_what_does_not_exist_are_answered_alike(
    app: Starlette, people: dict[str, tuple[TestClient, str]], address: str
) -> None:
    for code, person in people.items():
        for method in methods_of(app, address):
            for foreign, nowhere in zip(
                asked(address, code, 1), asked(address, code, 2), strict=True
            ):
                one = ask(person, method, foreign, fields_of(code, 1))
                other = ask(person, method, nowhere, fields_of(code, 2))
                assert one.status_code == other.status_code, (code, foreign)
                assert alike(one.text, code) == alike(other.text, code), (code, foreign)


def alike(text: str, code: str) -> str:
    """Take out the names that were asked for, which each answer repeats."""
    for names in NAMES.values():
        for name in names.get(code, ())[1:]:
            text = text.replace(name, "…")
    text = re.sub(r"req_[0-9a-f]+", "", text)
    return re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+Z)?", "", text)


@pytest.mark.parametrize("role", [RoleName.ANALYST, RoleName.OPERATOR, RoleName.AUDITOR])
def test_the_states_own_people_enter_none_of_it(
    trade: Trade, app: Starlette, role: RoleName
) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    cookie = cookie_of(trade.db, a_person(trade.db, role, None))
    client.cookies.set(COOKIE, cookie)
    for address in OWN:
        for method in methods_of(app, address):
            each = asked(address, "exh-aurora", 0)[0]
            assert ask((client, form_token(cookie)), method, each, {}).status_code == 403


def test_nobody_who_is_not_signed_in_enters(app: Starlette) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    for address in OWN:
        for method in methods_of(app, address):
            each = asked(address, "exh-aurora", 0)[0]
            answer = client.request(method, each, follow_redirects=False)
            assert answer.status_code == 401, each
