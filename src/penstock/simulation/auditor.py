"""The auditor: an oracle that keeps its own books from the events alone, and compares.

It folds what is new since it last looked (stock moves, status moves), so that it can look every
virtual hour, and shares no code with what it checks. A play taken up again starts with a new
auditor, which reads everything from the first event on.
"""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.lifecycle.states import BORN, STATUSES, TRANSITIONS
from penstock.simulation.books import Books

Account = tuple[int, int, str, int]
"""merchant_id, sku_id, account, holder."""


class Broken(msgspec.Struct, frozen=True):
    """An invariant that does not hold: which (I1–I10 of the design), when, and how."""

    invariant: str
    at: datetime
    detail: str


class Folded(msgspec.Struct, frozen=True):
    """Units that new moves brought to an account (negative: took from it)."""

    merchant_id: int
    sku_id: int
    account: str
    holder: int
    units: int
    last_id: int


class Counter(msgspec.Struct, frozen=True):
    """A counter row: a pool's (on_hand, reserved) or a node's (on_hand, allocated)."""

    plane: str
    merchant_id: int
    sku_id: int
    holder: int
    on_hand: int
    kept: int


class NewMove(msgspec.Struct, frozen=True):
    """Status moves of one kind since the last look."""

    kind: str
    from_status: str
    event: str
    to_status: str
    moves: int
    last_id: int


class Population(msgspec.Struct, frozen=True):
    """How many subjects have a status now."""

    kind: str
    status: str
    subjects: int


class Tally(msgspec.Struct, frozen=True):
    """A named count that must be equal to another, or zero."""

    name: str
    left: int
    right: int


@query
async def fold_stock(tx: Transaction, *, after: int) -> list[Folded]:
    """Sum the stock moves after a move's id by account."""


@query
async def stock_counters(tx: Transaction) -> list[Counter]:
    """Read all counters of both planes."""


@query
async def fold_moves(tx: Transaction, *, after: int) -> list[NewMove]:
    """Count the status moves after a move's id by transition."""


@query
async def populations(tx: Transaction) -> list[Population]:
    """Count the subjects by status."""


@query
async def tallies(tx: Transaction, *, now: datetime) -> list[Tally]:
    """Count what must agree: holds, orders, exceptions, outbox, money, labels."""


class Answered(msgspec.Struct, frozen=True):
    """How many orders of a merchant are stored with an outcome."""

    merchant: str
    outcome: str
    orders: int


class Known(msgspec.Struct, frozen=True):
    """How many effects at a vendor Penstock knows of, and how many it has yet to ask after."""

    vendor: str
    effect: str
    effects: int
    unsettled: int


@query
async def answered(tx: Transaction) -> list[Answered]:
    """Count the stored orders by merchant and outcome."""


@query
async def known_effects(tx: Transaction) -> list[Known]:
    """Count what was done by vendors as Penstock has it in its books."""


@query
async def announced(tx: Transaction) -> int | None:
    """Count the status moves that were put into the outbox, passed on or not."""


