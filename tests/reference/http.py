"""docs/reference/http.md: every address of the API, from the OpenAPI document."""

import re
from collections.abc import Collection, Sequence

from ekino.web.contract import openapi
from ekino.web.contract.described import (
    Answered,
    Body,
    Member,
    Operation,
    Shape,
    operations,
    shapes,
)
from reference.markdown import code, page, table

# Shapes that are published as JSON Schemas of their own, and under which name.
PUBLISHED = {
    "Batch": "batch",
    "BatchAnswer": "batch-answer",
    "FeedReport": "feeds-report",
    "Problem": "problem",
    "Sold": "event-sold",
    "Refunded": "event-refunded",
    "Voided": "event-voided",
    "Corrected": "event-corrected",
    "Admitted": "event-admitted",
    "ShowingAnnounced": "event-showing_announced",
    "ShowingMoved": "event-showing_moved",
    "ShowingCancelled": "event-showing_cancelled",
}
_REFUSED_FROM = 400


def http() -> str:
    """Write the page."""
    document = openapi.document("")
    found = operations(document)
    named = {name for each in found for name in each.shapes}
    known = shapes(document, named)
    names = {each.name for each in known}
    return page(
        "HTTP",
        "The same, for programs: `GET /openapi.json`; for people, on a running register: `/api`.\n"
        "Signed requests carry `Content-Digest`, `Signature-Input` and `Signature` by RFC 9421:"
        " [signatures](signatures.md) has them byte by byte, and [SECURITY.md](../../SECURITY.md)"
        " says what they prove.\n"
        "What an event may hold is in [events](events.md), what becomes of it in"
        " [outcomes](outcomes.md), what an error looks like in [errors](errors.md);"
        " every error's body is [`Problem`](#problem).\n"
        "What is sent and answered is written in the words of JSON Schema; names lead to"
        " [the shapes](#shapes) at the end of the page.",
        *(describe(each, names) for each in found),
        "## Shapes",
        *(describe_shape(each, names) for each in known),
    )


def describe(each: Operation, names: Collection[str]) -> str:
    """Write one operation: what it does, what it takes, how it answers."""
    lines = [f"## {each.method} {each.path}", f"{each.summary}."]
    if each.description:
        lines.append(each.description)
    parameters = [
        (code(found.name), found.place, linked(found.words, names))
        for found in each.parameters
    ]
    if parameters:
        lines.append(table(("Parameter", "In", "Is"), parameters))
    if each.body is not None:
        lines += describe_body("Body", each.body, names)
    lines.append(
        table(
            ("Answer", "Means", "Body"),
            [
                (found.number, found.description, body_words(found, names))
                for found in each.answers
            ],
        )
    )
    for found in each.answers:
        if found.number < _REFUSED_FROM:
            for body in found.bodies:
                if body.members or body.example:
                    lines += describe_body(f"Answer {found.number}", body, names)
    return "\n\n".join(lines)


def describe_body(title: str, body: Body, names: Collection[str]) -> list[str]:
    """Write what a body is, with its members and an example."""
    what = shape_link(body.shape) if body.shape else linked(body.words, names)
    lines = [f"{title}: {code(body.media_type)}, {'as follows' if body.members else what}."]
    if body.members:
        lines.append(members_table(body.members, names))
    if body.example:
        lines.append(f"```json\n{body.example}\n```")
    return lines


def body_words(answer: Answered, names: Collection[str]) -> str:
    """Say what comes with an answer."""
    return ", ".join(
        f"[`{body.shape}`](#{body.shape.lower()})"
        if body.shape
        else ("JSON" if body.members else linked(body.words, names))
        if body.media_type == "application/json"
        else code(body.media_type.partition(";")[0])
        for body in answer.bodies
    )


def shape_link(name: str) -> str:
    """Link to a shape, and to its JSON Schema where it has one."""
    here = f"[`{name}`](#{name.lower()})"
    if name in PUBLISHED:
        here += f" ([JSON Schema](contract/schemas/{PUBLISHED[name]}.json))"
    return here


def describe_shape(shape: Shape, names: Collection[str]) -> str:
    """Write one shape: its promise and its members."""
    lines = [f"### {shape.name}"]
    if shape.description:
        lines.append(shape.description)
    if shape.name in PUBLISHED:
        schema = PUBLISHED[shape.name]
        lines.append(
            f"[JSON Schema](contract/schemas/{schema}.json), served at `/schemas/{schema}.json`."
        )
    lines.append(
        members_table(shape.members, names)
        if shape.members
        else f"{linked(shape.words, names)}."
    )
    return "\n\n".join(lines)


def members_table(members: Sequence[Member], names: Collection[str]) -> str:
    """Write the members of an object."""
    return table(
        ("Member", "Required", "Is"),
        [
            (
                code(each.name),
                "yes" if each.is_required else "",
                linked(each.words, names),
            )
            for each in members
        ],
    )


def linked(words: str, names: Collection[str]) -> str:
    """Turn the names of shapes in a schema's words into links."""
    return re.sub(
        r"\b[A-Z]\w+\b",
        lambda found: (
            f"[{found[0]}](#{found[0].lower()})" if found[0] in names else found[0]
        ),
        words.replace("[ ", "").replace(" ]", ""),
    )
