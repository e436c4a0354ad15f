"""Collections of requests for Postman and Bruno, made from the OpenAPI document."""

import io
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from ekino.web.contract.described import Operation, Parameter, operations

POSTMAN = "ekino.postman_collection.json"
BRUNO = "ekino-bruno.zip"
# What signs, and where each program has what is signed and wants its headers.
_SCRIPTS = Path(__file__).parent / "collected"
_NAMES = UUID("6f1dbd0a-58a6-4c1c-9b39-2d9a52c0a6d4")
_POSTMAN_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# What the script fills in; the place shows that the request is signed.
_MADE = "made by the script"
_BY_SCRIPT = ("Content-Digest", "Signature-Input", "Signature")
_ABOUT = (
    "Set origin to the register's address, key_id to your key's name and private_key to the key "
    "(PEM, or base64 of its 32 bytes): /dev/keys gives a code for a test key. A script signs "
    "every request that wants it."
)
_VARIABLES = {
    "origin": "http://127.0.0.1:8000",
    "key_id": "test.vendor.example/till-1",
    "private_key": "",
}
# What stands for a part of an address until somebody writes another.
_VALUES: Mapping[str, str] = {
    "kind": "showings", "reference": "7Q2M4RXT9K", "test": "one_ticket", "path": "0/000",
    "position": "0", "token": "AHGTCKIU", "connector": "1", "by": "film",
}  # fmt: skip


@cache
def collections(document_text: str) -> Mapping[str, str]:
    """Give the text of every file of the collections by its path, from the document's text."""
    found = operations(json.loads(document_text))
    return {f"collection/{POSTMAN}": _postman(found), **_bruno(found)}


def script_for(program: str) -> str:
    """Give the script that signs a request before it is sent, for `bruno` or `postman`."""
    parts = ("sign.js", f"in_{program}.js")
    return "".join((_SCRIPTS / each).read_text("utf-8") for each in parts)


def zipped(files: Mapping[str, str]) -> bytes:
    """Give Bruno's files as an archive; asked twice, the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            if name.startswith("collection/bruno/"):
                archive.writestr(
                    zipfile.ZipInfo(name.removeprefix("collection/bruno/")), text
                )
    return content.getvalue()


def _url(each: Operation) -> str:
    """Give the address with variables in its places."""
    return "{{origin}}" + each.path.replace("{", "{{").replace("}", "}}")


def _query(each: Operation) -> list[Parameter]:
    return [one for one in each.parameters if one.place == "query"]


def _headers(each: Operation) -> dict[str, str]:
    headers = {}
    if each.is_signed:
        headers = {"Content-Type": "application/json", **dict.fromkeys(_BY_SCRIPT, _MADE)}
    elif each.body is not None:
        headers = {"Content-Type": each.body.media_type}
    return headers


def _used(found: list[Operation]) -> dict[str, str]:
    """Give the variables of addresses with a value to begin with."""
    names = {one.name for each in found for one in each.parameters if one.place == "path"}
    return {name: _VALUES[name] for name in sorted(names)}


def _postman(found: list[Operation]) -> str:
    script = script_for("postman").splitlines()
    document: dict[str, Any] = {
        "info": {
            "_postman_id": str(uuid5(_NAMES, "e-Kino")),
            "name": "e-Kino",
            "description": _ABOUT,
            "schema": _POSTMAN_SCHEMA,
        },
        "event": [
            {
                "listen": "prerequest",
                "script": {"type": "text/javascript", "exec": script},
            }
        ],
        "variable": [
            {"key": name, "value": value}
            for name, value in (_VARIABLES | _used(found)).items()
        ],
        "item": [_postman_request(each) for each in found],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _postman_request(each: Operation) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": each.method,
        "description": f"{each.summary}.",
        "header": [{"key": name, "value": value} for name, value in _headers(each).items()],
        "url": {
            "raw": _url(each),
            "host": ["{{origin}}"],
            "path": _url(each).split("/")[1:],
            "query": [
                {
                    "key": one.name,
                    "value": _VALUES.get(one.name, ""),
                    "disabled": not one.is_required,
                }
                for one in _query(each)
            ],
        },
    }
    if each.body is not None:
        request["body"] = {
            "mode": "raw",
            "raw": each.body.example,
            "options": {"raw": {"language": "json"}},
        }
    return {"name": f"{each.method} {each.path}", "request": request, "response": []}


def _bruno(found: list[Operation]) -> dict[str, str]:
    """Give a folder that Bruno opens: a file for each request, one that signs, one of variables."""
    folder = "collection/bruno"
    settings = {"version": "1", "name": "e-Kino", "type": "collection", "ignore": []}
    files = {f"{folder}/bruno.json": json.dumps(settings, indent=1) + "\n"}
    files[f"{folder}/collection.bru"] = "\n\n".join(
        (_block("script:pre-request", script_for("bruno")), _block("docs", _ABOUT))
    ) + "\n"  # fmt: skip
    plain = (_VARIABLES | _used(found)).items()
    told = "\n".join(f"{name}: {value}" for name, value in plain if name != "private_key")
    files[f"{folder}/environments/local.bru"] = (
        f"{_block('vars', told)}\nvars:secret [\n  private_key\n]\n"
    )
    for place, each in enumerate(found, start=1):
        files[f"{folder}/{each.name}.bru"] = _bruno_request(place, each)
    return files


def _bruno_request(place: int, each: Operation) -> str:
    is_json = each.body is not None and bool(each.body.example)
    body = "json" if is_json else "none" if each.body is None else "text"
    parts = [
        _block("meta", f"name: {each.method} {each.path}\ntype: http\nseq: {place}"),
        _block(each.method.lower(), f"url: {_url(each)}\nbody: {body}\nauth: none"),
    ]
    if query := _query(each):
        lines = (
            f"{'' if one.is_required else '~'}{one.name}: {_VALUES.get(one.name, '')}"
            for one in query
        )
        parts.append(_block("params:query", "\n".join(lines)))
    if headers := _headers(each):
        lines = (f"{name}: {value}" for name, value in headers.items())
        parts.append(_block("headers", "\n".join(lines)))
    if each.body is not None and body != "none":
        parts.append(_block(f"body:{body}", each.body.example))
    parts.append(_block("docs", f"{each.summary}."))
    return "\n\n".join(parts) + "\n"


def _block(name: str, text: str) -> str:
    inside = "\n".join(f"  {line}" if line else "" for line in text.strip().split("\n"))
    return f"{name} {{\n{inside}\n}}"
