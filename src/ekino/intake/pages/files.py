"""/cinema/files: hand a file in, see what became of it, map names, get the template."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.ingest.formats.sheet_template import write_csv, write_xlsx
from ekino.ingest.formats.sheet_words import HEADS
from ekino.ingest.formats.table import FORMATS
from ekino.intake import service
from ekino.intake.model.upload import FINDINGS_MAX, Name, NameKind, Source, Upload
from ekino.intake.pages import how, tables
from ekino.intake.pages.desk import TRAIL, Desk
from ekino.kernel.errors import Malformed, NotFound, Pushback, Refused, TooOften
from ekino.ui.exports import MEDIA_TYPES, attachment
from ekino.ui.limits import wait_headers
from ekino.ui.navigation import Step
from ekino.ui.tables import Table, split_suffix

# Sent while somebody waits for the page; the follower sends the rest.
BATCHES_AT_ONCE = 20
# Rows shown on the page; the files beside it have them all.
FINDINGS_SHOWN_MAX = 200
# Names asked for on one page: a form has FORM_FIELDS_MAX fields.
NAMES_SHOWN_MAX = 15
# Film versions to choose from.
VERSIONS_SHOWN_MAX = 300

Form = Callable[
    [Callable[[Request, Mapping[str, str]], Response]],
    Callable[[Request], Awaitable[Response]],
]


# The name and the bytes of a file that came with a form; None where none was chosen.
Sent = tuple[str, bytes] | None
FileForm = Callable[
    [Callable[[Request, Mapping[str, str], Sent], Response]],
    Callable[[Request], Awaitable[Response]],
]


def routes(desk: Desk, form: Form, file_form: FileForm) -> list[BaseRoute]:
    """Give the addresses of files; `form` and `file_form` read a page's own forms."""
    page = _Files(desk)
    return [
        Route("/cinema/files", page.show, methods=["GET"]),
        Route("/cinema/files", file_form(page.take), methods=["POST"]),
        Route("/cinema/files/template.{suffix}", page.template, methods=["GET"]),
        Route("/cinema/files/how", page.how, methods=["GET"]),
        Route("/cinema/files/{reference}", page.follow, methods=["GET"]),
        Route("/cinema/files/{reference}", form(page.map_names), methods=["POST"]),
    ]


