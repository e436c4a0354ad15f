"""What processes use: processor time and memory of a process and all its children, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Of /proc/<pid>/stat, behind the name in parentheses: parent, times with those of children
# that have ended, resident pages. Source: proc_pid_stat(5).
_PARENT, _TIMES, _RESIDENT = 1, slice(11, 15), 21


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process has used so far."""

    pid: int
    parent: int
    cpu_s: float
    rss_bytes: int


def _read(pid: str) -> Usage | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return Usage(
        int(pid),
        int(fields[_PARENT]),
        sum(int(field) for field in fields[_TIMES]) / _TICKS_PER_S,
        int(fields[_RESIDENT]) * _PAGE_BYTES,
    )


def everybody() -> list[Usage]:
    """Give every process of this machine."""
    return [
        usage
        for name in os.listdir("/proc")  # noqa: PTH208 - /proc has names, not files
        if name.isdigit() and (usage := _read(name)) is not None
    ]


def tree(root: int, among: list[Usage] | None = None) -> list[Usage]:
    """Give a process and all that descend from it, itself first; empty when it is gone."""
    known = everybody() if among is None else among
    children: dict[int, list[Usage]] = {}
    for usage in known:
        children.setdefault(usage.parent, []).append(usage)
    found = [usage for usage in known if usage.pid == root]
    for usage in found:
        found.extend(children.get(usage.pid, ()))
    return found


def cpu_s(root: int, among: list[Usage] | None = None) -> float:
    """
    Give the processor time of a process tree, in seconds.

    Ended children count with whoever waited for them, so that nothing is lost between two
    looks at a server that makes a process for each connection.
    """
    return sum(usage.cpu_s for usage in tree(root, among))


def machine_busy_s() -> float:
    """Give the processor time that everybody on this machine has used, in seconds."""
    # user nice system idle iowait irq softirq steal. Source: proc_stat(5).
    fields = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]
    numbers = [int(field) for field in fields]
    return (sum(numbers) - numbers[3] - numbers[4]) / _TICKS_PER_S
