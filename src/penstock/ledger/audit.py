"""Hold the books against what the stages say happened."""

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Difference(msgspec.Struct, frozen=True):
    """Something that was to be posted and what was, in minor units; `transfers` is how many were.

    `check`: `legs` (the legs of a merchant's currency do not sum to zero; no subject), `label`
    (a carrier's fee, by parcel), `refund` and `return_fee` (by return).
    """

    check: str
    merchant_id: int
    subject_id: int
    currency: str
    expected_minor: int
    found_minor: int
    transfers: int


@query
async def differences(tx: Transaction) -> list[Difference]:
    """Compare expected and found money, and keep what differs."""


async def audit(tx: Transaction) -> list[Difference]:
    """Return every difference between the ledger and the stages; none in sound books.

    Checked: legs sum to zero; each label's fee, and each settled return's refund, is posted once
    and in full; the shares of a settled return's fee sum to the fee; and nothing is posted for a
    label or a return that does not say so. A voided label is reversed under reason
    `label_voided`.
    """
    return await differences(tx)
