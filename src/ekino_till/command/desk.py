"""What every command starts from: the till's folder, and how it speaks and leaves."""

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

from ekino_till.client import Client
from ekino_till.keys import Key, sync_folder
from ekino_till.receipts import RegisterKey
from ekino_till.roll import DAY_STARTS_HOUR, Roll
from ekino_till.spool import Spool
from ekino_till.till import Till

_SETTINGS = "till.json"
# Who speaks in reports when nobody else is named.
PRODUCT, PRODUCT_VERSION = "ekino-till", "2026.11"
_CLOCK = "clock_ahead_s"


class Exit(IntEnum):
    """How a command ends; the same numbers as those of `ekino`."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    PROBLEMS_FOUND = 3
    NOT_CERTIFIED = 4
    TRY_AGAIN_LATER = 75


class DeskError(RuntimeError):
    """What is wrong, and the command that comes next."""

    def __init__(self, words: str, following: str, code: Exit = Exit.FAILED) -> None:
        """Take a sentence, what to do, and how to leave."""
        super().__init__(words)
        self.following = following
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `init` wrote down; everything else is in the spool."""

    register: str
    key_id: str
    venue: str
    timezone: str
    day_starts_hour: int = DAY_STARTS_HOUR
    # The public key of the register's receipts; "" believes every answer.
    receipts_key: str = ""
    # What signs tickets; "" where none are printed.
    till_key_id: str = ""
    is_enrolled: bool = False
    # A key that was announced to take the place of `key_id`, until it does.
    next_key_id: str = ""
    software: Mapping[str, str] = field(default_factory=dict)


class Desk:
    """One till's folder: settings, keys and the spool."""

    def __init__(
        self, arguments: Namespace, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Take the parsed command line; nothing is opened yet."""
        self.folder = Path(arguments.folder)
        self.is_json = bool(arguments.json)
        self.clock = clock

    def path_of(self, key_id: str) -> Path:
        """Give the file of a key: its name with what no file system takes replaced."""
        plain = "".join(each if each.isalnum() or each in ".-" else "_" for each in key_id)
        return self.folder / "keys" / f"{plain}.pem"

    def settings(self) -> Settings:
        """Read what `init` wrote; `DeskError` when there is nothing, or nothing readable."""
        path = self.folder / _SETTINGS
        try:
            return Settings(**json.loads(path.read_text("utf-8")))
        except FileNotFoundError as error:
            message = f"there is no till in {self.folder}"
            following = "ekino-till init --register URL --key NAME --venue CODE"
            raise DeskError(message, following) from error
        except (ValueError, TypeError) as error:
            message = f"{path} cannot be read: {error}"
            following = "put back the file as ekino-till init wrote it"
            raise DeskError(message, following) from error

    def keep(self, settings: Settings) -> None:
        """Write the settings down, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / _SETTINGS
        beside = path.with_name(f"{_SETTINGS}.{os.getpid()}")
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(settings), indent=1, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(self.folder)

    def key(self, key_id: str) -> Key:
        """Read a key that is there; a till that lost its disk makes itself no other."""
        path = self.path_of(key_id)
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                self.talk(f"others may read {path}; next: chmod 600 {path}")
            return Key.load(path, key_id)
        except (OSError, ValueError) as error:
            message = f"the key {key_id} cannot be read: {error}"
            following = f"put back {path}, or make a new till: ekino-till init --folder NEW"
            raise DeskError(message, following) from error

    @contextmanager
    def spool(self, settings: Settings) -> Iterator[Spool]:
        """Lend the spool; other commands may sell meanwhile."""
        roll = Roll(settings.timezone, settings.day_starts_hour)
        spool = Spool(self.folder / "spool.db", roll=roll, is_shared=True)
        try:
            yield spool
        finally:
            spool.close()

    @contextmanager
    def client(self, settings: Settings, spool: Spool | None = None) -> Iterator[Client]:
        """Lend a client that knows how far the clock was off when it was last told."""
        key = self.key(settings.key_id)
        client = Client(settings.register, key, clock=self.clock)
        client.clock_ahead_s = float((spool.noted(_CLOCK) if spool else "") or 0)
        try:
            yield client
        finally:
            client.close()
            if spool is not None:
                self.note_clock(spool, client)

    @staticmethod
    def note_clock(spool: Spool, client: Client) -> None:
        """Keep for other commands how far the clock is off, when that has changed."""
        if client.clock_ahead_s != float(spool.noted(_CLOCK) or 0):
            spool.note(_CLOCK, repr(client.clock_ahead_s))

    @staticmethod
    def till(
        settings: Settings, spool: Spool, client: Client, *, reports: bool = False
    ) -> Till:
        """Give the till that sends, and that reports when it goes on for long."""
        key = settings.receipts_key
        return Till(
            spool,
            client,
            register_key=RegisterKey.read(key) if key else None,
            software=software_of(settings) if reports else None,
        )

    def now(self, spool: Spool) -> datetime:
        """Give the time by the register's clock, as far as it was told."""
        ahead_s = float(spool.noted(_CLOCK) or 0)
        return datetime.fromtimestamp(self.clock() - ahead_s, UTC).replace(microsecond=0)

    def tell(self, members: Mapping[str, Any], words: str = "") -> None:
        """Say a result: an object on a line for programs, words for people."""
        if self.is_json:
            words = json.dumps(members, ensure_ascii=False)
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()

    @staticmethod
    def talk(words: str) -> None:
        """Say something on the side."""
        sys.stderr.write(f"{words}\n")


def software_of(settings: Settings) -> Mapping[str, str]:
    """Give who speaks; a folder made before that was asked is the kit itself."""
    return dict(settings.software) or {"product": PRODUCT, "version": PRODUCT_VERSION}


def changed(settings: Settings, **members: Any) -> Settings:
    """Give settings with other members."""
    return replace(settings, **members)
