"""The live table of a play: each stage of the journey moving, in virtual time."""

import time
from datetime import datetime
from typing import Self

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction

_EVERY_S = 1.5
_LINE_EVERY_S = 10.0


class Stand(msgspec.Struct, frozen=True):
    """Where everything stands: orders by answer, things by the stage that they have passed."""

    received: int
    refused: int
    cancelled: int
    allocated: int
    picked: int
    packed: int
    labelled: int
    handed_over: int
    delivered: int
    lost: int
    returned: int
    closed_returns: int
    exceptions: int


@query
async def stand(tx: Transaction) -> Stand | None:
    """Count how far everything has come."""


class Board:
    """Shows a play on a terminal; where there is none, it prints a line now and then."""

    def __init__(self, console: Console, title: str) -> None:
        """Show on `console`."""
        self._console = console
        self._title = title
        self._shown_at = 0.0
        self._begun_at = time.monotonic()
        self._live = Live(console=console, refresh_per_second=4, transient=True)
        self._previous: tuple[float, int] = (0.0, 0)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    async def show(self, database: Database, now: datetime, done: float) -> None:
        """Show where everything stands at `now`, at most so often that it costs nothing."""
        pause = _EVERY_S if self._console.is_terminal else _LINE_EVERY_S
        if time.monotonic() - self._shown_at < pause:
            return
        self._shown_at = time.monotonic()
        stood = await database.run(OPERATOR, stand)
        assert stood is not None
        if self._console.is_terminal:
            self._live.update(self._table(stood, now, done))
        else:
            self._console.print(
                f"{now:%a %d %b %H:%M} {done:4.0%}  received {stood.received:,}  "
                f"packed {stood.packed:,}  handed over {stood.handed_over:,}  "
                f"delivered {stood.delivered:,}  returned {stood.returned:,}"
            )

    def _table(self, s: Stand, now: datetime, done: float) -> Group:
        table = Table(box=None, pad_edge=False)
        table.add_column("stage")
        table.add_column("", width=42)
        table.add_column("so far", justify="right")
        table.add_column("", justify="left", style="dim")
        wanted = max(1, s.received - s.cancelled)
        rows = [
            ("received", s.received, s.received + s.refused, f"{s.refused:,} refused"),
            ("allocated", s.allocated, s.received, f"{s.cancelled:,} cancelled"),
            ("picked", s.picked, wanted, ""),
            ("packed", s.packed, wanted, ""),
            ("labelled", s.labelled, wanted, "customs first where it crosses a border"),
            ("handed over", s.handed_over, wanted, ""),
            ("delivered", s.delivered, wanted, f"{s.lost:,} lost or refused"),
            ("returned", s.closed_returns, max(1, s.returned), f"of {s.returned:,} asked for"),
        ]
        for name, count, total, note in rows:
            bar = ProgressBar(total=max(total, 1), completed=min(count, total), width=40)
            table.add_row(name, bar, f"{count:,}", note)
        elapsed = time.monotonic() - self._begun_at
        head = Text.assemble(
            (self._title, "bold"),
            f"   {now:%A %d %B %Y, %H:%M} UTC   {done:.0%} in {elapsed:.0f} s   ",
            (f"{s.exceptions} open exceptions", "yellow" if s.exceptions else "dim"),
        )
        return Group(head, Text(""), table)
