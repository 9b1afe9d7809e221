"""Who pays what of a return: its fee by the policy's weights, its refund by the merchant."""

import msgspec

from penstock.kernel.money import share

Posting = tuple[int, str, str, int, str, str, int]
"""A transfer: (merchant_id, debit_account, credit_account, amount_minor, currency, reason,
subject_id)."""


class Settling(msgspec.Struct, frozen=True):
    """A graded return: amounts in minor units of their currencies, weights of its policy.

    `carrier` is who delivered it, empty where no label says so.
    """

    merchant_id: int
    return_id: int
    processor: str
    carrier: str
    fee_minor: int
    fee_currency: str
    merchant_weight: int
    platform_weight: int
    carrier_weight: int
    shopper_weight: int
    refund_minor: int
    currency: str


def split(settling: Settling) -> list[Posting]:
    """Return the transfers of one return; the shares of the fee sum to the fee.

    Who bears a share owes it to the processor; the merchant owes the refund to the shopper. Where
    no carrier is known, the platform bears its share, for it chose whom to trust with the parcel.
    """
    s = settling
    payers = ["merchant", "platform", f"vendor:{s.carrier}", "shopper"]
    weights = [s.merchant_weight, s.platform_weight, s.carrier_weight, s.shopper_weight]
    if not s.carrier:
        weights[1], weights[2] = weights[1] + weights[2], 0
    processor = f"vendor:{s.processor}"
    postings = [
        (s.merchant_id, payer, processor, part, s.fee_currency, "return_fee", s.return_id)
        for payer, part in zip(payers, share(s.fee_minor, weights), strict=True)
        if part
    ]
    if s.refund_minor:
        refund = (s.refund_minor, s.currency, "refund", s.return_id)
        postings.append((s.merchant_id, "merchant", "shopper", *refund))
    return postings
