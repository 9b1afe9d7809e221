"""What a merchant's accounts did in a period."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Balance(msgspec.Struct, frozen=True):
    """One account and reason in one currency, in minor units; `balance_minor` = debits − credits.

    On the account `merchant` it is what the merchant owes, on `vendor:…` minus what a vendor is
    owed.
    """

    account: str
    reason: str
    currency: str
    transfers: int
    debit_minor: int
    credit_minor: int
    balance_minor: int


@query
async def balances(
    tx: Transaction, *, merchant_id: int, from_at: datetime, to_at: datetime
) -> list[Balance]:
    """Sum the legs of a merchant's transfers by account, reason and currency."""


async def statement(
    tx: Transaction, merchant_id: int, from_at: datetime, to_at: datetime
) -> list[Balance]:
    """Return the balances of what was posted from `from_at` on and before `to_at`.

    Over all accounts they sum to zero in each currency; periods that adjoin add up.
    """
    return await balances(tx, merchant_id=merchant_id, from_at=from_at, to_at=to_at)
