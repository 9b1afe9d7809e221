"""The operator's word on merchants: in, out, and how many orders a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

Verdict = Literal["approved", "rejected", "suspended"]
LEGAL: dict[Verdict, tuple[str, ...]] = {
    "approved": ("applied", "approved", "rejected", "suspended"),
    "rejected": ("applied", "rejected"),
    "suspended": ("approved", "suspended"),
}
"""From which statuses a verdict may be given; one that sells is suspended, not rejected."""
HOLD_MAX = timedelta(hours=48)
"""As long as an order may be `held` before it belongs on the exception list."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on one merchant, and why.

    For `approved`: `daily_cap` orders a UTC day, and the remorse `hold` between receipt and
    allocation. To approve again is how a cap is changed. The others leave both as they are.
    """

    merchant_id: int
    verdict: Verdict
    because: str
    daily_cap: int = 0
    hold: timedelta = timedelta(0)


class Decided(msgspec.Struct, frozen=True):
    """What became of one, and the merchant's status now.

    `decided`; `repeated` (it is so already); `not_allowed` from that status; `unknown_merchant`;
    `invalid`.
    """

    merchant_id: int
    outcome: str
    status: str


@query
async def store_decisions(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    verdicts: list[str],
    because: list[str],
    daily_caps: list[int],
    holds: list[timedelta],
    legal_from: list[str],
    legal_verdicts: list[str],
    decided_at: datetime,
) -> list[Decided]:
    """Write the first decision on each merchant where it is legal; answer in the order given."""


async def decide(tx: Transaction, decisions: Sequence[Decision], now: datetime) -> list[Decided]:
    """Decide on merchants; one answer each, in their order.

    A merchant that the batch names twice gets its first decision; the second is `repeated`. A
    decision without a reason, with a cap below zero or a hold outside 0 to HOLD_MAX is `invalid`.
    """
    answers: dict[int, Decided] = {}
    sound = []
    for i, d in enumerate(decisions):
        because = d.because.strip() and d.because.isprintable()
        if not because or not 0 <= d.daily_cap < 2**31 or not timedelta(0) <= d.hold <= HOLD_MAX:
            answers[i] = Decided(d.merchant_id, "invalid", "")
        else:
            sound.append((i, d))
    legal = [(status, verdict) for verdict, statuses in LEGAL.items() for status in statuses]
    rows = await store_decisions(
        tx,
        merchant_ids=[d.merchant_id for _, d in sound],
        verdicts=[d.verdict for _, d in sound],
        because=[d.because for _, d in sound],
        daily_caps=[d.daily_cap for _, d in sound],
        holds=[d.hold for _, d in sound],
        legal_from=[status for status, _ in legal],
        legal_verdicts=[verdict for _, verdict in legal],
        decided_at=now,
    )
    answers |= {i: row for (i, _), row in zip(sound, rows, strict=True)}
    return [answers[i] for i in range(len(decisions))]
