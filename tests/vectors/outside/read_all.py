"""Read a log with aics-tlog alone: every checkpoint in a folder, every tile and bundle of each."""

# Run by the Python in which aics-tlog is: read_all.py VKEY DIR [URL]

import sys
from pathlib import Path

from aics_tlog.checkpoint import parse_checkpoint, verify_checkpoint
from aics_tlog.note import parse_note, parse_vkey
from aics_tlog.remote import HttpTileReader
from aics_tlog.tiles import FileSystemTileReader
from aics_tlog.verified import audit_tiles


def main() -> None:
    """Audit every checkpoint, or fail with what is wrong."""
    vkey, folder, *url = sys.argv[1:]
    reader = HttpTileReader(url[0], proxies={}) if url else FileSystemTileReader(folder)
    done = 0
    for path in sorted(Path(folder).glob("checkpoint*")):
        note = parse_note(path.read_text("utf-8"))
        outcome = verify_checkpoint(note, parse_vkey(vkey))
        assert outcome.ok, outcome.error
        checkpoint = parse_checkpoint(note.text)
        if checkpoint.size:
            audit_tiles(reader, checkpoint.size, checkpoint.root)
        done += 1
    sys.stdout.write(f"{done} checkpoints\n")


if __name__ == "__main__":
    main()
