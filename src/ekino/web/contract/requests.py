"""For each code of an error, a request that is answered with it, and the sentence it is told."""

from collections.abc import Mapping
from types import MappingProxyType

from ekino.ingest.model import BATCH_EVENTS_MAX, BODY_BYTES_MAX
from ekino.kernel.errors import (
    Broken,
    EkinoError,
    Malformed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Problem,
    Pushback,
    Quota,
    Refused,
    TooLarge,
    TooOften,
    WrongMediaType,
)
from ekino.web.contract.tests_and_files import CERTIFICATION, FILES
from ekino.web.contract.trying import TRYING

# The form of every signed request; each example below shows where it went wrong.
_SIGNED = (
    'Signature-Input: ekino=("@method" "@target-uri" "content-digest" "content-type")'
    ';created=1795183347;keyid="vendor.example/till-1";alg="ed25519"'
    ';nonce="AAECAwQFBgcICQoL";tag="ekino-ingest"'
)
_DIGEST = "Content-Digest: sha-256=:1gU92iYNp3jcrZhDTBpnKv0xeAXRB5tzWqh5Q7RU5s8=:"
_SIGNATURE = (
    "Signature: ekino=:Xm0J5m7d0GZ9C5Qm1H2rB0p3oW8u6x4v2t0s8r6q4p2o0n8m6l4k2j0i8h6g4f2e0d8c"
    "6b4a2Z0Y8X6W4V2U0A==:"
)
_BATCH = (
    f"POST /v1/batches\nContent-Type: application/json\n{_DIGEST}\n{_SIGNED}\n{_SIGNATURE}\n\n"
    '{"events": [{"kind": "sold", "sequence": 2, …}]}'
)
_KEYS = (
    "POST /v1/sources\n…\n\n"
    '{"sources": [{"code": "vendor", "name": "Vendor", "keys": [{"key_id": …}]}]}'
)
_CATALOG = 'POST /v1/catalog\n…\n\n{"venues": [{"code": "aqtau-1", …}], "halls": […]}'
_ANSWER = 'POST /v1/claims/K7Q2M-4RXTD/answer\n…\n\n{"state": "answered", "words": "…"}'

_Shown = tuple[type[EkinoError], str, str]


def _but(old: str, new: str) -> str:
    return _BATCH.replace(old, new)


