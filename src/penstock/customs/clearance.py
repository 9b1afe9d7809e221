"""Move declared parcels to where the border's word has put them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, advance


class BorderCharge(msgspec.Struct, frozen=True):
    """What was paid at the border for a parcel, in minor units of `currency`.

    VAT that the seller collected at checkout is not paid at the border, and is 0 here.
    """

    merchant_id: int
    parcel_id: int
    vendor: str
    jurisdiction: str
    duty_minor: int
    vat_minor: int
    fees_minor: int
    currency: str


class ClearancePorts(msgspec.Struct, frozen=True, kw_only=True):
    """What a border's word needs of others, handed in by `journey.py`.

    `post` books what was paid; `refused` hears of parcels that will never leave, to end or ship
    their orders and free their stock.
    """

    post: Callable[[Transaction, Sequence[BorderCharge], datetime], Awaitable[object]]
    refused: Callable[[Transaction, Sequence[Subject], datetime], Awaitable[object]]


class Word(msgspec.Struct, frozen=True):
    """The furthest that was said of a declared parcel, when it is not its status yet."""

    merchant_id: int
    parcel_id: int
    event: str
    because: str
    at: datetime


@query
async def last_words(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int], now: datetime
) -> list[Word]:
    """Find what the border has said of parcels that their status does not show."""


@query
async def write_words(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    events: list[str],
    because: list[str],
    at: list[datetime],
) -> list[BorderCharge]:
    """Write the border's word on the declarations; answer what those cleared have cost."""


async def settle_clearance(
    tx: Transaction, parcels: Sequence[Subject], now: datetime, *, ports: ClearancePorts
) -> None:
    """Move `parcels` to the furthest that the border has said of them: held, cleared or refused.

    Clearance and refusal are last words: the one that came first stays. A cleared parcel may have
    its label from `now` on, and what was paid for it is posted.
    """
    words = await last_words(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
        now=now,
    )
    if not words:
        return
    moved = await advance(
        tx,
        merchant_ids=[word.merchant_id for word in words],
        subject_ids=[word.parcel_id for word in words],
        events=[word.event for word in words],
        due_at=[now] * len(words),
        at=[word.at for word in words],
    )
    heard = [word for word, m in zip(words, moved, strict=True) if m.outcome == "advanced"]
    charges = await write_words(
        tx,
        merchant_ids=[word.merchant_id for word in heard],
        parcel_ids=[word.parcel_id for word in heard],
        events=[word.event for word in heard],
        because=[word.because for word in heard],
        at=[word.at for word in heard],
    )
    owed = [c for c in charges if c.duty_minor or c.vat_minor or c.fees_minor]
    if owed:
        await ports.post(tx, owed, now)
    refused = [
        Subject(word.merchant_id, word.parcel_id) for word in heard if word.event == "refused"
    ]
    if refused:
        await ports.refused(tx, refused, now)
