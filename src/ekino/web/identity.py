"""The name of a request: on every answer, in every problem, and in the workbench."""

import os
import time
from typing import Any

from starlette.types import Scope

# Where a request's name stands in its ASGI scope.
REQUEST_ID = "ekino.request_id"
HEADER = "Request-Id"


def new_request_id() -> str:
    """Give a name that sorts by time and that nobody can guess."""
    return f"req_{int(time.time() * 1_000):012x}{os.urandom(8).hex()}"


def request_id_of(scope: Scope) -> str:
    """Give a request's name; it gets one unless it has one."""
    found: Any = scope.get(REQUEST_ID)
    if not found:
        found = scope[REQUEST_ID] = new_request_id()
    return str(found)
