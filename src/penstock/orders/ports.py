"""What receipt needs of other stages, handed in by `journey.py`."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from penstock.db.transaction import Transaction
from penstock.orders.decide import PoolSku
from penstock.orders.item import Dated


class Extension(Protocol):
    """By how much orders above the handling capacity are due later."""

    @property
    def days_per_fill(self) -> int:
        """Days for each time that the capacity is full."""
        ...

    @property
    def days_max(self) -> int:
        """Days at most."""
        ...


class Terms(Protocol):
    """The policies in force for a merchant's orders."""

    def hold(self, channel: str, own: timedelta) -> timedelta:
        """Return the remorse hold after payment."""
        ...

    def capacity(self, channel: str) -> Extension | None:
        """Return the rule for orders above the capacity; None: they are due as all others."""
        ...

    def reservation(self, channel: str, stream: str) -> timedelta:
        """Return how long an unpaid order keeps its stock; 0: unpaid orders are refused."""
        ...


class Handling(Protocol):
    """Orders of a merchant's day where they are expected to be handled."""

    @property
    def declared(self) -> bool:
        """Whether the merchant has said what it can handle."""
        ...

    @property
    def handled(self) -> Mapping[int, int]:
        """Orders by node; empty where no node has a capacity."""
        ...

    def take(self, pool_ids: Iterable[int]) -> tuple[int, int | None]:
        """Count an order of these pools; return its position there, and the capacity."""
        ...


class Admission(Protocol):
    """The merchant's standing today, locked until the transaction ends."""

    @property
    def status(self) -> str:
        """`approved`, or why it may not sell."""
        ...

    @property
    def orders_left(self) -> int:
        """Orders that the caps still allow today."""
        ...

    @property
    def limited_by(self) -> str:
        """Which cap that is: `daily_cap`, `tier` or `volume_limit`."""
        ...

    @property
    def handling(self) -> Handling:
        """What is counted of accepted orders, against what the merchant can handle."""
        ...

    @property
    def hold(self) -> timedelta:
        """The merchant's own remorse hold before allocation."""
        ...

    @property
    def terms(self) -> Terms:
        """The policies in force."""
        ...

    @property
    def order_ids(self) -> Sequence[int]:
        """Numbers for the orders stored, drawn behind the lock: who came first has the lower."""
        ...


class Verdict(Protocol):
    """Whether a stream lets an order through: what held it back, empty if nothing."""

    @property
    def outcome(self) -> str:
        """Such as `paused`."""
        ...

    @property
    def line(self) -> int:
        """The first line that it is about, -1 for the whole order."""
        ...


class Passage(Protocol):
    """The verdicts on a batch, to be told what became of it."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """One an order."""
        ...

    async def count(
        self,
        tx: Transaction,
        taken: Sequence[tuple[int, tuple[tuple[int, int], ...]]],
        now: datetime,
    ) -> None:
        """Count (order id or 0, (sku_id, units) a line) of each order."""
        ...


class Extend(Protocol):
    """By how many days the order at a position of a day is due later; capacity None: none."""

    def __call__(
        self, position: int, capacity: int | None, *, days_per_fill: int, days_max: int
    ) -> int:
        """Return the days."""
        ...


Asking = tuple[int | None, tuple[tuple[int, int], ...], str, tuple[int, ...]]
"""An order that asks a stream: (stream_id, (sku_id, units) a line, buyer_id, tickets)."""
LetThrough = Callable[[Transaction, int, Sequence[Asking], datetime], Awaitable[Passage]]
Promise = Callable[[str, str, Sequence[datetime], Sequence[int]], Sequence[Dated]]
"""(SLA code, country, times of payment, days later or none) to one dated promise each."""
Told = tuple[int, int, datetime, datetime]
"""An order that is due later than usual: (order_id, days, dispatch_by_at, deliver_by_at)."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The functions of other stages, and where answers of long ago are kept.

    `write` is all that a batch writes as one statement: `store`, and what the merchant's day, the
    stock and the lifecycle write of the same orders (`lending.py` joins them).
    """

    admission: Callable[[Transaction, int, datetime, int], Awaitable[Admission | None]]
    lock_stock: Callable[[Transaction, int, set[PoolSku]], Awaitable[dict[PoolSku, int]]]
    write: Callable[..., Awaitable[None]]
    bodies_of: Callable[
        [Transaction, int, Sequence[str], Sequence[bytes], datetime], Awaitable[dict[str, bytes]]
    ]
    let_through: LetThrough
    promise: Promise
    extend: Extend
    tell_extended: Callable[[Transaction, int, Sequence[Told], datetime], Awaitable[None]]
    archive_folder: Path | None = None
