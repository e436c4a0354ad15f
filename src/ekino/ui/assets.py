"""Style sheets, scripts and pictures: addresses that change with their content."""

from functools import cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

# The address names the content, so a browser never has to ask again: a year, in seconds.
_KEPT = "public, max-age=31536000, immutable"
_ASKED_AGAIN = "no-cache"
_DIGEST_CHARACTERS = 10


class Assets:
    """
    The files of one folder, served under `/static`.

    Known by name when the process starts and never looked up on the disk by what a reader
    asks for, so no address leads out of the folder.
    """

    def __init__(self, folder: Path) -> None:
        """Find the files of a folder and its subfolders."""
        self._paths = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self.url = cache(self._url)
        self._read = cache(self._read_file)

    def names(self) -> list[str]:
        """Give the names of all files."""
        return list(self._paths)

    def routes(self) -> list[BaseRoute]:
        """Give the route that serves the files, public."""

        def asset(request: Request) -> Response:
            """Serve one file; for a year when it was asked for by its content."""
            name = request.path_params["name"]
            if name not in self._paths:
                return PlainTextResponse("Not found\n", status_code=404)
            body, media_type = self._read(name)
            is_lasting = "v" in request.query_params
            headers = {"Cache-Control": _KEPT if is_lasting else _ASKED_AGAIN}
            return Response(body, media_type=media_type, headers=headers)

        return [Route("/static/{name:path}", asset, name="asset")]

    def _url(self, name: str) -> str:
        digest = sha256(self._read(name)[0]).hexdigest()
        return f"/static/{name}?v={digest[:_DIGEST_CHARACTERS]}"

    def _read_file(self, name: str) -> tuple[bytes, str]:
        media_type = guess_type(name)[0] or "text/plain"
        return self._paths[name].read_bytes(), media_type
