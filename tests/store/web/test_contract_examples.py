"""What the contract shows is what the register does: every example is sent, and answered so."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.ingest.model import FIX, Outcome
from ekino.ingest.sales import open_batch
from ekino.web.contract.examples import CATALOG, ENTERED, HALL, REFUSED
from ekino.workbench.service.magic import open_test_batch
from factories import Vendor, a_vendor


class Counter:
    """A register that knows what the examples speak of, and two sources."""

    def __init__(self, db: Database) -> None:
        from desk import Desk

        catalog.load(db, read_document(json.dumps(dict(CATALOG)).encode()))
        self.desk = Desk(db)
        self.own = self.source(db, "own", may_announce=True)
        self.other = self.source(db, "other", may_announce=False)

    def source(self, db: Database, code: str, *, may_announce: bool) -> Vendor:
        vendor = a_vendor(
            db, code=code, key_id=f"{code}/1", venues=(), may_announce=may_announce
        )
        source = {
            "code": code, "name": code, "vendor": None, "organisation": None,
            "may_announce": may_announce, "state": "active", "halls": [HALL], "keys": [],
        }  # fmt: skip
        access.load_sources(db, [source], actor="test")
        return vendor

    def send(self, event: Mapping[str, Any], vendor: Vendor) -> Any:
        return self.desk.send(dict(event), vendor=vendor)


@pytest.fixture
def counter(db: Database) -> Any:
    counter = Counter(db)
    counter.desk.writer.start()
    yield counter
    counter.desk.writer.stop()


def test_every_example_is_answered_as_it_is_shown(counter: Counter) -> None:
    for event in ENTERED:
        answer = counter.send(event, counter.own)
        assert answer.outcomes == [Outcome.ENTERED], (event, answer.problems)

    for outcome, example in REFUSED.items():
        sender = counter.other if example.is_of_another else counter.own
        # Some are refused by the test register alone, which reads batches in its own way.
        counter.desk.open_body = open_test_batch if example.is_of_test else open_batch
        (problem,) = counter.send(example.event, sender).problems
        said = example.refusal(outcome)
        if outcome is Outcome.HAPPENED_IN_THE_FUTURE:
            # It tells the time.
            assert (problem.outcome, problem.field) == (said.outcome, said.field)
        else:
            assert problem == said


def test_there_is_an_example_for_each_way_to_be_refused() -> None:
    assert list(REFUSED) == list(FIX)
