"""Write transfers, each once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.money import CURRENCIES
from penstock.ledger.accounts import is_account

Row = tuple[int, str, str, int, str, str, int]


class Posting(NamedTuple):
    """A transfer with its two legs; a plain tuple of the same order will do.

    `reason` and `subject_id` (what it is for: a parcel, a return …) are, with the accounts, its
    idempotency key.
    """

    merchant_id: int
    debit_account: str
    credit_account: str
    amount_minor: int
    currency: str
    reason: str
    subject_id: int


class Posted(msgspec.Struct, frozen=True):
    """What became of one row: `posted`, `repeated`, or `differs` from what was posted before."""

    position: int
    outcome: str


@query
async def post_transfers(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    debit_accounts: list[str],
    credit_accounts: list[str],
    amounts_minor: list[int],
    currencies: list[str],
    reasons: list[str],
    subject_ids: list[int],
    at: datetime,
) -> list[Posted]:
    """Insert transfers that are not there yet, and compare the others with what is."""


async def post(tx: Transaction, rows: Sequence[Row], at: datetime) -> int:
    """Post transfers, of any merchants; return how many are new. Zero amounts are left out.

    The same transfer again changes nothing; under its key with another amount it is a bug of the
    caller, as are a negative amount and an account or currency outside the vocabulary.
    """
    wanted = [Posting(*row) for row in rows if row[3]]
    for posting in wanted:
        known = is_account(posting.debit_account) and is_account(posting.credit_account)
        assert known, f"unknown account: {posting}"
        assert posting.amount_minor > 0, f"negative amount: {posting}"
        assert posting.currency in CURRENCIES, f"unknown currency: {posting}"
    if not wanted:
        return 0
    answers = await post_transfers(
        tx,
        merchant_ids=[p.merchant_id for p in wanted],
        debit_accounts=[p.debit_account for p in wanted],
        credit_accounts=[p.credit_account for p in wanted],
        amounts_minor=[p.amount_minor for p in wanted],
        currencies=[p.currency for p in wanted],
        reasons=[p.reason for p in wanted],
        subject_ids=[p.subject_id for p in wanted],
        at=at,
    )
    differing = [wanted[a.position] for a in answers if a.outcome == "differs"]
    assert not differing, f"posted before with another amount: {differing}"
    return sum(a.outcome == "posted" for a in answers)
