"""The API against its own description: no 5xx, and no answer that is not described."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from ekino.db.database import Database
from ekino.settings import Settings
from ekino.web.app import create_app
from factories import a_catalog, a_vendor

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def app(db: Database) -> Starlette:
    a_catalog(db)
    a_vendor(db)
    return create_app(Settings(), db)


def test_every_answer_is_described(app: Starlette) -> None:
    api = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in api.get_all_operations()]  # type: ignore[union-attr]

    for operation in operations:

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.validate_response(case.call(), checks=CHECKS)

        ask()

    assert len(operations) >= 7
