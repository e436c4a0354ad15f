"""What delivers notices, put together from the settings: keys, carriers, words."""

from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from ekino.access.seal import Seal
from ekino.kernel.errors import Refused
from ekino.notices.model import Kind
from ekino.notices.service.courier import Courier
from ekino.notices.service.deliver import CONFIRM, DISABLED, Deliverer
from ekino.notices.service.mail import Mailer, read_server
from ekino.settings import Settings
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues

# What each kind of notice says in an e-mail.
SENTENCES: Mapping[str, str] = {
    Kind.FEED_STATE_CHANGED: "notice.feed_state_changed",
    Kind.FEED_ALARM: "notice.feed_alarm",
    Kind.FEED_EXCUSE_DECIDED: "notice.feed_excuse_decided",
    Kind.CORRECTION_REQUESTED: "notice.correction_requested",
    Kind.CERTIFICATION_COMPLETED: "notice.certification_completed",
    Kind.KEY_REGISTERED: "notice.key_registered",
    Kind.KEY_EXPIRING: "notice.key_expiring",
    Kind.BATCH_REFUSED: "notice.batch_refused",
    Kind.TEST_PING: "notice.test_ping",
    CONFIRM: "notice.endpoint_confirm",
    DISABLED: "notice.endpoint_disabled",
}


def make_deliverer(settings: Settings) -> Deliverer:
    """Put together what delivers notices; `Refused` for settings that cannot be read."""
    catalogues = Catalogues(Path(str(files("ekino.web"))) / "locale")
    return Deliverer(
        Seal(settings.data_dir / "keys" / "webhooks.key"),
        Courier(settings.inside_hosts),
        make_mailer(settings),
        partial(word, catalogues),
        public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
    )


def make_mailer(settings: Settings) -> Mailer | None:
    """Give what hands e-mail over; None where no mail server is set."""
    password = ""
    if settings.smtp_password_file:
        try:
            password = Path(settings.smtp_password_file).read_text("utf-8").strip()
        except OSError as error:
            detail = f"EKINO_SMTP_PASSWORD_FILE cannot be read: {error.strerror}"
            raise Refused(detail, code="settings_malformed") from error
    server = read_server(settings.smtp_url, password=password, sender=settings.smtp_from)
    return None if server is None else Mailer(server)


def word(
    catalogues: Catalogues,
    language: str,
    kind: str,
    subject: str,
    facts: Mapping[str, Any],
) -> tuple[str, str]:
    """Give an e-mail's subject and text: a sentence of ours, and the facts as they are."""
    text = partial(catalogues.text, Language(language))
    name = SENTENCES[kind]
    lines = [f"{key}: {value}" for key, value in facts.items()]
    head = text(name, subject=subject)
    return head, "\n".join([head, "", *lines, "", text("notice.foot")])
