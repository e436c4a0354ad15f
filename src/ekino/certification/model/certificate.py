"""The certificate: what is signed, byte by byte, and how anybody checks it without us."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ekino.certification.model.run import Run
from ekino.certification.model.scene import Attempt
from ekino.proofs.note import (
    NoteMalformed,
    NoteUnproved,
    read_note,
    read_vkey,
    verify_note,
)
from ekino.proofs.signatures import CHECKS

FORMAT = "ekino-certificate-v1"


def log_sha256(attempts: Iterable[Attempt]) -> str:
    """Give the hash of a run's log: one line a request, in the order in which they came."""
    digest = hashlib.sha256()
    for each in attempts:
        line = f"{each.request_id} {each.body_sha256} {each.answer} {each.code}\n"
        digest.update(line.encode())
    return digest.hexdigest()


def text_of(members: Mapping[str, Any]) -> str:
    """Give the text that is signed: a line with the form's name, and one of canonical JSON."""
    plain = json.dumps(
        members, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
    )
    return f"{FORMAT}\n{plain}\n"


def members_of(
    run: Run, *, issued_at: datetime, ends_date: date, log: str, register: str
) -> dict[str, Any]:
    """Give what a certificate says of a run whose every level is earned."""
    return {
        "format": FORMAT,
        "reference": run.reference,
        "vendor": run.vendor,
        "product": run.product,
        "version": run.version,
        "levels": [level.value for level in run.earned],
        "tests": {test.value: state.value for test, state in run.states.items()},
        "issued_at": issued_at.isoformat(timespec="seconds"),
        "ends_date": ends_date.isoformat(),
        "log_sha256": log,
        "register": register,
    }


class Unproved(ValueError):
    """No certificate, or one that the register did not sign."""


def read_certificate(document: Any, vkey: str) -> dict[str, Any]:
    """
    Give what a certificate says, when this key signed exactly that; `Unproved` otherwise.

    `document` is the file as JSON: `certificate` for readers, and `note` with what was signed.
    """
    if not isinstance(document, dict) or not isinstance(document.get("note"), str):
        message = "the file has no member `note`"
        raise Unproved(message)
    try:
        note = read_note(document["note"].encode())
        verify_note(note, [read_vkey(vkey)], CHECKS)
    except (NoteMalformed, NoteUnproved) as error:
        raise Unproved(str(error)) from error
    head, _, line = note.text.partition("\n")
    if head != FORMAT:
        message = f"what was signed begins with {head[:40]!r}, not {FORMAT!r}"
        raise Unproved(message)
    members = json.loads(line)
    if not isinstance(members, dict) or members != document.get("certificate"):
        message = "`certificate` is not what was signed"
        raise Unproved(message)
    return members
