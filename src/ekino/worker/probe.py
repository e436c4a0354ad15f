"""A look at what no database tells: whether the web answers, and how old the checkpoint is."""

import json
import time
from http.client import HTTPException
from urllib.request import urlopen

from ekino.settings import Settings

# A web that answers later than this is not there for a reader either.
_WAIT_S = 5.0


class Probe:
    """Asks the web for its health as a reader would, and the log's folder for its checkpoint."""

    def __init__(self, settings: Settings) -> None:
        """Look where these settings say that the web and the log are."""
        self._settings = settings

    def __call__(self) -> tuple[bool, float | None]:
        """Give whether the web answers, and the checkpoint's age in seconds; None: none."""
        return self._is_web_up(), self._checkpoint_age_s()

    def _is_web_up(self) -> bool:
        address = self._settings.public_url or self._own_address()
        if not address.startswith(("http://", "https://")):
            return False
        try:
            with urlopen(f"{address.rstrip('/')}/health", timeout=_WAIT_S) as answer:  # noqa: S310 - checked above
                return bool(answer.status == 200)  # noqa: PLR2004 - OK
        except (OSError, HTTPException, ValueError):
            return False

    def _own_address(self) -> str:
        """Give the address at which the web of this machine says that it serves."""
        try:
            text = (self._settings.data_dir / "run" / "web.json").read_text("utf-8")
            return str(json.loads(text)["url"])
        except (OSError, ValueError, KeyError):
            return ""

    def _checkpoint_age_s(self) -> float | None:
        try:
            written_at = (self._settings.log_dir / "checkpoint").stat().st_mtime
        except OSError:
            return None
        return max(0.0, time.time() - written_at)
