"""The auditor: an oracle that keeps its own books from the events alone, and compares.

It folds what is new since it last looked (stock moves, status moves), so that it can look every
virtual hour, and shares no code with what it checks. A play taken up again starts with a new
auditor, which reads everything from the first event on.
"""

import asyncio
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


class Misplaced(msgspec.Struct, frozen=True):
    """How many subjects have another status (none: "") than their last move gave them."""

    kind: str
    status: str
    to_status: str
    subjects: int


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
    last_id: int


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
async def misplaced(tx: Transaction, *, after: int) -> list[Misplaced]:
    """Find the subjects moved after a move's id that do not stand where that put them."""


@query
async def populations(tx: Transaction) -> list[Population]:
    """Count the subjects by status."""


@query
async def tallies(
    tx: Transaction, *, now: datetime, after_order: int, after_transfer: int
) -> list[Tally]:
    """Count what must agree: holds, orders, exceptions, outbox, money, labels."""


class Answered(msgspec.Struct, frozen=True):
    """How many orders of a merchant are stored with an outcome."""

    merchant: str
    outcome: str
    orders: int
    last_id: int


class Known(msgspec.Struct, frozen=True):
    """How many effects at a vendor Penstock knows of, and how many it has yet to ask after."""

    vendor: str
    effect: str
    effects: int
    unsettled: int


@query
async def answered(tx: Transaction, *, after: int) -> list[Answered]:
    """Count the orders stored after an order's id, by merchant and outcome."""


@query
async def known_effects(tx: Transaction) -> list[Known]:
    """Count what was done by vendors as Penstock has it in its books."""


@query
async def announced(tx: Transaction) -> int | None:
    """Count the status moves that were put into the outbox, passed on or not."""


class Seen(msgspec.Struct, frozen=True):
    """Up to where the auditor has read what is only ever added to."""

    stock: int = 0
    moves: int = 0
    orders: int = 0
    transfers: int = 0


class Evidence(msgspec.Struct, frozen=True):
    """What stood in everybody's books at one moment."""

    at: datetime
    stock: list[Folded]
    counters: list[Counter]
    moves: list[NewMove]
    misplaced: list[Misplaced]
    tallies: list[Tally]
    told: int
    answered: list[Answered]
    populations: list[Population]
    known: list[Known]
    acknowledged: dict[tuple[str, str], int]
    booked: dict[tuple[str, str], int]


Found = tuple[str, str]
"""A broken invariant and how."""