class _Files:
    """What whoever runs a cinema may hand in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, request: Request) -> Response:
        """Show the form, and what was handed in before."""
        return self._form(request, asked=request.query_params.get("source", ""))

    def _form(
        self,
        request: Request,
        *,
        asked: str,
        problems: Sequence[tuple[str, str]] = (),
    ) -> Response:
        desk = self._desk
        _, sources = desk.whose(request)
        if not sources:
            return desk.respond(request, "intake/no_source.html")
        _, organisation_id, code, name = desk.choose(request, asked)
        uploads = service.list_uploads(desk.db, code, organisation_id=organisation_id)
        table = tables.of_uploads(uploads, self._text(request), timezone=desk.timezone)
        return desk.respond(
            request,
            "intake/files.html",
            status_code=422 if problems else 200,
            sources=[(code, name) for _, code, name in sources],
            source=code,
            source_name=name,
            table=table.sorted_by(
                request.query_params.get("sort"), desk.templates.language(request)
            ),
            formats=[
                (each, tables.format_in_words(each, self._text(request)))
                for each in FORMATS
            ],
            problems=problems,
        )

    def _text(self, request: Request) -> tables.Text:
        def text(key: str, **values: object) -> str:
            return self._desk.templates.text(request, key, **values)

        return text

    def take(self, request: Request, fields: Mapping[str, str], sent: Sent) -> Response:
        """Take a file, judge it and enter what can be; show what became of it."""
        desk, text = self._desk, self._text(request)
        person, _, code, _ = desk.choose(request, fields.get("source", ""))
        named = fields.get("format", "")
        if sent is None:
            words = text("intake.mistake.no_file")
            return self._form(request, asked=code, problems=[("file", words)])
        handed = service.Handed(
            content=sent[1],
            file_name=Path(sent[0].replace("\\", "/")).name,
            format=named if named in FORMATS else "",
        )
        source = service.find_source(desk.db, code)
        try:
            upload = service.hand_in(
                desk.db,
                desk.keys,
                source,
                handed,
                handed_by=person.name,
                at=desk.clock(),
            )
        except (Malformed, TooOften) as error:
            words = tables.refusal_in_words(error.code, text)
            answer = self._form(request, asked=code, problems=[("file", words)])
            if isinstance(error, TooOften):
                answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
                answer.headers.update(wait_headers(error))
            return answer
        self._send(upload)
        return _see(upload)

    def _send(self, upload: Upload) -> None:
        """Send what is quickly sent; the follower sends the rest, and what the door puts off."""
        try:
            service.send(
                self._desk.db,
                self._desk.keys,
                upload.upload_no,
                self._desk.submit,
                batches_max=BATCHES_AT_ONCE,
                clock=self._desk.clock,
            )
        except Pushback:
            return

    def _read(self, request: Request, reference: str) -> tuple[str, int, Upload]:
        """Find an upload among those of one's own sources, and nowhere else."""
        person, sources = self._desk.whose(request)
        for organisation_id in dict.fromkeys(each for each, _, _ in sources):
            try:
                found = service.read_upload(
                    self._desk.db, reference.upper(), organisation_id=organisation_id
                )
            except NotFound:
                continue
            return person.name, organisation_id, found
        raise NotFound("there is no such upload of yours", code="upload_not_found")

    def follow(self, request: Request) -> Response:
        """Show what became of a file, row by row; its rows as a file too."""
        desk = self._desk
        reference, suffix = split_suffix(request.path_params["reference"])
        _, organisation_id, upload = self._read(request, reference)
        limit = FINDINGS_MAX if suffix else FINDINGS_SHOWN_MAX
        found = service.list_findings(
            desk.db, upload, limit=limit, organisation_id=organisation_id
        )
        text, language = self._text(request), desk.templates.language(request)
        table = tables.of_findings(upload, found, text, language=language.value)
        if suffix:
            answer = desk.templates.respond_table(
                request, table, suffix, title=text("intake.rows")
            )
            answer.headers["Cache-Control"] = "no-store"
            return answer
        return self._upload(request, upload, organisation_id, table)

    def _upload(
        self,
        request: Request,
        upload: Upload,
        organisation_id: int,
        table: Table,
        *,
        problems: Sequence[tuple[str, str]] = (),
    ) -> Response:
        desk, text = self._desk, self._text(request)
        language = desk.templates.language(request)
        names = service.list_names(
            desk.db, upload, limit=NAMES_SHOWN_MAX, organisation_id=organisation_id
        )
        source = service.find_source(desk.db, upload.source_code) if names else None
        refusal = upload.refusal
        return desk.respond(
            request,
            "intake/upload.html",
            trail=(*TRAIL, Step("/cinema/files", key="intake.files")),
            status_code=422 if problems else 200,
            upload=upload,
            look=tables.LOOKS[upload.state.value],
            why="" if refusal is None else tables.refusal_in_words(refusal.code, text),
            place="" if refusal is None else tables.place_in_words(refusal.place, text),
            table=table.sorted_by(request.query_params.get("sort"), language),
            to_mend=tables.to_mend(upload),
            waiting=tables.waiting(upload),
            next_words=text(tables.next_of(upload)),
            format=tables.format_in_words(upload.format, text),
            names=[
                (field_of(name), name, rows, choices_of(name, source))
                for name, rows in names
            ],
            versions=service.list_versions(
                desk.db, language.value, limit=VERSIONS_SHOWN_MAX
            )
            if any(name.kind is NameKind.FILM for name, _ in names)
            else [],
            problems=problems,
            timezone=desk.timezone,
        )

    def map_names(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Say once what names mean; the file is judged again, and what waited is entered."""
        desk = self._desk
        reference = request.path_params["reference"]
        actor, organisation_id, upload = self._read(request, reference)
        names = service.list_names(
            desk.db, upload, limit=NAMES_SHOWN_MAX, organisation_id=organisation_id
        )
        given = [
            (name, fields.get(field_of(name), "").partition(" · ")[0].strip())
            for name, _ in names
        ]
        chosen = [(name, code) for name, code in given if code]
        source = service.find_source(desk.db, upload.source_code)
        text = self._text(request)
        try:
            judged = service.map_names(
                desk.db, desk.keys, source, chosen, made_by=actor, at=desk.clock()
            )
        except Refused as error:
            if error.code != "code_unknown":
                raise
            words = text("intake.mistake.code", detail=error.detail)
            first = field_of(chosen[0][0])
            empty = tables.of_findings(upload, [], text, language="en")
            return self._upload(
                request, upload, organisation_id, empty, problems=[(first, words)]
            )
        for each in judged:
            self._send(each)
        return _see(upload)

    def how(self, request: Request) -> Response:
        """Say step by step how one person hands a cinema's tickets in."""
        self._desk.whose(request)
        language = self._desk.templates.language(request).value
        return self._desk.respond(
            request,
            "intake/how.html",
            trail=(*TRAIL, Step("/cinema/files", key="intake.files")),
            steps=how.steps(language, self._text(request)),
        )

    def template(self, request: Request) -> Response:
        """Give the template in the reader's language: as CSV, or as a workbook that explains."""
        suffix = request.path_params["suffix"]
        language, text = (
            self._desk.templates.language(request).value,
            self._text(request),
        )
        if suffix == "csv":
            content = write_csv(language)
        elif suffix == "xlsx":
            content = write_xlsx(
                language,
                title=f"{text('intake.template.sheet')}\n{text('intake.template.about')}",
                heads=(
                    text("intake.column"),
                    text("intake.template.meaning"),
                    text("intake.template.example"),
                ),
                meanings={head.name: text(f"intake.column.{head.name}") for head in HEADS},
            )
        else:
            raise NotFound("the template is a .csv or an .xlsx", code="file_not_found")
        headers = {
            "Content-Disposition": attachment(f"ekino-{language}.{suffix}"),
            "Content-Language": language,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Language, Cookie",
        }
        return Response(content, media_type=MEDIA_TYPES[suffix], headers=headers)


def field_of(name: Name) -> str:
    """Name a form's field by the name it asks about, whatever order the page lists them in."""
    words = f"{name.kind.value}\n{name.within}\n{name.name}"
    return f"n-{hashlib.sha256(words.encode()).hexdigest()[:16]}"


def choices_of(name: Name, source: Source | None) -> list[tuple[str, str]]:
    """Give (code, words) that a name of a venue or hall may mean; films are too many."""
    if source is None or name.kind is NameKind.FILM:
        return []
    if name.kind is NameKind.VENUE:
        return [(each.code, f"{each.name}, {each.city}") for each in source.venues]
    halls = {each.code: each.halls for each in source.venues}.get(name.within, {})
    return list(halls.items())


def _see(upload: Upload) -> Response:
    return RedirectResponse(f"/cinema/files/{upload.reference}", status_code=303)
