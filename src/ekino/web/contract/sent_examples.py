"""An example of every JSON body that programs send, and of the answers that matter most."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ekino.web.contract.examples import CATALOG, ENTERED
from ekino.web.contract.schemas import REPORT, example_answer

_KEY = "IZ6cE1ozJjEsLM93Sd2QKmWczizHmmD4mOAbujcJvIE="
_PROOF = (
    "zczHSFK7iPYppqXUJD+ounE6rGOMBqhIsMAaTNtKnLUEGR4K4TjqoVrufPHJ/SIgAMwkRXsTn2qGgB6h"
    "rbHwCQ=="
)
_TOLD_AT = "2026-11-20T18:10:00.120000Z"

# By the operation's name in /openapi.json.
SENT: Mapping[str, Any] = MappingProxyType(
    {
        "postBatch": {"events": [dict(each) for each in ENTERED[:2]]},
        "postCatalog": dict(CATALOG),
        "postSources": {
            "sources": [
                {
                    "code": "vendor",
                    "name": "Vendor's system at Aqtau 1",
                    "vendor": "Vendor",
                    "may_announce": True,
                    "halls": [{"venue": "aqtau-1", "hall": "1"}],
                    "keys": [{"key_id": "vendor.example/batch-1", "public_key": _KEY}],
                }
            ]
        },
        "postPeople": {
            "people": [
                {
                    "name": "Aigerim Seitova",
                    "email": "aigerim@vendor.example",
                    "language": "kk",
                    "roles": [{"role": "vendor", "organisation": "vendor"}],
                }
            ]
        },
        "postPeopleLink": {"email": "aigerim@vendor.example", "kind": "invitation"},
        "postKey": {
            "key_id": "vendor.example/till-1",
            "public_key": _KEY,
            "replaces": "vendor.example/till-0",
            "signature": _PROOF,
            "overlap_s": 604_800,
        },
        "beginCertification": {
            "product": "Example POS",
            "version": "4.2",
            "preset": "counter",
        },
        "takeCertificationStep": {"do": "again"},
        "answerClaim": {"words": "The ticket was sold at 19:02; its sale waits in the till."},
        "postFeedReport": REPORT,
    }
)  # fmt: skip
ANSWERED: Mapping[str, Any] = MappingProxyType(
    {
        "postBatch": example_answer(),
        "postCatalog": {"films": {"added": 1, "changed": 0, "same": 0}},
        "postKey": {
            "key_id": "vendor.example/till-1",
            "environment": "live",
            "source": "vendor",
            "source_name": "Vendor's system at Aqtau 1",
            "may_announce": True,
            "halls": [{"venue": "aqtau-1", "hall": "1"}],
            "valid_until": "2027-11-20T00:00:00.000000Z",
            "replaces": "vendor.example/till-0",
            "overlap_until": "2026-11-27T12:20:03.000000Z",
            "server_time": "2026-11-20T12:20:03.000000Z",
        },
        "postFeedReport": {
            "recorded_at": _TOLD_AT,
            "register_size": 58_213,
            "clock_ahead_s": 0.4,
            "missing": [{"first": 17, "last": 19, "venue": "aqtau-1"}],
            "days": [
                {
                    "venue": "aqtau-1",
                    "business_date": "2026-11-20",
                    "declared": {"tickets": 120, "gross_minor": 30_000_000},
                    "registered": {
                        "tickets": 118,
                        "gross_minor": 29_500_000,
                        "as_of": 58_213,
                    },
                    "state": "differs",
                }
            ],
        },
    }
)
