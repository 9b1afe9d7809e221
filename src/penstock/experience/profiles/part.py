"""What every part of a profile may say of itself: where it is from, and how sure we are of it."""

from typing import Literal

import msgspec

Confidence = Literal["H", "M", "L", "mem", "ours", ""]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`assumed` marks what the source does not publish; the `note` then says what was put instead.

    Confidence: H official text, M several secondaries agree, L one unverified source, mem general
    knowledge, ours our own choice.
    """

    assumed: bool = False
    source: str = ""
    confidence: Confidence = ""
    note: str = ""
