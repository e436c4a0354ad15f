"""A command line that answers at once (150 ms): loading a command loads nothing heavy."""

import subprocess
import sys

import pytest

from ekino.cli.main import COMMANDS

# What takes tens of milliseconds to load each; a command imports them inside, when it runs.
# A list and not a clock: a busy machine would fail a test that measures.
HEAVY = (
    "asyncio",
    "babel",
    "cryptography",
    "email",
    "http.client",
    "jinja2",
    "msgspec",
    "nacl",
    "psycopg",
    "rich",
    "starlette",
    "structlog",
    "uvicorn",
)


@pytest.mark.parametrize("command", [*COMMANDS, "--help"])
def test_a_command_is_loaded_without_anything_heavy(command: str) -> None:
    module = COMMANDS[command][0] if command in COMMANDS else "ekino.cli.main"
    program = (
        f"import sys; import {module}; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