class Auditor:
    """Looks as often as it is asked to and keeps every broken invariant."""

    def __init__(self, database: Database, books: Books) -> None:
        """Start with empty books."""
        self._database = database
        self._books = books
        self._stock: dict[Account, int] = {}
        self._stock_seen = 0
        self._moves: dict[tuple[str, str, str, str], int] = {}
        self._moves_seen = 0
        self.looks = 0
        self.broken: list[Broken] = []

    async def look(self, now: datetime) -> int:
        """Check every invariant at `now`; return how many are broken."""
        found = await self._database.run(OPERATOR, lambda tx: self._look(tx, now))
        self.looks += 1
        self.broken += [Broken(invariant, now, detail) for invariant, detail in found]
        return len(found)

    async def _look(self, tx: Transaction, now: datetime) -> list[tuple[str, str]]:
        found = await self._check_stock(tx)
        found += await self._check_moves(tx)
        for tally in await tallies(tx, now=now):
            if tally.left != tally.right:
                invariant, _, what = tally.name.partition(": ")
                found.append((invariant, f"{what}: {tally.left} against {tally.right}"))
        told, moved = await announced(tx), sum(self._moves.values())
        if told != moved:
            found.append(("I10", f"{moved} status moves, {told} in or out of the outbox"))
        return found + await self._check_answers(tx) + await self._check_effects(tx)

    async def _check_stock(self, tx: Transaction) -> list[tuple[str, str]]:
        """I1 and I2: counters equal the moves; nothing is reserved that is not there."""
        for row in await fold_stock(tx, after=self._stock_seen):
            key = (row.merchant_id, row.sku_id, row.account, row.holder)
            self._stock[key] = self._stock.get(key, 0) + row.units
            self._stock_seen = max(self._stock_seen, row.last_id)
        found = []
        expected = {
            key: units for key, units in self._stock.items() if units and key[2] not in _NOWHERE
        }
        for c in await stock_counters(tx):
            free, kept = _ACCOUNTS[c.plane]
            who = (c.merchant_id, c.sku_id)
            for account, units in ((free, c.on_hand - c.kept), (kept, c.kept)):
                in_books = expected.pop((*who, account, c.holder), 0)
                if in_books != units:
                    detail = f"{account} {c.holder} of {who}: counter {units}, moves {in_books}"
                    found.append(("I1", detail))
            if not 0 <= c.kept <= c.on_hand:
                found.append(("I2", f"{c.plane} {c.holder} of {who}: {c.kept} of {c.on_hand}"))
        found += [("I1", f"{key}: {units} without a counter") for key, units in expected.items()]
        found += [
            ("I1", f"{key} is negative: {units}")
            for key, units in self._stock.items()
            if units < 0 and key[2] != "outside"
        ]
        return found

    async def _check_moves(self, tx: Transaction) -> list[tuple[str, str]]:
        """I4: every move is legal, and what entered a status and did not leave it is there."""
        for row in await fold_moves(tx, after=self._moves_seen):
            key = (row.kind, row.from_status, row.event, row.to_status)
            self._moves[key] = self._moves.get(key, 0) + row.moves
            self._moves_seen = max(self._moves_seen, row.last_id)
        found = [("I4", f"illegal move {key}") for key in self._moves if key not in _LEGAL]
        here: dict[tuple[str, str], int] = {}
        for (kind, from_status, _, to_status), moves in self._moves.items():
            here[kind, to_status] = here.get((kind, to_status), 0) + moves
            if from_status != BORN:
                here[kind, from_status] = here.get((kind, from_status), 0) - moves
        counted = {(p.kind, p.status): p.subjects for p in await populations(tx)}
        for s in STATUSES:
            before, now = here.get((s.kind, s.status), 0), counted.get((s.kind, s.status), 0)
            if before != now:
                detail = f"{s.kind} {s.status}: history says {before}, there are {now}"
                found.append(("I4", detail))
        return found

    async def _check_answers(self, tx: Transaction) -> list[tuple[str, str]]:
        """I3: an order that was answered is stored, once, with that answer."""
        stored = {(row.merchant, row.outcome): row.orders for row in await answered(tx)}
        return [
            ("I3", f"{who}: {orders} answered {outcome}, {stored.get((who, outcome), 0)} stored")
            for (who, outcome), orders in self._books.acknowledged().items()
            if outcome in _STORED and stored.get((who, outcome), 0) != orders
        ]

    async def _check_effects(self, tx: Transaction) -> list[tuple[str, str]]:
        """I5: what stands in the vendors' books stands in ours, once."""
        known = {(row.vendor, row.effect): row for row in await known_effects(tx)}
        booked = self._books.counts()
        found = []
        for key in sorted(booked.keys() | known.keys()):
            ours = known.get(key, Known(*key, 0, 0))
            if not ours.effects <= booked.get(key, 0) <= ours.effects + ours.unsettled:
                detail = f"{key[0]} booked {booked.get(key, 0)} {key[1]}, we know {ours.effects}"
                found.append(("I5", f"{detail}, {ours.unsettled} are open"))
        return found


_NOWHERE = frozenset({"outside", "missing", "scrap"})
_ACCOUNTS = {
    "pool": ("pool_available", "pool_reserved"),
    "node": ("node_free", "node_allocated"),
}
_LEGAL = {(t.kind, t.from_status, t.event, t.to_status) for t in TRANSITIONS}
_STORED = frozenset({"accepted", "insufficient_stock", "daily_cap_reached"})
