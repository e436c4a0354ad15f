"""A vendor of the country has its system certified, as any vendor would: test key, kit, tests."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx2
import msgspec

from ekino_demo.country.people import PEOPLE
from ekino_demo.country.places import TIMEZONE, software_of
from ekino_demo.explain import Visitor
from ekino_demo.network import LineError

# The evening comes first: what was sold before is looked at meanwhile.
_BEGINS_AFTER_S = 15.0
_AGAIN_AFTER_S = 30.0
_TRIES_MAX = 3
# A certification takes about a minute; one that hangs is given up.
_STEP_WAIT_S = 600.0
_LOWEST_PRIORITY = 19
_CODE = re.compile(r'class="dev-secret"><code>([^<]+)</code>')
_VENUE = re.compile(r"<code>(test-[^<]+-1)</code>")
_SOURCE = re.compile(r'<option value="(test-[^"]+)"')


class Certifying:
    """
    Takes the vendor's system through the whole certification once a country, in the background.

    The till is the kit's own command, `ekino-till`, in a process of the lowest priority; its
    key is enrolled with a code from the vendor's page. Nothing of the evening waits for it.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        enter: Callable[[str], str],
        *,
        tell: Callable[..., None],
    ) -> None:
        """Take the register, the country's folder, its door, and what tells the parent."""
        self._url = url
        self._folder = folder
        self._enter = enter
        self._tell = tell
        self._vendor = next(each for each in PEOPLE if each.role == "vendor")
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="certifying", daemon=True)

    def start(self) -> None:
        """Begin, unless the country has done it before."""
        if not self._done.exists():
            self._thread.start()

    def close(self) -> None:
        """Stop where it stands; the country's next play begins it anew."""
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                self._process.kill()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def _done(self) -> Path:
        return self._folder / "certified.json"

    def _run(self) -> None:
        wait_s = _BEGINS_AFTER_S
        for _ in range(_TRIES_MAX):
            if self._stopping.wait(wait_s):
                return
            try:
                run = self._certify()
            except (LineError, httpx2.HTTPError) as error:
                # The evening goes on without a certificate.
                words = f"certifying: {error}"
                print(words, file=sys.stderr, flush=True)  # noqa: T201 - the log
            else:
                self._done.write_bytes(msgspec.json.encode(run))
                self._tell(state="certified", vendor=run["vendor"], **self._software)
                return
            wait_s = _AGAIN_AFTER_S

    @property
    def _software(self) -> dict[str, str]:
        return software_of(self._vendor.organisation)

    def _certify(self) -> dict[str, str]:
        # A till that was left half way is left: another has a key of its own.
        tills = self._folder / "certifying"
        till = tills / f"till-{len(list(tills.glob('till-*'))) + 1}"
        code, venue = self._ask_for_code()
        key = f"test.{self._vendor.organisation}/{till.name}"
        self._kit(
            till, "init", "--register", self._url, "--key", key, "--venue", venue,
            "--code", code, "--timezone", TIMEZONE,
        )  # fmt: skip
        software = self._software
        run = self._kit(
            till, "certify", "--product", software["product"],
            "--version", software["version"], "--preset", "full",
        )  # fmt: skip
        return {name: str(run[name]) for name in ("reference", "vendor", "state")}

    def _ask_for_code(self) -> tuple[str, str]:
        """Sign in as the vendor and give a one-time code and the venue of its test source."""
        vendor = Visitor(self._url, self._enter(self._vendor.email))
        try:
            venue = _VENUE.search(vendor.read("/dev/test"))
            page = vendor.read("/dev/keys?mode=test")
            source = _SOURCE.search(page)
            if venue is None or source is None:
                raise LineError("the vendor has nothing in the test register yet")
            made = vendor.fill("/dev/keys?mode=test", page, mode="test", source=source[1])
            code = _CODE.search(made)
            if code is None:
                raise LineError("the vendor's page gives no code")
        finally:
            vendor.close()
        return code[1], venue[1]

    def _kit(self, till: Path, *words: str) -> dict[str, object]:
        """Run the kit's command to its end and give what it says."""
        command = [sys.executable, "-m", "ekino_till", *words, "--folder", str(till)]
        with self._lock:
            if self._stopping.is_set():
                raise LineError("told to stop")
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _LOWEST_PRIORITY)
        try:
            told, trouble = self._process.communicate(timeout=_STEP_WAIT_S)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.communicate()
            raise LineError(f"{words[0]} has not ended") from error
        if self._process.returncode:
            raise LineError(f"{words[0]}: {self._process.returncode} {trouble or told}")
        return dict(msgspec.json.decode(told))
