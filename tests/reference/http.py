"""docs/reference/http.md: every address of the API, from the OpenAPI document."""

from typing import Any

from ekino.web import openapi
from reference.markdown import code, page, table


def http() -> str:
    """Write the page."""
    document = openapi.document("")
    parts = [
        describe(path, method, operation)
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    ]
    return page(
        "HTTP",
        "The same, for programs: `GET /openapi.json`.\n"
        "Signed requests carry `Content-Digest`, `Signature-Input` and `Signature` by RFC 9421;"
        " [SECURITY.md](../../SECURITY.md) says what they prove.\n"
        "What an event may hold is in [events](events.md), what becomes of it in"
        " [outcomes](outcomes.md), what an error looks like in [errors](errors.md).",
        *parts,
    )


def describe(path: str, method: str, operation: dict[str, Any]) -> str:
    """Write one operation: what it does, what it takes, how it answers."""
    lines = [f"## {method.upper()} {path}", f"{operation['summary']}."]
    if description := operation.get("description"):
        lines.append(str(description))
    parameters = [
        (code(each["name"]), each["in"], schema_words(each["schema"]))
        for each in operation.get("parameters", [])
    ]
    if parameters:
        lines.append(table(("Parameter", "In", "Is"), parameters))
    answers = [
        (number, answer["description"]) for number, answer in operation["responses"].items()
    ]
    lines.append(table(("Answer", "Means"), answers))
    return "\n\n".join(lines)


def schema_words(schema: dict[str, Any]) -> str:
    """Write a parameter's schema in a few words."""
    if "enum" in schema:
        return ", ".join(code(each) for each in schema["enum"])
    words = [str(schema.get("type", "")), str(schema.get("format", ""))]
    words += [
        f"{sign} {schema[name]}"
        for name, sign in (("minimum", "≥"), ("maximum", "≤"))
        if name in schema
    ]
    return " ".join(word for word in words if word)
