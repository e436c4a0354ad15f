"""Takes e-mail to a mail server that an operator names."""

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from ekino.kernel.errors import Refused
from ekino.notices.model import SAID_CHARACTERS_MAX, is_email
from ekino.notices.service.courier import Met

# A mail server that does not answer is tried again later.
SMTP_TIMEOUT_S = 20
_PORTS: Mapping[str, int] = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ACCEPTED = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where e-mail is handed over, and in whose name."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str


def read_server(url: str, *, password: str, sender: str) -> MailServer | None:
    """Read the settings of a mail server; None for none, `Refused` for what cannot be read."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Refused("EKINO_SMTP_URL is no address", code="settings_malformed") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.password is not None:
        detail = (
            "EKINO_SMTP_URL is smtp://host, smtp+starttls://user@host or smtps://user@host; "
            "the password stands in the file EKINO_SMTP_PASSWORD_FILE"
        )
        raise Refused(detail, code="settings_malformed")
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=password,
        sender=sender,
    )


class Mailer:
    """Hands e-mail over, one at a time. Safe to share between threads."""

    def __init__(self, server: MailServer, *, tls: ssl.SSLContext | None = None) -> None:
        """Take the server; it is called when there is something to send."""
        self._server = server
        self._tls = tls or ssl.create_default_context()

    def post(self, to: str, subject: str, text: str, *, name: str) -> Met:
        """Send one e-mail and say what was met; `name` makes it known over several attempts."""
        if not is_email(to):
            return Met(answer=None, reason="address_refused", said="this is no address")
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = to
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<{name}@{self._server.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            with self._open() as client:
                refused = client.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            answer, said = next(iter(error.recipients.values()))
            return Met(answer=answer, reason="refused", said=_words(said))
        except smtplib.SMTPResponseException as error:
            words = _words(error.smtp_error)
            return Met(answer=error.smtp_code, reason="refused", said=words)
        except (smtplib.SMTPException, OSError) as error:
            return Met(answer=None, reason="connection_failed", said=_words(str(error)))
        return Met(answer=_ACCEPTED, reason="", said=_words(str(refused or "")))

    def _open(self) -> smtplib.SMTP:
        server = self._server
        client: smtplib.SMTP
        if server.scheme == "smtps":
            client = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SMTP_TIMEOUT_S, context=self._tls
            )
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=SMTP_TIMEOUT_S)
        try:
            if server.scheme == "smtp+starttls":
                client.starttls(context=self._tls)
            if server.user:
                client.login(server.user, server.password)
        except (smtplib.SMTPException, OSError):
            client.close()
            raise
        return client


def _words(said: str | bytes) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return "".join(each if each.isprintable() else " " for each in text)[
        :SAID_CHARACTERS_MAX
    ]
