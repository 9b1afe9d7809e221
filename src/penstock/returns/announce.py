"""Tell a processor what is coming back, and learn under which label."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import ReturnAnnounced, ReturnRequest
from penstock.gateways.intent import Intent, Settled
from penstock.gateways.port import Request
from penstock.kernel.money import CURRENCIES
from penstock.lifecycle.advance import Subject, move
from penstock.returns.record_events import apply_held

Trouble = tuple[int, int, str, str, str]
"""What a person should look at: (merchant_id, return_id, reason, fault, detail)."""
Report = Callable[[Transaction, Sequence[Trouble], datetime], Awaitable[object]]


_NOBODY = (
    "no_returns_processor",
    "",
    "no vendor takes returns: sign one on with the role returns_processor, then it goes on",
)


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
    tx: Transaction,
    subjects: Sequence[Subject],
    now: datetime,
    *,
    report: Report | None = None,
) -> list[Intent]:
    """Word the announcement of each approved return.

    The reference is made of what the merchant itself gave (its code, the request's key), because
    numbers that a database draws may have gaps after a crash and then name another return.
    A return for which there is no processor among the vendors is left out, and comes up again;
    `report` puts it before the operator, for no waiting brings one.
    """
    chosen = await choose_processors(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        return_ids=[s.subject_id for s in subjects],
        now=now,
    )
    served = {Subject(c.merchant_id, c.return_id) for c in chosen}
    waiting = [(s.merchant_id, s.subject_id, *_NOBODY) for s in subjects if s not in served]
    if waiting and report is not None:
        await report(tx, waiting, now)
    return [
        Intent(
            Subject(c.merchant_id, c.return_id),
            c.vendor,
            Request(c.reference, msgspec.json.encode(_worded(c, now))),
        )
        for c in chosen
    ]


async def record_announcements(
    tx: Transaction, settled: Sequence[Settled], now: datetime, *, report: Report | None = None
) -> None:
    """Move returns on that a processor expects, and apply what it told of them before.

    What it refused, or answered in a way that makes no sense, stays approved, to be asked for
    again; `report` puts it before the operator.
    """
    expected, troubles = _sorted(settled)
    subjects = [intent.subject for intent, _ in expected]
    await store_announcements(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        return_ids=[s.subject_id for s in subjects],
        vendors=[intent.vendor for intent, _ in expected],
        label_references=[answer.label_reference for _, answer in expected],
        fee_minor=[answer.fee_minor for _, answer in expected],
        fee_currencies=[answer.currency for _, answer in expected],
    )
    await move(tx, subjects, "announced", now)
    await apply_held(tx, subjects, now)
    if troubles and report is not None:
        await report(tx, troubles, now)


def _sorted(
    settled: Sequence[Settled],
) -> tuple[list[tuple[Intent, ReturnAnnounced]], list[Trouble]]:
    """Part the answers that can be used from the troubles."""
    expected, troubles = [], []
    for item in settled:
        subject, outcome = item.intent.subject, item.outcome
        if outcome.state == "refused":
            reason, detail = "return_refused", outcome.detail or "the processor gave no reason"
        else:
            answer = _answer(outcome.body)
            if answer is not None:
                expected.append((item.intent, answer))
                continue
            reason, detail = "return_unusable", "the processor's answer could not be read"
        troubles.append((subject.merchant_id, subject.subject_id, reason, "", detail))
    return expected, troubles


def _answer(body: bytes) -> ReturnAnnounced | None:
    try:
        answer = msgspec.json.decode(body, type=ReturnAnnounced)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    sound = answer.label_reference.isprintable() and 0 <= answer.fee_minor < 2**53
    return answer if sound and answer.currency in CURRENCIES else None


def _worded(announcement: Announcement, now: datetime) -> ReturnRequest:
    return ReturnRequest(
        reference=announcement.reference,
        country=announcement.country,
        units=announcement.units,
        reason=announcement.reason,
        announced_at=now,
    )
