"""Cinemas, halls, organisations and ticketing systems of the country, read from its tables."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from msgspec import Struct

COUNTRY = "KZ"
CURRENCY = "KZT"
TIMEZONE = "Asia/Almaty"
BUSINESS_DAY_STARTS_HOUR = 6


class Hall(Struct, frozen=True):
    """Where one audience sits."""

    venue: str
    code: str
    capacity: int


class Cinema(Struct, frozen=True, kw_only=True):
    """A cinema at an address."""

    code: str
    name: str
    # ISO 3166-2.
    region: str
    city: str
    organisation: str
    # IANA.
    timezone: str
    # Percent of the country's average.
    price_level: int
    halls: tuple[Hall, ...]
    # Code of the ticketing system that speaks for it; "" while it is not connected.
    source: str
    # "" | silent | unsteady
    habit: str
    # How many of its halls show films after midnight.
    night_halls: int

    # Whether that system announces the cinema's showings itself.
    announces: bool

    @property
    def is_connected(self) -> bool:
        """Whether a ticketing system speaks for it."""
        return self.source != ""


class Organisation(Struct, frozen=True, kw_only=True):
    """An exhibitor, vendor, distributor or producer."""

    code: str
    name: str
    bin: str
    kinds: tuple[str, ...]


class Source(Struct, frozen=True, kw_only=True):
    """One installation of a vendor's ticketing system, and the cinemas it speaks for."""

    code: str
    name: str
    vendor: str
    # Code of the vendor among the organisations.
    vendor_code: str
    organisation: str
    may_announce: bool
    # What it says that it is: {"product": …, "version": …}.
    software: dict[str, str]
    cinemas: tuple[Cinema, ...]

    @property
    def is_silent(self) -> bool:
        """Whether all its cinemas have stopped talking."""
        return all(each.habit == "silent" for each in self.cinemas)


def read_text(name: str) -> str:
    """Give a file of the country as text."""
    return files("ekino_demo.country").joinpath(name).read_text("utf-8")


def _rows(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(read_text(name)))


@lru_cache(maxsize=1)
def _announcing() -> frozenset[str]:
    return frozenset(
        row["code"] for row in _rows("sources.csv") if row["may_announce"] == "1"
    )


def _cinema(row: dict[str, str]) -> Cinema:
    code = row["code"]
    return Cinema(
        code=code,
        name=row["name"],
        region=row["region"],
        city=row["city"],
        organisation=row["organisation"],
        timezone=row["timezone"],
        price_level=int(row["price_level"]),
        halls=tuple(
            Hall(code, f"{number}", int(capacity))
            for number, capacity in enumerate(row["halls"].split("/"), start=1)
        ),
        source=row["source"],
        habit=row["habit"],
        night_halls=int(row["night_halls"]),
        announces=row["source"] in _announcing(),
    )


@lru_cache(maxsize=1)
def cinemas() -> tuple[Cinema, ...]:
    """Give every cinema of the country, connected or not, in the order of the table."""
    return tuple(_cinema(row) for row in _rows("cinemas.csv"))


@lru_cache(maxsize=1)
def organisations() -> tuple[Organisation, ...]:
    """Give every organisation that the catalog should know."""
    return tuple(
        Organisation(
            code=row["code"],
            name=row["name"],
            bin=row["bin"],
            kinds=tuple(row["kinds"].split()),
        )
        for row in _rows("organisations.csv")
    )


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """Give the ticketing systems, each with the cinemas it speaks for."""
    return tuple(
        Source(
            code=row["code"],
            name=row["name"],
            vendor=row["vendor"],
            vendor_code=row["vendor_code"],
            organisation=row["organisation"],
            may_announce=row["may_announce"] == "1",
            software={name: row[name] for name in ("product", "version")},
            cinemas=tuple(each for each in cinemas() if each.source == row["code"]),
        )
        for row in _rows("sources.csv")
    )


def software_of(vendor_code: str) -> dict[str, str]:
    """Give the product and version that most of a vendor's systems are; `KeyError` for none."""
    versions = Counter(
        tuple(each.software.values())
        for each in sources()
        if each.vendor_code == vendor_code
    )
    if not versions:
        raise KeyError(vendor_code)
    product, version = versions.most_common(1)[0][0]
    return {"product": product, "version": version}


@lru_cache(maxsize=1)
def lost() -> dict[tuple[str, int], int]:
    """Give how many of a day's last sales an upload left out, by cinema and days ago."""
    return {
        (row["cinema"], int(row["days_ago"])): int(row["tickets"])
        for row in _rows("lost.csv")
    }


class Connecting(Struct, frozen=True, kw_only=True):
    """A cinema on its way into the register: its system is chosen, and has sent nothing yet."""

    cinema: str
    organisation: str
    source: str
    name: str
    vendor: str
    vendor_code: str
    # Whether its key is enrolled already.
    has_key: bool


@lru_cache(maxsize=1)
def connecting() -> tuple[Connecting, ...]:
    """Give the cinemas that are not connected and have begun, in the order of the table."""
    by_code = {each.code: each for each in cinemas()}
    return tuple(
        Connecting(
            cinema=row["cinema"],
            organisation=by_code[row["cinema"]].organisation,
            source=f"{row['vendor_code'].removeprefix('vendor-')}-{row['cinema']}",
            name=f"{row['vendor']}: {by_code[row['cinema']].name}",
            vendor=row["vendor"],
            vendor_code=row["vendor_code"],
            has_key=row["has_key"] == "1",
        )
        for row in _rows("connecting.csv")
    )
