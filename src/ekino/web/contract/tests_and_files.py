"""Examples of the codes of certification and of files."""

from ekino.kernel.errors import (
    Broken,
    EkinoError,
    Malformed,
    NotFound,
    Pushback,
    Refused,
    TooOften,
)

_Shown = tuple[type[EkinoError], str, str]
_BATCH = 'POST /v1/batches\n…;keyid="test.vendor.example/till-1";…\n\n{"events": […]}'
_BEGIN = (
    "POST /v1/certification\n…\n\n"
    '{"product": "Example POS", "version": "4.2", "preset": "counter"}'
)
_STEP = 'POST /v1/certification/7Q2M4RXT9K/steps/limit\n…\n\n{"do": "again"}'
_FILE = "POST /v1/files\nContent-Type: text/csv\n…\n\nvenue;showing;ticket;price\n…"

CERTIFICATION: dict[str, _Shown] = {
    "certification_limit": (
        TooOften,
        _BATCH,
        "the limit is reached, as this test wants it",
    ),
    "certification_failure": (
        Broken,
        _BATCH,
        "something of ours fails, as this test wants it",
    ),
    "certification_away": (
        Pushback,
        _BATCH,
        "the register is away, as this test wants it",
    ),
    "certification_refused": (
        Refused,
        _BEGIN.replace("Example POS", ""),
        "product and version have 1 to 60 characters",
    ),
    "certification_has_no_showing": (
        Refused,
        _BEGIN,
        (
            "a certification plays in two showings of one venue: one that begins in an hour or "
            "later, and one that has begun"
        ),
    ),
    "certification_not_found": (
        NotFound,
        "GET /v1/certification/7Q2M4RXT9K\n…",
        "there is no certification '7Q2M4RXT9K'",
    ),
    "certification_is_over": (
        Refused,
        _STEP,
        "certification 7Q2M4RXT9K is certified: begin another",
    ),
    "test_not_found": (
        NotFound,
        _STEP.replace("steps/limit", "steps/limits"),
        "there is no test 'limits' here",
    ),
    "test_key_needed": (
        Refused,
        _BEGIN,
        "a certification is gone through in the test register, with a test key",
    ),
}
FILES: dict[str, _Shown] = {
    "columns_missing": (Malformed, _FILE, "the columns happened_at and hall are missing"),
    "column_unknown": (Malformed, _FILE, "column 'seet' is unknown"),
    "file_too_large": (Malformed, _FILE, "a file has at most 67108864 bytes"),
    "file_unreadable": (Malformed, _FILE, "line 17 is not UTF-8"),
    "title_has_several_ids": (
        Malformed,
        _FILE,
        "'An Evening' stands with the ids 7 and 12",
    ),
    "code_unknown": (Refused, _FILE, "nothing corresponds to venue 'Aqtau One'"),
    "upload_not_found": (NotFound, "GET /v1/files/41\n…", "there is no upload 41"),
    "source_not_found": (NotFound, _FILE, "there is no source 'vendor-7'"),
    "intake_key_missing": (Refused, _FILE, "source 'vendor' has no intake key"),
    "file_quota_used": (
        TooOften,
        _FILE,
        (
            "2000 files of 4096000 bytes were handed in within 24 hours, and this one has 2048; "
            "at most 2000 files of 536870912 bytes are taken"
        ),
    ),
}
