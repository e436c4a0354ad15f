"""Each scenario of `ekino bench` runs and checks its answers; no test asserts a time."""

import json
import os
import subprocess
import sys
from typing import Any


def bench(*words: str) -> dict[str, Any]:
    """Run a scenario with tiny numbers and give its JSON."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKINO_")}
    outcome = subprocess.run(
        [sys.executable, "-m", "ekino.cli.main", "bench", *words, "--json"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert outcome.returncode == 0, outcome.stderr
    result: dict[str, Any] = json.loads(outcome.stdout)
    return result


def test_ingest_checks_every_answer_and_reports() -> None:
    result = bench(
        "ingest",
        "--batch",
        "20",
        "--tills",
        "3",
        "--seconds",
        "0.3",
        "--worker",
        "--no-peer",
    )

    (cell,) = result["cells"]
    assert (cell["batch"], cell["tills"]) == (20, 3)
    assert cell["events"] > 0
    assert result["register_size"] >= cell["events"]
    assert cell["copy"]["share"] > 0
    assert set(cell["cpu_us_per_event"]) == {
        "client",
        "server",
        "signer",
        "worker",
        "postgresql",
    }
    assert set(cell["followers"]["caught_up_s"]) == {"totals", "tickets", "log"}
    assert result["postgresql"]["fsync"] == "on"
    assert result["postgresql"]["synchronous_commit"] == "on"


def test_many_sources_are_measured_beside_one_over_as_many_lines() -> None:
    result = bench("sources", "--count", "12", "--seconds", "0.2", "--repeats", "2")

    assert set(result["cells"]) == {"batch_1", "batch_100", "paced"}
    for cell in result["cells"].values():
        assert cell["one"]["events_per_s"] > 0
        assert cell["many"]["ack_ms"]["p99"] > 0
    assert result["feeds"]["batches"] > 0


def test_the_watch_over_uploads_asks_of_what_was_put_in_and_of_nothing_else() -> None:
    result = bench(
        "feeds", "--count", "30", "--days", "4", "--rounds", "7", "--readings", "1"
    )

    # Two cinemas a source; source 1, 2 and 3 of thirty have a fault each.
    assert result["asked"] == {"totals_differ": 2, "gap": 2, "refused": 2}
    assert set(result["rounds"]) == {
        "the first of a process",
        "the first of an hour",
        "every other",
    }
    assert all(each["HTML KB"] > 0 for each in result["pages"].values())


def test_ingest_measures_a_full_register_beside_an_empty_one() -> None:
    result = bench(
        "ingest", "--stored", "0.01", "--batch", "20", "--tills", "2",
        "--seconds", "0.3", "--repeats", "1",
    )  # fmt: skip

    (row,) = result["tables"][0]["rows"]
    assert result["stored"] == 10_000
    assert row["ratio"] > 0


def test_rebuild_comes_to_what_a_group_by_counts() -> None:
    result = bench("rebuild", "--events", "130000")

    (row,) = result["tables"][0]["rows"]
    assert row["events"] == 130_000
    assert row["showings × channels"] > 3 * 2_000


def test_fresh_follows_every_sale_to_the_page() -> None:
    result = bench("fresh", "--rate", "40", "--seconds", "1.5")

    assert [row["from → to"] for row in result["tables"][0]["rows"]] == [
        "sale sent → answer",
        "answer → live page",
        "sale sent → live page",
    ]


def test_soak_recounts_refunds_doubles_late_and_bad_events() -> None:
    result = bench("soak", "--rate", "600", "--minutes", "0.04")

    figures, memory, _, outcomes = (each["rows"] for each in result["tables"])
    assert (figures[0]["lost"], figures[0]["doubled"]) == (0, 0)
    assert {row["part"] for row in memory} == {
        "server",
        "signer",
        "worker",
        "postgresql",
    }
    assert {row["outcome"] for row in outcomes} == {
        "entered",
        "already_entered",
        "event_is_malformed",
        "showing_not_in_catalog",
        "ticket_was_never_sold",
    }


def test_watch_measures_readers_beside_stalled_ones() -> None:
    result = bench("watch", "--readers", "12", "--seconds", "1")

    alone, crowd = result["tables"][0]["rows"]
    assert (alone["admitted"], crowd["admitted"], crowd["stalled"]) == (1, 12, 3)


def test_proofs_waits_for_a_checkpoint_of_every_sale_and_audits() -> None:
    result = bench("proofs", "--rate", "100", "--seconds", "1.5", "--events", "2000")

    whole_log = result["tables"][2]["rows"][0]
    assert whole_log["entries"] >= 2_000
    assert whole_log["differences"] == 0
    assert result["witnesses"] == "not done"


def test_verify_finds_every_ticket_that_was_sold() -> None:
    result = bench("verify", "--tickets", "100", "--seconds", "0.5")

    rows = result["tables"][0]["rows"]
    assert [(row["asked for"], row["tickets"]) for row in rows] == [
        ("JSON", "cold"),
        ("JSON", "warm"),
        ("page", "cold"),
        ("page", "warm"),
    ]
