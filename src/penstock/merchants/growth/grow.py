"""Once a day: merchants go up and down their ladders, and low scores limit their volume."""

from datetime import datetime

from penstock.db.transaction import Transaction
from penstock.merchants.growth.climb import climb
from penstock.merchants.growth.limit_volume import limit_volume


async def grow(tx: Transaction, now: datetime) -> int:
    """Let today's policies act on all merchants; return how many acts there were."""
    return await climb(tx, now) + await limit_volume(tx, now)
