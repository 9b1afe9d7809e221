"""What a merchant is to be paid for delivered goods, and when: by its days of settlement."""

from datetime import date

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

SETTLEMENT_DAYS = 8
"""From delivery to payment where nothing else is in force; Penstock's own default."""


class Payout(msgspec.Struct, frozen=True):
    """What falls due on a day (UTC) in one currency, in minor units.

    `goods_minor` is the price of what was delivered `settlement_days` before, `refunds_minor` what
    has been refunded of it until now; fees are on the statement.
    """

    due_on: date
    settlement_days: int
    currency: str
    fulfilment_orders: int
    goods_minor: int
    refunds_minor: int


@query
async def payouts(
    tx: Transaction, *, merchant_id: int, from_day: date, to_day: date, default_days: int
) -> list[Payout]:
    """Sum the price of delivered goods by the day on which it falls due."""


async def payouts_due(
    tx: Transaction, merchant_id: int, from_day: date, to_day: date
) -> list[Payout]:
    """Return what falls due from `from_day` on and before `to_day`.

    The days of settlement that count are those that were in force when an order was delivered.
    """
    return await payouts(
        tx,
        merchant_id=merchant_id,
        from_day=from_day,
        to_day=to_day,
        default_days=SETTLEMENT_DAYS,
    )
