"""The words of a return: why it comes back, in what state, and what becomes of it."""

from typing import Literal, get_args

Reason = Literal["changed_mind", "not_as_described", "damaged", "late", "wrong_item"]
Fault = Literal["seller", "buyer", "platform", "carrier"]
Grade = Literal["A", "B", "C", "missing"]
Disposition = Literal["restock", "refurbish", "scrap", "none"]

REASONS: tuple[str, ...] = get_args(Reason)
GRADES: tuple[str, ...] = get_args(Grade)

DISPOSITIONS: dict[Grade, Disposition] = {
    "A": "restock",
    "B": "refurbish",
    "C": "scrap",
    "missing": "none",
}
"""Only what is as new goes back on sale by itself. What needs work stays with the processor; if
it is ever sold again, it comes in by an ASN like other goods, so no stock is counted twice."""