_SIGNING: dict[str, _Shown] = {
    "signature_missing": (
        NotAuthenticated,
        _but(f"\n{_SIGNED}\n{_SIGNATURE}", ""),
        "the request is not signed: it wants Signature-Input and Signature",
    ),
    "signature_malformed": (
        NotAuthenticated,
        _but('alg="ed25519"', 'alg="rsa-pss-sha512"'),
        'alg must be "ed25519" and tag "ekino-ingest"',
    ),
    "digest_mismatch": (
        NotAuthenticated,
        _but("…}]}", "…}]}\n(one byte more than was digested)"),
        "the body is not the one that Content-Digest names",
    ),
    "key_unknown": (
        NotAuthenticated,
        _but("till-1", "till-7"),
        "no key 'vendor.example/till-7' is registered",
    ),
    "key_revoked": (
        NotAuthenticated,
        _BATCH,
        "key 'vendor.example/till-1' was revoked at 2026-11-19T08:00:00+00:00",
    ),
    "key_expired": (
        NotAuthenticated,
        _BATCH,
        (
            "key 'vendor.example/till-1' is valid from 2024-11-01T00:00:00+00:00 until "
            "2026-11-01T00:00:00+00:00"
        ),
    ),
    "key_signs_no_requests": (
        NotAuthenticated,
        _but("vendor.example/till-1", "vendor.example/tickets-1"),
        "key 'vendor.example/tickets-1' is of kind till: it signs no requests",
    ),
    "source_suspended": (
        NotAuthenticated,
        _BATCH,
        "source 'vendor' is suspended: ask the operator",
    ),
    "key_address_not_allowed": (
        NotAuthenticated,
        _BATCH,
        "key 'vendor.example/till-1' may not be used from 198.51.100.7",
    ),
    "created_out_of_window": (
        NotAuthenticated,
        _but("created=1795183347", "created=1795179747"),
        (
            "created=1795179747 is 3600 s before the register's clock, which says 1795183347; "
            "accepted are 300 s before to 60 s ahead"
        ),
    ),
    "signature_wrong": (
        NotAuthenticated,
        _BATCH,
        (
            'the signature does not fit; what we would have signed was "@method": POST\n'
            '"@target-uri": https://ekino.example/v1/batches\n…'
        ),
    ),
    "nonce_used": (
        NotAuthenticated,
        _BATCH,
        "this nonce was used already: make a new one for every request",
    ),
    "source_key_needed": (
        NotAuthenticated,
        _but("vendor.example/till-1", "operator/local"),
        "batches are taken from sources, and this key is of none",
    ),
    "source_only": (
        NotAllowed,
        "GET /v1/claims\n…",
        "this is no source's key; only a seller answers for its tickets",
    ),
    "operator_only": (
        NotAllowed,
        _CATALOG,
        "this is a key of kind batch; an operator's key is needed",
    ),
    "entry_of_another": (
        NotAllowed,
        "GET /v1/entries/41\n…",
        "entry 41 was sent by another source",
    ),
    "not_authenticated": (NotAuthenticated, _BATCH, "we do not know who asks"),
    "not_allowed": (NotAllowed, _BATCH, "this key may not do this"),
}
_BODY: dict[str, _Shown] = {
    "content_type_unknown": (
        WrongMediaType,
        _but("application/json", "text/xml"),
        "Content-Type 'text/xml' is not read here; send application/json",
    ),
    "content_encoding_unknown": (
        WrongMediaType,
        _but("\n\n", "\nContent-Encoding: br\n\n"),
        "Content-Encoding 'br' is not read; send gzip, zstd or none",
    ),
    "body_too_large": (
        TooLarge,
        _but("\n\n", "\nContent-Length: 3145728\n\n"),
        f"the body has more than {BODY_BYTES_MAX} bytes",
    ),
    "body_bytes_max": (
        TooLarge,
        _but("\n\n", "\nContent-Length: 3145728\n\n"),
        f"the body has more than {BODY_BYTES_MAX} bytes",
    ),
    "body_is_malformed": (
        Malformed,
        _but("\n\n", "\nContent-Encoding: gzip\n\n"),
        "the body is not gzip: incorrect header check",
    ),
    "batch_is_malformed": (
        Malformed,
        _but('{"events": [{"kind": "sold", "sequence": 2, …}]}', "kind;sequence\nsold;2"),
        "the body is not a batch of events: JSON is malformed: invalid character (byte 0)",
    ),
    "batch_has_too_many_events": (
        Malformed,
        _but("…}]}", "…}, … 1001 events]}"),
        f"the batch has 1001 events; at most {BATCH_EVENTS_MAX} are taken",
    ),
    "batch_events_max": (
        Malformed,
        _but("…}]}", "…}, … 1001 events]}"),
        f"the batch has 1001 events; at most {BATCH_EVENTS_MAX} are taken",
    ),
    "wrong_media_type": (WrongMediaType, _BATCH, "this form is not read here"),
    "malformed": (Malformed, _BATCH, "what was sent cannot be read"),
    "too_large": (TooLarge, _BATCH, "what was sent is over a named limit"),
    "refused": (Refused, _BATCH, "the request is refused"),
}
_LATER: dict[str, _Shown] = {
    "too_many_waiting": (Pushback, _BATCH, "512 batches wait already"),
    "answer_late": (Pushback, _BATCH, "the batch still waits; sending it again is safe"),
    "too_many_signed_requests": (
        Pushback,
        _BATCH,
        "500000 signed requests came within 360 s",
    ),
    "too_often": (TooOften, "GET /check?id=7Q2M-4RXT", "you ask oftener than is allowed"),
    "too_many_attempts": (TooOften, "POST /sign-in", "there were too many attempts"),
    "database_away": (Pushback, _BATCH, "the database is away"),
    "database_busy": (Pushback, "GET /v1/totals?by=film", "the database is busy"),
    "try_again_later": (Pushback, _BATCH, "we cannot take this now"),
    "live_is_full": (Pushback, "GET /live\nAccept: text/event-stream", "the house is full"),
    "broken": (Broken, _BATCH, "Something of ours is broken."),
}
_ADDRESS: dict[str, _Shown] = {
    "not_found": (NotFound, "GET /v1/batch", "Not Found"),
    "method_not_allowed": (NotFound, "GET /v1/batches", "Method Not Allowed"),
    "address_malformed": (Malformed, "GET /v1/catalog/%FF", "the address is not UTF-8"),
    "parameter_malformed": (
        Refused,
        "GET /v1/totals?by=film&from=20.11.2026",
        "from='20.11.2026' is no date",
    ),
    "dimension_unknown": (
        Refused,
        "GET /v1/totals?by=screen",
        "'screen' is nothing that totals are grouped by",
    ),
    "span_out_of_bounds": (
        Refused,
        "GET /v1/totals?by=day&from=2026-11-20&to=2026-11-01",
        "from 2026-11-20 is not before 2026-11-01",
    ),
    "api_version_unknown": (
        Malformed,
        "GET /v1/totals?by=film\nEKino-Version: 2025-01-01",
        "EKino-Version: '2025-01-01' is no version; there are 2026-11-01",
    ),
    "not_public": (
        NotAllowed,
        "GET /v1/totals?by=venue",
        "figures by venue are not public",
    ),
}
_LOG: dict[str, _Shown] = {
    "checkpoint_not_found": (NotFound, "GET /log/checkpoint", "there is none yet"),
    "tile_not_found": (NotFound, "GET /log/tile/0/x001/234", "the log has no such tile"),
    "position_not_found": (
        NotFound,
        "GET /v1/proof/9000000",
        "the register has no position 9000000",
    ),
    "proof_not_yet": (
        Pushback,
        "GET /v1/proof/5871",
        "position 5871 is in no checkpoint yet",
    ),
}
_REPORT = (
    "POST /v1/feeds/report\n…\n\n"
    '{"software": {"product": "Example POS", "version": "4.2"}, "sent_at": "…", …}'
)
_REPORTS: dict[str, _Shown] = {
    "report_is_malformed": (Malformed, _REPORT, "no report: Object missing field sent_at"),
    "source_may_not_speak_for_venue": (
        NotAllowed,
        _REPORT,
        "this source may not speak for 'aqtau-2'",
    ),
}
_TICKET: dict[str, _Shown] = {
    "ticket_unreadable": (NotFound, "GET /t/ABC", "this is no ticket's code"),
    "claim_not_found": (NotFound, _ANSWER, "there is no claim K7Q2M-4RXTD of yours"),
    "claim_has_no_reason": (
        Refused,
        "POST /t/…/claim",
        "the ticket is genuine: a claim has no reason",
    ),
    "answer_is_malformed": (Malformed, _ANSWER, "the answer cannot be read"),
    **{
        code: (Refused, _ANSWER, f"claim K7Q2M-4RXTD cannot be answered ({code})")
        for code in (
            "claim_state_does_not_allow_it",
            "claim_step_is_anothers",
            "seller_may_still_answer",
            "claim_words_missing",
        )
    },
}
_OPERATOR: dict[str, _Shown] = {
    "kind_unknown": (Refused, "GET /v1/catalog/screens", "the catalog has no 'screens'"),
    "document_is_malformed": (
        Malformed,
        _CATALOG,
        "the document cannot be read: Object missing required field `name`",
    ),
    "document_refused": (Refused, _CATALOG, "2 rows are wrong; nothing was entered"),
    "document_too_large": (
        Malformed,
        _CATALOG,
        "a document has at most 33554432 bytes, this has 40000000",
    ),
    "row_is_malformed": (Refused, _CATALOG, "'Asia/Aqtaw' is no time zone"),
    "row_given_twice": (Refused, _CATALOG, "venue 'aqtau-1' stands here twice"),
    "identifier_taken": (Refused, _CATALOG, "the identifier belongs to film 'evening'"),
    "regions_not_shipped": (Refused, _CATALOG, "the regions of 'XX' are not shipped"),
    "currency_unknown": (Refused, _CATALOG, "'KZ' is no currency"),
    "timezone_unknown": (Refused, _CATALOG, "'Asia/Aqtaw' is no time zone"),
    "sources_refused": (Refused, _KEYS, "1 source is wrong; nothing was registered"),
    "key_taken": (Refused, _KEYS, "key 'vendor.example/till-1' is registered already"),
    "key_id_taken": (Refused, _KEYS, "another key has the id 1f00a3c2"),
    "key_name_malformed": (Refused, _KEYS, "'till one' is no name of a key"),
    "key_time_out_of_bounds": (Refused, _KEYS, "a key lives for at most 731 days"),
    "public_key_malformed": (Refused, _KEYS, "a public key has 32 bytes, this has 31"),
    "public_key_weak": (Refused, _KEYS, "this point is of small order"),
    "organisation_unknown": (
        Refused,
        'POST /v1/people\n…\n\n{"people": [{"name": "…", "roles": […]}]}',
        "the catalog has no organisation 'exh-1'",
    ),
    "people_refused": (
        Refused,
        'POST /v1/people\n…\n\n{"people": [{"name": "…", "roles": […]}]}',
        "1 person is wrong; nobody was added",
    ),
    "person_not_found": (
        NotFound,
        'POST /v1/people/links\n…\n\n{"person": 41}',
        "there is no person 41",
    ),
    "person_blocked": (
        Refused,
        'POST /v1/people/links\n…\n\n{"person": 41}',
        "person 41 is blocked",
    ),
}
SHOWN: Mapping[str, _Shown] = MappingProxyType(
    _SIGNING
    | TRYING
    | CERTIFICATION
    | FILES
    | _BODY
    | _LATER
    | _ADDRESS
    | _LOG
    | _TICKET
    | _REPORTS
    | _OPERATOR
)


