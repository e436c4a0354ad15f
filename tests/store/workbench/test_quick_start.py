"""The quick start, as its page gives it: every command copied, run by a shell, and seen."""

import html
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from ekino.access.model.permissions import RoleName
from ekino.db.database import Database
from ekino.settings import Settings
from ekino.workbench.service import sandbox
from organisations import Trade
from people import COOKIE, a_person, cookie_of, form_token
from store.workbench.test_test_mode import Served

_PRE = re.compile(r'<pre class="dev-code"[^>]*>(.*?)</pre>', re.DOTALL)
_CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")
# From nothing to a ticket that is seen. Source: the integrators' kit, section 11.
QUICK_START_S = 600


@pytest.mark.skipif(
    shutil.which("openssl") is None or shutil.which("curl") is None,
    reason="the quick start uses openssl and curl",
)
def test_every_command_of_the_quick_start_works_as_it_stands(
    db: Database, sandbox_db: Database, tmp_path: Path
) -> None:
    began_s = time.monotonic()
    trade = Trade(db, sales=20)
    served = Served(Settings(data_dir=tmp_path / "data"), db, sandbox_db)
    cookie = cookie_of(db, a_person(db, RoleName.VENDOR, trade.ids["vendor-one"]))
    browser = httpx2.Client(base_url=served.url, cookies={COOKIE: cookie}, timeout=30)
    page = browser.get("/dev/start").text
    key, sale, python, _typescript = (html.unescape(each) for each in _PRE.findall(page))
    own = sandbox.find(sandbox_db, "vendor-one")
    assert own is not None
    made = browser.post(
        "/dev/keys?mode=test",
        data={"form": form_token(cookie), "mode": "test", "source": own.source},
    )
    (code,) = set(_CODE.findall(made.text)) - {"XXXXX-XXXXX"}

    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{key.replace('XXXXX-XXXXX', code)}\n{sale}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    program = subprocess.run(
        [sys.executable, "-c", python],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    seen = browser.get("/dev/events").text
    browser.close()
    served.stop()

    assert '"environment":"test"' in shell
    assert shell.count('"outcomes":["entered"]') == 1
    assert shell.count('"outcomes":["already_entered"]') == 1
    assert "'entered': 1" in program
    assert "T-1" in seen
    assert "T-2" in seen
    assert time.monotonic() - began_s < QUICK_START_S
