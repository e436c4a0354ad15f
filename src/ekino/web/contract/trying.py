"""Requests that are answered with the codes of keys and of the test register."""

from ekino.access.service.enrolment import CODES_MAX
from ekino.kernel.errors import (
    Broken,
    EkinoError,
    Malformed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Pushback,
    Refused,
    TooOften,
)

_SIGNED = "Content-Digest: …\nSignature-Input: …\nSignature: …"
_ENROL = (
    f"POST /v1/keys\nContent-Type: application/json\n{_SIGNED}\n\n"
    '{"key_id": "test.vendor.example/till-1", "public_key": "…", "code": "K7QX4-M2P9T"}'
)
_ROTATE = (
    f"POST /v1/keys\nContent-Type: application/json\n{_SIGNED}\n\n"
    '{"key_id": "vendor.example/batch-2", "public_key": "…", '
    '"replaces": "vendor.example/batch-1", "signature": "…"}'
)
_SOURCE = (
    'POST /v1/sources\n…\n\n{"sources": [{"code": "vendor", "name": "Vendor", '
    '"keys": [{"key_id": "test.vendor.example/till-1", …}]}]}'
)


def _simulated(fault: str) -> str:
    return (
        f"POST /v1/batches\nContent-Type: application/json\nEKino-Simulate: {fault}\n"
        f'{_SIGNED}\n\n{{"events": […]}}'
    )


TRYING: dict[str, tuple[type[EkinoError], str, str]] = {
    "enrolment_code_wrong": (
        NotAuthenticated,
        _ENROL,
        "this code is unknown, used or over: have a new one made",
    ),
    "key_id_differs": (
        NotAuthenticated,
        _ROTATE,
        "keyid='vendor.example/batch-2' signs, and 'vendor.example/batch-1' is replaced",
    ),
    "possession_not_proven": (
        NotAuthenticated,
        _ROTATE,
        "the new key's signature over ekino-key-v1 does not fit",
    ),
    "key_replaced": (
        NotAllowed,
        _ROTATE,
        "key 'vendor.example/batch-3' has taken the place of 'vendor.example/batch-1' already",
    ),
    "key_of_the_test_register": (
        Refused,
        _SOURCE,
        (
            "'test.vendor.example/till-1' names a key of the test register; no live key "
            "begins so"
        ),
    ),
    "source_unknown": (Refused, _ENROL, "no source 'vendor' is registered"),
    "too_many_codes": (Pushback, _ENROL, f"{CODES_MAX} codes of 'vendor' wait to be used"),
    "test_mode_off": (NotFound, _ENROL, "there is no test register here"),
    "test_register_opens": (Pushback, _ENROL, "the test register is about to open"),
    "simulated_limit": (
        TooOften,
        _simulated("429"),
        "you asked for this limit (EKino-Simulate: 429)",
    ),
    "simulated_failure": (
        Broken,
        _simulated("500"),
        "you asked for this failure (EKino-Simulate: 500)",
    ),
    "simulated_timeout": (
        Pushback,
        _simulated("timeout"),
        "the answer that you asked not to get (EKino-Simulate: timeout)",
    ),
    "simulation_unknown": (
        Malformed,
        _simulated("teapot"),
        "EKino-Simulate: 'teapot'; there are 429, 500, timeout, slow",
    ),
}
