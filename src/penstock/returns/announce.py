"""Tell a processor what is coming back, and learn under which label."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import ReturnAnnounced, ReturnRequest
from penstock.gateways.port import Request
from penstock.lifecycle.advance import Subject, move
from penstock.returns.record_events import apply_held
from penstock.worker.step import Intent, Settled


class Announcement(msgspec.Struct, frozen=True):
    """An approved return and the processor that will take it."""

    merchant_id: int
    return_id: int
    vendor: str
    reference: str
    country: str
    units: int
    reason: str


@query
async def choose_processors(
    tx: Transaction, *, merchant_ids: list[int], return_ids: list[int], now: datetime
) -> list[Announcement]:
    """Choose a processor for each return: one with a rate for the lane before any other."""


@query
async def store_announcements(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    return_ids: list[int],
    vendors: list[str],
    label_references: list[str],
    fee_minor: list[int],
    fee_currencies: list[str],
) -> None:
    """Write down the label and the fee that processors answered."""


async def prepare_announcements(
    tx: Transaction, subjects: Sequence[Subject], now: datetime
) -> list[Intent]:
    """Word the announcement of each approved return.

    The reference is made of what the merchant itself gave (its code, the request's key), because
    numbers that a database draws may have gaps after a crash and then name another return.
    A return for which there is no processor among the vendors is left out, and comes up again.
    """
    chosen = await choose_processors(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        return_ids=[s.subject_id for s in subjects],
        now=now,
    )
    return [
        Intent(
            Subject(c.merchant_id, c.return_id),
            c.vendor,
            Request(c.reference, msgspec.json.encode(_worded(c, now))),
        )
        for c in chosen
    ]


async def record_announcements(tx: Transaction, settled: Sequence[Settled], now: datetime) -> None:
    """Move returns on that a processor expects, and apply what it told of them before.

    What it refused stays approved, to be asked for again, and visible by its deadline.
    """
    answered = [
        (s.intent, msgspec.json.decode(s.outcome.body, type=ReturnAnnounced))
        for s in settled
        if s.outcome.state == "done"
    ]
    subjects = [intent.subject for intent, _ in answered]
    await store_announcements(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        return_ids=[s.subject_id for s in subjects],
        vendors=[intent.vendor for intent, _ in answered],
        label_references=[answer.label_reference for _, answer in answered],
        fee_minor=[answer.fee_minor for _, answer in answered],
        fee_currencies=[answer.currency for _, answer in answered],
    )
    await move(tx, subjects, "announced", now)
    await apply_held(tx, subjects, now)


def _worded(announcement: Announcement, now: datetime) -> ReturnRequest:
    return ReturnRequest(
        reference=announcement.reference,
        country=announcement.country,
        units=announcement.units,
        reason=announcement.reason,
        announced_at=now,
    )
