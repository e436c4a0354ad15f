"""`python -m ekino_demo`: the country as a process of its own; it prints what it does as JSON."""

import argparse
import sys
from pathlib import Path

from ekino_demo.crowd import KIOSKS_MAX
from ekino_demo.market import PACE_MAX
from ekino_demo.network import LineError
from ekino_demo.play import Play, Refusal


def read_pace(text: str) -> float:
    """Read tickets a second, from 0 to PACE_MAX; ValueError otherwise."""
    pace = float(text)
    if not 0 <= pace <= PACE_MAX:
        raise ValueError(f"the pace is 0 … {PACE_MAX:g} tickets a second")
    return pace


def main() -> int:
    """Play until told to stop, or for the seconds asked for."""
    options = argparse.ArgumentParser(prog="python -m ekino_demo", description=__doc__)
    options.add_argument("--url", required=True, help="where the register serves")
    options.add_argument(
        "--data-dir", required=True, type=Path, help="the country's own folder"
    )
    options.add_argument("--operator-key", required=True, type=Path)
    options.add_argument(
        "--pace", type=read_pace, default=8.0, help="tickets sold a second"
    )
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--weeks", type=int, default=0, help="earlier weeks that are uploaded afterwards"
    )
    options.add_argument(
        "--kiosks", type=int, default=0, help="small sources beside the country's own"
    )
    options.add_argument(
        "--seconds", type=float, help="end by itself after so many seconds"
    )
    given = options.parse_args()
    try:
        return Play(
            url=given.url,
            folder=given.data_dir,
            operator_key=given.operator_key,
            pace=given.pace,
            seed=given.seed,
            weeks=given.weeks,
            kiosks=min(given.kiosks, KIOSKS_MAX),
            seconds=given.seconds,
        ).run()
    except (LineError, Refusal) as error:
        print(f"ekino demo: {error}", file=sys.stderr)  # noqa: T201 - talk for the parent
        return 1


if __name__ == "__main__":
    sys.exit(main())
