"""Know merchants by the codes that another system has for them."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Registered(msgspec.Struct, frozen=True):
    """A merchant's number and code."""

    merchant_id: int
    code: str


@query
async def register(
    tx: Transaction, *, codes: list[str], country: str, now: datetime
) -> list[Registered]:
    """Return the merchants of these codes; those unknown are entered as applicants.

    An applicant has a history and scores, and may not sell before it is approved.
    """
