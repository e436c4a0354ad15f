"""Twenty kills: whatever dies at whatever moment, the same totals come out."""

import csv
import json
import random
import subprocess
import time
from pathlib import Path

from serving import Country

KILLS = 20
VENUES, HALLS, TIMES = 20, 3, 6


def an_evening(path: Path) -> tuple[int, int]:
    """Write a made-up table of showings and give its tickets and takings in minor units."""
    dice = random.Random(20)
    tickets = gross = 0
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(
            [
                "date",
                "last_updated",
                "film",
                "city",
                "state",
                "venue",
                "time",
                "audi",
                "totalSeats",
                "available",
                "sold",
                "gross",
                "occupancy",
                "minsLeft",
            ]
        )
        for venue in range(VENUES):
            for hall in range(HALLS):
                for time_ in range(TIMES):
                    sold = dice.randrange(100, 260)
                    paise = dice.randrange(sold * 5_000, sold * 30_000)
                    out.writerow(
                        ["2026-03-18", "", f"Film {dice.randrange(9)} | Hindi", "Agra"]
                        + ["Goa", f"Cinema {venue}", f"{time_ + 1:02}:30 PM", f"{hall}"]
                        + [300, 300 - sold, sold, f"{paise / 100:.2f}", 0, 30]
                    )
                    tickets += sold
                    gross += paise
    return tickets, gross


def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(4)
    table = tmp_path / "evening.csv"
    tickets, gross = an_evening(table)
    with Country(tmp_path / "country") as country:
        kills = 0
        replay: subprocess.Popen[bytes] | None = None
        # Small batches, so that the sending lasts long enough to be killed in its midst.
        words = (
            "replay",
            str(table),
            "--url",
            country.url,
            "--batch",
            "20",
            "--tills",
            "4",
        )
        while kills < KILLS:
            if replay is None or replay.poll() is not None:
                replay = subprocess.Popen(
                    country.command(*words),
                    env=country.environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            time.sleep(dice.uniform(0.3, 1.5))
            victim = ("serve", "worker", "database", "replay")[kills % 4]
            if victim == "replay":
                replay.kill()
                replay.wait()
            else:
                country.kill(victim)
            kills += 1
        if replay is not None:
            replay.kill()
            replay.wait()
        country.wait()
        last = country.run(*words, "--json", check=False)
        assert last.returncode == 0, last.stderr + country.log()[-3000:]
        summary = json.loads(last.stdout)
        doctor = country.run("doctor", "--json")

        assert summary["totals_equal"]
        rows = country.get("/v1/totals")["rows"]
        assert [(row["tickets"], row["gross_minor"]) for row in rows] == [(tickets, gross)]
        # Besides tickets the register holds what it states itself: every key, once.
        keys = country.get("/keys")["keys"]
        assert all(key["added_position"] is not None for key in keys)
        assert country.get("/health")["register_size"] == tickets + len(keys)
        assert all(json.loads(line)["is_good"] for line in doctor.stdout.splitlines())
