"""What a journey is declared with: `Step` works on what is due, `Call` talks to the outside."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.transaction import Transaction
from penstock.gateways.intent import Intent, Settled
from penstock.gateways.port import Effect
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.states import Kind


class Due(msgspec.Struct, frozen=True):
    """When a thing of this kind has this status and its `due_at` has come."""

    kind: Kind
    status: str


class Every(msgspec.Struct, frozen=True):
    """When this much time has passed since the last time."""

    interval: timedelta


class Step(msgspec.Struct, frozen=True):
    """Claims due subjects and acts on them in one transaction.

    `do` moves them on through `lifecycle.advance`; what it leaves where it is comes up again
    after a pause that doubles, and stays visible by its deadline.
    """

    name: str
    when: Due
    do: Callable[[Transaction, Sequence[Subject], datetime], Awaitable[None]]
    batch: int = 500


class Timed(msgspec.Struct, frozen=True):
    """Acts on whatever its own SQL finds, each interval, in one transaction.

    `do` returns how many things it did; a full batch is followed by another at once.
    """

    name: str
    when: Every
    do: Callable[[Transaction, datetime], Awaitable[int]]
    batch: int = 1_000_000


class Call(msgspec.Struct, frozen=True):
    """An effect outside, exactly once: intent committed, call without a transaction, outcome.

    `prepare` chooses vendor and request for each claimed subject (one it leaves out comes up
    again later); `record` writes what came of it and moves the subjects on. An outcome that never
    came is asked after by its reference before the effect is asked for again.

    One that is `beside` goes on while the steps before it do, because neither reads nor writes what
    the other does: a vendor that takes its time keeps nobody else waiting.
    """

    name: str
    when: Due
    effect: Effect
    prepare: Callable[[Transaction, Sequence[Subject], datetime], Awaitable[Sequence[Intent]]]
    record: Callable[[Transaction, Sequence[Settled], datetime], Awaitable[None]]
    batch: int = 200
    beside: bool = False


Work = Step | Timed | Call
