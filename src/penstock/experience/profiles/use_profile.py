"""Say by which profiles a merchant is scored every day, beside Penstock's own."""

from datetime import date

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def use_profile(
    tx: Transaction, *, merchant_id: int, profile: str, from_day: date
) -> int | None:
    """Score the merchant by a shipped profile from now on; None: it was scored by it already."""
