"""How well each carrier keeps its promise, day by day."""

from datetime import date, datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def score_carriers(tx: Transaction, *, day: date, now: datetime) -> int | None:
    """Write each carrier's card of the thirty days up to `day`; the same day again corrects it."""


async def scorecard(tx: Transaction, now: datetime) -> int:
    """Score the carriers up to now, from labels and what was reported of them.

    Counted: parcels delivered, of those on time by the carrier's own promise, lost, scanned, of
    those later than 24 h after the hand-over, and the mean hours from hand-over to delivery.
    """
    return await score_carriers(tx, day=now.date(), now=now) or 0
