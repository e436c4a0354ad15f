"""People of the country at the pages of the register: a vendor explains, the ministry answers."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx2

from ekino_demo.country import calendar
from ekino_demo.journal import write_whole
from ekino_demo.network import LineError

_ANSWER_WAIT_S = 30.0
_MINUTE = "%Y-%m-%dT%H:%M"
_TOKEN = re.compile(r'name="form" value="([^"]+)"')
_OPTION = re.compile(r'<option value="([^"]+)"[^>]*>([^<]*)</option>')
# Uploading weeks takes minutes; whoever resumes the country goes on with it for days.
_SPAN = timedelta(days=7)
_WORDS = "Бұрынғы апталардың сатылымы тізілім ашылғаннан кейін жүктеледі."
_ACCEPTED = "Пилоттың жоспары бойынша: бұрынғы апталар кейін жүктеледі."


class Visitor:
    """Somebody who is signed in, with what a browser keeps of it."""

    def __init__(self, url: str, link: str) -> None:
        """Enter by a link that is good once; `LineError` when it lets nobody in."""
        self._url = url
        self._http = httpx2.Client(timeout=_ANSWER_WAIT_S, trust_env=False)
        entered = self._http.post(link, data={"form": _token(self._http.get(link).text)})
        if entered.status_code >= httpx2.codes.BAD_REQUEST or not self._http.cookies:
            raise LineError(f"{link}: nobody was let in ({entered.status_code})")

    def read(self, path: str) -> str:
        """Give a page."""
        answer = self._http.get(self._url + path)
        if not answer.is_success:
            raise LineError(f"{path}: {answer.status_code}")
        return answer.text

    def send(
        self, path: str, page: str, *, has_document: bool = False, **fields: str
    ) -> str:
        """Send a page's form and give where it led to; `LineError` when it was not taken."""
        answer = self._post(path, page, has_document=has_document, fields=fields)
        if answer.status_code != httpx2.codes.SEE_OTHER:
            raise LineError(f"{path}: {answer.status_code} {answer.text[:300]}")
        return str(answer.headers["location"])

    def fill(self, path: str, page: str, **fields: str) -> str:
        """Send a page's form and give the page that answers it; `LineError` for none."""
        answer = self._post(path, page, has_document=False, fields=fields)
        if not answer.is_success:
            raise LineError(f"{path}: {answer.status_code} {answer.text[:300]}")
        return answer.text

    def _post(
        self, path: str, page: str, *, has_document: bool, fields: dict[str, str]
    ) -> httpx2.Response:
        data = {"form": _token(page), **fields}
        files = {"evidence": ("", b"")} if has_document else None
        return self._http.post(self._url + path, data=data, files=files)

    def close(self) -> None:
        """Leave."""
        self._http.close()


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    return found[1] if found else ""


def explain_past(
    url: str, folder: Path, source_name: str, enter: Callable[[str], str]
) -> None:
    """
    Let the vendor say why earlier weeks come late, and the ministry accept it; once a country.

    `enter` gives the link by which one of the country's people enters, by e-mail address.
    """
    told = folder / "explained"
    if told.exists():
        return
    now = calendar.now()
    vendor = Visitor(url, enter("vendor@demo.example"))
    page = vendor.read("/vendor/feeds/excuses")
    places = [value for value, words in _OPTION.findall(page) if source_name in words]
    if not places:
        raise LineError(f"{source_name} is no feed of the vendor's")
    address = vendor.send(
        "/vendor/feeds/excuses",
        page,
        has_document=True,
        kind="outage",
        place=places[0],
        begins_at=(now - timedelta(minutes=1)).strftime(_MINUTE),
        ends_at=(now + _SPAN).strftime(_MINUTE),
        words=_WORDS,
        incident="PILOT-1",
    )
    vendor.close()
    ministry = Visitor(url, enter("analyst@demo.example"))
    decide = address.replace("/vendor/feeds/", "/gov/feeds/")
    ministry.send(decide, ministry.read(decide), step="accepted", words=_ACCEPTED)
    ministry.close()
    write_whole(told, address.encode())
