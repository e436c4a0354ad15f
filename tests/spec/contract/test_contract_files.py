"""The contract's files are what the code says, and every example in them is valid."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from ekino.ingest import wire
from ekino.ingest.wire import MalformedEvent
from ekino.web.contract.described import operations, shapes
from ekino.web.contract.examples import ENTERED, REFUSED
from ekino.web.contract.files import files, vectors
from ekino.web.contract.schemas import EVENT_KINDS, schemas
from ekino.web.contract.sent_examples import ANSWERED, SENT
from ekino.web.webhooks import KINDS
from source_tree import ROOT

FOLDER = "docs/reference/contract"
PUBLISHED = ROOT / "tests/vectors/contract"


@pytest.mark.parametrize("name", sorted(files()))
def test_a_file_of_the_contract_is_fresh(
    name: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"{FOLDER}/{name}", files()[name])


def test_no_file_of_the_contract_is_left_over() -> None:
    kept = {
        path.relative_to(ROOT / FOLDER).as_posix()
        for path in (ROOT / FOLDER).rglob("*")
        if path.is_file()
    }

    assert kept == set(files())


@pytest.mark.parametrize("name", sorted(vectors()))
def test_the_vectors_that_are_served_are_those_that_are_tested(
    name: str, golden: Callable[[str, str], None]
) -> None:
    known = (ROOT / "tests/vectors" / name).read_text("utf-8")

    golden(f"src/ekino/web/contract/vectors/{name}", known)
    assert vectors()[name] == known


def test_every_body_of_the_api_has_an_example_and_every_example_is_valid() -> None:
    document = json.loads(files()["openapi.json"])
    of_json = {
        each.name
        for each in operations(document)
        if each.body is not None and each.body.media_type == "application/json"
    }
    # Whoever calls a hook sends what their system sends; nobody reads it.
    assert of_json - {"postHook"} == set(SENT)
    assert set(ANSWERED) <= {each.name for each in operations(document)}

    for methods in document["paths"].values():
        for operation in methods.values():
            answers = list(operation["responses"].values())[:1]
            for part in (operation.get("requestBody", {}), *answers):
                content = part.get("content", {}).get("application/json", {})
                if "example" in content:
                    schema = {**content["schema"], "components": document["components"]}
                    jsonschema_rs.validator_for(schema).validate(content["example"])


def test_every_shape_that_is_named_is_described() -> None:
    document = json.loads(files()["openapi.json"])
    named = {name for each in operations(document) for name in each.shapes}

    described = shapes(document, named)

    assert named <= {each.name for each in described}
    assert all(each.members or each.words for each in described)
    inside = {name for each in described for one in each.members for name in one.shapes}
    assert inside <= {each.name for each in described}


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_example_of_a_schema_is_valid(name: str) -> None:
    schema = schemas()[name]
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.validator_for(schema)

    assert schema["examples"]
    for example in schema["examples"]:
        validator.validate(example)


def test_there_is_a_schema_for_each_kind_of_event_and_of_notice() -> None:
    assert {name for name in schemas() if name.startswith("event-")} == {
        f"event-{kind}" for kind in EVENT_KINDS
    }
    assert {each["kind"] for each in ENTERED} == set(EVENT_KINDS)
    assert {name for name in schemas() if name.startswith("webhook-")} == {
        f"webhook-{kind}" for kind in KINDS
    }


def test_a_schema_refuses_what_the_register_refuses() -> None:
    validator = jsonschema_rs.validator_for(schemas()["event-sold"])
    sale = next(dict(each) for each in ENTERED if each["kind"] == "sold")

    for wrong in (
        {**sale, "price_minor": "2500.00"},
        {**sale, "price_minor": -1},
        {**sale, "seet": "12"},
        {name: value for name, value in sale.items() if name != "ticket"},
    ):
        assert not validator.is_valid(wrong)
        assert isinstance(wire.decode_event(json.dumps(wrong).encode()), MalformedEvent)


def test_everything_that_was_ever_published_is_still_read() -> None:
    """`tests/vectors/contract` only grows: an example once published is taken for ever."""
    for path in sorted(PUBLISHED.glob("events-*.json")):
        published: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
        validators = {
            kind: jsonschema_rs.validator_for(schemas()[f"event-{kind}"])
            for kind in EVENT_KINDS
        }

        for event in published:
            validators[event["kind"]].validate(event)
            read = wire.decode_event(json.dumps(event).encode())
            assert not isinstance(read, MalformedEvent), (path.name, read)


def test_the_newest_examples_are_published() -> None:
    newest = max(PUBLISHED.glob("events-*.json"))

    assert json.loads(newest.read_text("utf-8")) == [dict(each) for each in ENTERED]


def test_documents_refer_to_nothing_that_is_not_in_them() -> None:
    for name in ("openapi.json", "asyncapi.json"):
        document = json.loads(files()[name])

        missing = [each for each in references(document) if not found(document, each)]
        assert missing == []


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def found(document: Any, reference: str) -> bool:
    for step in reference.removeprefix("#/").split("/"):
        if not isinstance(document, dict) or step not in document:
            return False
        document = document[step]
    return True


def test_openapi_has_the_webhooks_and_every_way_to_be_refused_has_an_example() -> None:
    document = json.loads(files()["openapi.json"])

    assert document["openapi"].startswith("3.1.")
    assert set(document["webhooks"]) == set(KINDS)
    assert len(REFUSED) == len({each.detail for each in REFUSED.values()})