class Auditor:
    """Looks as often as it is asked to and keeps every broken invariant.

    A look reads one snapshot of the database, and is judged while the play goes on.
    """

    def __init__(self, database: Database, books: Books) -> None:
        """Start with empty books."""
        self._database = database
        self._books = books
        self._seen = Seen()
        self._stock: dict[Account, int] = {}
        self._moves: dict[tuple[str, str, str, str], int] = {}
        self._answered: dict[tuple[str, str], int] = {}
        self._looking: asyncio.Task[None] | None = None
        self.looks = 0
        self.broken: list[Broken] = []

    async def begin(self, now: datetime) -> None:
        """Start a look at this moment; return as soon as nothing later can be seen by it."""
        await self.settle()
        acknowledged, booked = self._books.acknowledged(), self._books.counts()
        taken = asyncio.Event()

        async def read(tx: Transaction) -> Evidence:
            return await _read(tx, now, self._seen, taken, acknowledged, booked)

        async def look() -> None:
            self._judge(await self._database.run(OPERATOR, read, snapshot=True))

        self._looking = asyncio.create_task(look())
        waiting = asyncio.create_task(taken.wait())
        await asyncio.wait({self._looking, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def settle(self) -> None:
        """Wait for the last look's judgement."""
        looking, self._looking = self._looking, None
        if looking is not None:
            await looking

    def _judge(self, evidence: Evidence) -> None:
        """Fold what is new into the auditor's own books and compare; nothing here waits."""
        found = self._check_stock(evidence) + self._check_moves(evidence)
        for tally in evidence.tallies:
            if tally.left != tally.right:
                invariant, _, what = tally.name.partition(": ")
                found.append((invariant, f"{what}: {tally.left} against {tally.right}"))
        moved = sum(self._moves.values())
        if evidence.told != moved:
            found.append(("I10", f"{moved} status moves, {evidence.told} in or out of the outbox"))
        found += self._check_answers(evidence)
        found += self._check_populations(evidence.populations)
        found += _check_effects(evidence.known, evidence.booked)
        self._seen = Seen(
            max([self._seen.stock, *(row.last_id for row in evidence.stock)]),
            max([self._seen.moves, *(row.last_id for row in evidence.moves)]),
            max([self._seen.orders, *(row.last_id for row in evidence.answered)]),
            max([self._seen.transfers, *(row.last_id for row in evidence.tallies)]),
        )
        self.looks += 1
        self.broken += [Broken(invariant, evidence.at, detail) for invariant, detail in found]

    def _check_stock(self, evidence: Evidence) -> list[Found]:
        """I1 and I2: counters equal the moves; nothing is reserved that is not there."""
        for row in evidence.stock:
            key = (row.merchant_id, row.sku_id, row.account, row.holder)
            self._stock[key] = self._stock.get(key, 0) + row.units
        found = []
        expected = {
            key: units for key, units in self._stock.items() if units and key[2] not in _NOWHERE
        }
        for c in evidence.counters:
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

    def _check_moves(self, evidence: Evidence) -> list[Found]:
        """I4: every move is legal, and what was moved is where it was moved to."""
        for row in evidence.moves:
            key = (row.kind, row.from_status, row.event, row.to_status)
            self._moves[key] = self._moves.get(key, 0) + row.moves
        found = [("I4", f"illegal move {key}") for key in self._moves if key not in _LEGAL]
        return found + [
            ("I4", f"{m.subjects} × {m.kind} {m.status!r}, last moved to {m.to_status}")
            for m in evidence.misplaced
        ]

    def _check_populations(self, populations: list[Population]) -> list[Found]:
        """I4: what entered a status and did not leave it is there, and nothing else."""
        found = []
        here: dict[tuple[str, str], int] = {}
        for (kind, from_status, _, to_status), moves in self._moves.items():
            here[kind, to_status] = here.get((kind, to_status), 0) + moves
            if from_status != BORN:
                here[kind, from_status] = here.get((kind, from_status), 0) - moves
        counted = {(p.kind, p.status): p.subjects for p in populations}
        for s in STATUSES:
            before, now = here.get((s.kind, s.status), 0), counted.get((s.kind, s.status), 0)
            if before != now:
                detail = f"{s.kind} {s.status}: history says {before}, there are {now}"
                found.append(("I4", detail))
        return found

    def _check_answers(self, evidence: Evidence) -> list[Found]:
        """I3: an order that was answered is stored, once, with that answer."""
        for row in evidence.answered:
            key = (row.merchant, row.outcome)
            self._answered[key] = self._answered.get(key, 0) + row.orders
        return [
            ("I3", f"{who}: {orders} answered {outcome}, {stored} stored")
            for (who, outcome), orders in evidence.acknowledged.items()
            if outcome in _STORED and (stored := self._answered.get((who, outcome), 0)) != orders
        ]


async def _read(
    tx: Transaction,
    now: datetime,
    seen: Seen,
    taken: asyncio.Event,
    acknowledged: dict[tuple[str, str], int],
    booked: dict[tuple[str, str], int],
) -> Evidence:
    counters = await stock_counters(tx)
    taken.set()
    return Evidence(
        at=now,
        counters=counters,
        stock=await fold_stock(tx, after=seen.stock),
        moves=await fold_moves(tx, after=seen.moves),
        misplaced=await misplaced(tx, after=seen.moves),
        tallies=await tallies(tx, now=now, after_order=seen.orders, after_transfer=seen.transfers),
        told=await announced(tx) or 0,
        answered=await answered(tx, after=seen.orders),
        populations=await populations(tx),
        known=await known_effects(tx),
        acknowledged=acknowledged,
        booked=booked,
    )


def _check_effects(rows: list[Known], booked: dict[tuple[str, str], int]) -> list[Found]:
    """I5: what stands in the vendors' books stands in ours, once, or is being asked after."""
    known = {(row.vendor, row.effect): row for row in rows}
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