# Codes that stand in `errors` only: the code of the whole, and where the fault is.
_PARTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "body_bytes_max": ("body_too_large", "", "Send less at once."),
        "batch_events_max": (
            "batch_has_too_many_events",
            "/events",
            f"Send batches of at most {BATCH_EVENTS_MAX} events.",
        ),
        "row_is_malformed": (
            "document_refused",
            "/venues/0/timezone",
            "Use a zone's name of the IANA database.",
        ),
        "column_unknown": ("file_unreadable", "/1", "Name it as the description does."),
        "title_has_several_ids": ("file_unreadable", "/17", "Give each film one id."),
        "row_given_twice": ("document_refused", "/venues/1", "Leave one of the two."),
    }
)


def error_of(code: str) -> EkinoError:
    """Give the error of a code's example, as it would be raised."""
    kind, _, detail = SHOWN[code]
    if issubclass(kind, TooOften):
        return kind(detail, retry_after_s=2, quota=Quota("check", 10, 60), code=code)
    if issubclass(kind, Pushback):
        return kind(detail, retry_after_s=2, code=code)
    if code in _PARTS:
        whole, pointer, fix = _PARTS[code]
        part = Problem(pointer=pointer, code=code, detail=detail, fix=fix)
        return kind(detail, problems=[part], code=whole)
    return kind(detail, code=code)
