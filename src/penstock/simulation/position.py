"""How far a play has come, on disk, so that it can be taken up where it was killed."""

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

Phase = Literal["people", "worker", "audit"]
PHASES: tuple[Phase, ...] = ("people", "worker", "audit")


class Position(msgspec.Struct, frozen=True):
    """The play (seed, scale, days), the tick it is at, and the phase of it that is to be done."""

    seed: int
    scale: float
    days: float
    tick: int = 0
    phase: Phase = "people"
    finished: bool = False
    spent_s: float = 0.0
    started_at: datetime | None = None


def read_position(path: Path) -> Position | None:
    """Return where the last play stopped; None if there was none or the file is unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Position)
    except (OSError, msgspec.DecodeError):
        return None


def write_position(path: Path, position: Position) -> None:
    """Replace the file in one move: a kill leaves the old or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(position))
    os.replace(fresh, path)  # noqa: PTH105  the atomic one, by its usual name
