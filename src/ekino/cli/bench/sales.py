"""What is sold: batches of ticket events, as a vendor's system writes them."""

from datetime import UTC, datetime

from ekino.cli.bench.country import Source

_CHANNELS = ("box_office", "web", "app", "kiosk", "agent", "web", "box_office", "app")
_PRICES_MINOR = (100_000, 120_000, 150_000, 180_000, 220_000, 280_000, 140_000)
_FEE_MINOR = 15_000
# Digits of a ticket's number: the source's own serial behind two for the source.
TICKET_DIGITS = 12


class Sales:
    """
    Writes the batches of many sources, each with its own serial numbers.

    Seventeen fields and about 290 bytes an event. Nothing is random, so two runs send the
    same but for the time.
    """

    def __init__(self, sources: list[Source], *, now: datetime) -> None:
        """Sell from now on; `happened_at` of every event is `now`."""
        self.sources = sources
        self._serials = [0] * len(sources)
        self.tell_time(now)
        # What no event of a showing can change is written once.
        self._heads = [
            [
                f'"venue":"{venue}","showing":"{showing}","happened_at":"'
                for venue, showing in source.showings
            ]
            for source in sources
        ]

    def tell_time(self, now: datetime) -> None:
        """Let events happen at another time."""
        self._happened_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def skip(self, serials: int) -> None:
        """Go on as if every source had sold so many tickets more."""
        self._serials = [serial + serials for serial in self._serials]

    def batch(self, source: Source, events: int) -> bytes:
        """Give the body of a batch of `events` new sales."""
        first = self._serials[source.number]
        self._serials[source.number] += events
        return self.write([self.sale(source, first + number) for number in range(events)])

    def sale(self, source: Source, serial: int) -> str:
        """Give the sale of a source's ticket number `serial`; asked twice, the same."""
        # Neighbours in a queue go to different showings: a large prime for a step.
        heads = self._heads[source.number]
        head = heads[serial * 7919 % len(heads)]
        # Every showing sells through every channel.
        channel = _CHANNELS[(serial + serial // len(heads)) % len(_CHANNELS)]
        fee = _FEE_MINOR if channel in {"web", "app"} else 0
        return (
            f'{{"kind":"sold","sequence":{serial + 1},"ticket":"{source.number:02}'
            f'{serial:0{TICKET_DIGITS - 2}}",{head}{self._happened_at}",'
            f'"price_minor":{_PRICES_MINOR[serial % len(_PRICES_MINOR)]},'
            f'"sales_channel":"{channel}","fee_minor":{fee},"discount_minor":0,'
            f'"concession":"adult","section":"B","row":"{serial % 17 + 1}",'
            f'"seat":"{serial % 23 + 1}","payment":"card","operator":"op-{serial % 5}",'
            f'"till":"till-{serial % 7}"}}'
        )

    @staticmethod
    def write(events: list[str]) -> bytes:
        """Write events as the body of one batch."""
        return f'{{"events":[{",".join(events)}]}}'.encode()
