"""Settings: one frozen dataclass, built once from the environment at an entry point."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ekino.kernel.errors import Problem, Refused


def _home() -> Path:
    """Where a machine keeps its register when nobody says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/ekino")
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    return Path(data_home) / "ekino"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator may choose; each field is `EKINO_` and its name in capitals."""

    # PostgreSQL of your own (libpq URL); empty: PostgreSQL 18 is started under data_dir.
    database_url: str = ""
    # The database of the test register, in which vendors try things out (libpq URL). Empty: one
    # beside the register's own where that is embedded, and none where it is yours.
    sandbox_database_url: str = ""
    # Where the embedded database, keys and run files live.
    data_dir: Path = Path("/var/lib/ekino")
    # Address under which the world reaches us, such as https://ekino.example; signatures
    # cover it. Empty: taken from each request's own Host header.
    public_url: str = ""
    # Addresses and networks of reverse proxies, separated by commas, whose X-Forwarded-For and
    # X-Forwarded-Proto say who asks, and how. Empty: the connection says so, and nobody else.
    trusted_proxies: str = ""
    # Where the web process listens.
    host: str = "127.0.0.1"
    port: int = 8000
    # The country whose evening the live page shows: ISO 3166-1, ISO 4217, IANA.
    country: str = "KZ"
    currency: str = "KZT"
    timezone: str = "Asia/Almaty"
    # The log's name, which its checkpoints carry for ever: its address without the scheme.
    # Empty: made from public_url.
    log_origin: str = ""
    # A policy file (C2SP tlog-policy) with witness, group and quorum lines; empty: no witness
    # is asked.
    witnesses: str = ""
    # The signer's folder, with the log's key and the head it signed last, and its socket.
    # Empty: `signer` and `run/signer.sock` under data_dir.
    signer_dir: str = ""
    signer_socket: str = ""
    # An identity provider (OpenID Connect) that people may sign in with: its issuer, our client
    # there, a file with the client's secret, and the name on the button. Empty issuer: none.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret_file: str = ""
    oidc_name: str = ""
    # A mail server that takes our e-mail: smtp://host:25, smtp+starttls://user@host:587 or
    # smtps://user@host:465; empty: none is sent. A file with its password, and who it is from.
    smtp_url: str = ""
    smtp_password_file: str = ""
    smtp_from: str = "e-kino@localhost"
    # Hosts of our own network that webhooks may go to although they are private or without TLS:
    # `host` or `host:port`, separated by commas. Only for endpoints that an operator added
    # (`ekino webhooks add`).
    webhook_hosts: str = ""
    # Whether connectors may read from this machine itself, over http too: for tests and
    # demonstrations. Anywhere else they read https, and never a private network.
    connect_loopback: bool = False
    # How often live pages are told what is new; with thousands of readers less often.
    live_tick_s: float = 0.5
    # How long the follower of totals rests when there is nothing new.
    follower_rest_s: float = 0.1

    @property
    def origin(self) -> str:
        """The log's name: as set, or the address under which the world reaches the log."""
        address = self.public_url.partition("://")[2].rstrip("/") or "localhost"
        return self.log_origin or f"{address}/log"

    @property
    def inside_hosts(self) -> frozenset[str]:
        """Hosts of our own network that webhooks may go to."""
        hosts = (each.strip() for each in self.webhook_hosts.split(","))
        return frozenset(each for each in hosts if each)

    @property
    def log_dir(self) -> Path:
        """Where the log's bundles, tiles and checkpoint are."""
        return self.data_dir / "log"

    @property
    def archive_dir(self) -> Path:
        """Where history in columns is."""
        return self.data_dir / "archive"

    @property
    def signer_folder(self) -> Path:
        """Where the signer keeps its key and its memory."""
        return Path(self.signer_dir) if self.signer_dir else self.data_dir / "signer"

    @property
    def socket_of_signer(self) -> Path:
        """Where the signer answers."""
        if self.signer_socket:
            return Path(self.signer_socket)
        return self.data_dir / "run" / "signer.sock"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """
        Read every `EKINO_*` variable.

        An unknown name is `Refused`, so that a typo cannot be a default; so is a value that
        cannot be read as what the setting holds.
        """
        environment = os.environ if environ is None else environ
        given = {
            name.removeprefix("EKINO_").lower(): value
            for name, value in environment.items()
            if name.startswith("EKINO_") and not name.startswith("EKINO_TEST_")
        }
        known = {field.name: field.type for field in fields(cls)}
        problems = [
            Problem(
                pointer=f"EKINO_{name.upper()}",
                code="setting_unknown",
                detail=f"There is no setting EKINO_{name.upper()}.",
                fix="Remove it, or use one of: "
                + ", ".join(f"EKINO_{each.upper()}" for each in known),
            )
            for name in given
            if name not in known
        ]
        values: dict[str, object] = {"data_dir": _home()}
        for name, text in given.items():
            if name not in known:
                continue
            try:
                values[name] = _READERS.get(name, str)(text)
            except ValueError as error:
                problems.append(
                    Problem(
                        pointer=f"EKINO_{name.upper()}",
                        code="setting_malformed",
                        detail=f"EKINO_{name.upper()}={text!r}: {error}.",
                        fix="Give a value as docs/reference/configuration.md describes it.",
                    )
                )
        if problems:
            detail = "; ".join(problem.detail for problem in problems)
            raise Refused(detail, problems=problems, code="settings_malformed")
        return cls(**values)  # type: ignore[arg-type]


_PORT_MAX = 65_535


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _PORT_MAX:
        message = f"a port is 0 … {_PORT_MAX}"
        raise ValueError(message)
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 60:  # noqa: PLR2004 - a minute is the sense of it
        message = "seconds above 0 and at most 60"
        raise ValueError(message)
    return number


def _folder(text: str) -> Path:
    if not text:
        message = "a folder's path"
        raise ValueError(message)
    return Path(text).expanduser().absolute()


def _networks(text: str) -> str:
    for each in filter(None, text.split(",")):
        ipaddress.ip_network(each.strip())
    return text


def _yes_or_no(text: str) -> bool:
    answers = {"yes": True, "no": False}
    if text not in answers:
        message = "`yes` or `no`"
        raise ValueError(message)
    return answers[text]


_READERS = {
    "connect_loopback": _yes_or_no,
    "data_dir": _folder,
    "port": _port,
    "trusted_proxies": _networks,
    "live_tick_s": _seconds,
    "follower_rest_s": _seconds,
}
