"""How much memory a play takes, all its processes together, as Linux accounts for it."""

import os
from pathlib import Path

_PROC = Path("/proc")


def proportional_mib(roots: list[int]) -> float:
    """Return the proportional set size (PSS) of `roots` and all their descendants, in MiB.

    PSS counts a page that n processes share as 1/n of a page to each, so the sum is what the
    machine really gives. 0.0 where the system does not tell.
    """
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir() if _PROC.exists() else ():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    total_kib, waiting, seen = 0, list(roots), set[int]()
    while waiting:
        pid = waiting.pop()
        if pid in seen:
            continue
        seen.add(pid)
        waiting += children.get(pid, [])
        total_kib += _pss_kib(pid)
    return total_kib / 1024


def _parent(entry: Path) -> int | None:
    try:
        stat = (entry / "stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def _pss_kib(pid: int) -> int:
    try:
        descriptor = os.open(f"/proc/{pid}/smaps_rollup", os.O_RDONLY)
    except OSError:
        return 0
    try:
        text = os.read(descriptor, 4096).decode()
    except OSError:
        return 0
    finally:
        os.close(descriptor)
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
