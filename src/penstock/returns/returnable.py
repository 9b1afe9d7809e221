"""What may come back: the pure rule by which requests are taken, first come first served."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from penstock.channels.order_rules import KEY_LENGTH, QUANTITY_LIMIT
from penstock.returns.vocabulary import REASONS

LineKey = tuple[int, int, int]
"""A delivered line: (merchant_id, fulfilment_order_id, line_no)."""


class ReturnLine(msgspec.Struct, frozen=True):
    """Units of one line, by the order's line number."""

    line_no: int
    quantity: int


class NewReturn(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper wants to send back; `request_key` is its idempotency key.

    The order is named by `order_id`, by `channel_order_id` (with its `channel` where the merchant
    has several), or by the fulfilment order. Without one, it is the first delivered fulfilment
    order that has all the lines. `reason` is one of `vocabulary.REASONS`.
    """

    merchant_id: int
    request_key: str
    lines: tuple[ReturnLine, ...]
    reason: str
    order_id: int = 0
    channel: str = ""
    channel_order_id: str = ""
    fulfilment_order_id: int = 0

    @property
    def sha256(self) -> bytes:
        """The digest of what it says."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


class ReturnAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one request. `return_id` is 0 where nothing was stored.

    Outcomes: `requested`; `repeated` (its first answer stands); `key_reused` (the key came before
    with another body); refusals that a corrected try may overcome: `invalid`, `unknown_reason`,
    `unknown_order`, `archived`, `ambiguous_order`, `not_delivered`, `unknown_line`,
    `too_many_units`.
    """

    merchant_id: int
    request_key: str
    outcome: str
    return_id: int = 0
    detail: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """A line of a fulfilment order that a request may mean; prices in minor units.

    `merchant` is the merchant's code, `country` the consignee's.
    """

    position: int
    merchant_id: int
    merchant: str
    order_id: int
    fulfilment_order_id: int
    delivered_at: datetime | None
    node_id: int
    country: str
    currency: str
    line_no: int
    sku_id: int
    quantity: int
    unit_price_minor: int


def malformed(wanted: NewReturn) -> ReturnAnswer | None:
    """Return the refusal of a request that makes no sense whatever was ordered."""
    line_nos = [line.line_no for line in wanted.lines]
    named = wanted.channel + wanted.channel_order_id
    if not (0 < len(wanted.request_key) <= KEY_LENGTH and wanted.request_key.isprintable()):
        detail = f"give a request_key of 1 to {KEY_LENGTH} printable characters"
        return refused(wanted, "invalid", detail)
    if "\0" in named or not 0 <= max(wanted.order_id, wanted.fulfilment_order_id) < 2**63:
        return refused(wanted, "unknown_order", "there is no such order; name it by its number")
    if wanted.reason not in REASONS:
        return refused(wanted, "unknown_reason", f"use one of: {' '.join(REASONS)}")
    if not wanted.lines or not all(0 < line.quantity <= QUANTITY_LIMIT for line in wanted.lines):
        detail = f"name one or more lines, each with 1 to {QUANTITY_LIMIT} units"
        return refused(wanted, "invalid", detail)
    if len(set(line_nos)) < len(line_nos):
        return refused(wanted, "invalid", "name each line once")
    return None


def refused(wanted: NewReturn, outcome: str, detail: str) -> ReturnAnswer:
    """Return the answer that refuses a request without storing it."""
    return ReturnAnswer(wanted.merchant_id, wanted.request_key, outcome, detail=detail)


def meant(wanted: NewReturn, candidates: Sequence[Candidate]) -> list[Candidate] | ReturnAnswer:
    """Find the lines of the one fulfilment order that a request means, or say why there is none.

    `candidates` are the lines of all fulfilment orders that it names.
    """
    if not candidates:
        return refused(wanted, "unknown_order", "there is no such order; name it by its number")
    if len({c.order_id for c in candidates}) > 1:
        return refused(wanted, "ambiguous_order", "several channels have that number; name one")
    delivered = [c for c in candidates if c.delivered_at is not None]
    if not delivered:
        return refused(wanted, "not_delivered", "it has not been delivered yet")
    named = {line.line_no for line in wanted.lines}
    for fulfilment_order_id in sorted({c.fulfilment_order_id for c in delivered}):
        found = [
            c
            for c in delivered
            if c.fulfilment_order_id == fulfilment_order_id and c.line_no in named
        ]
        if len(found) == len(named):
            return found
    several = "no one delivery has all of these lines; ask for each"
    detail = several if len(named) > 1 else "no delivery of it had this line; name one that came"
    return refused(wanted, "unknown_line", detail)


def decide(
    asks: Sequence[tuple[NewReturn, Sequence[Candidate]]], returnable: Mapping[LineKey, int]
) -> list[ReturnAnswer | None]:
    """Walk the requests in their order; None for one that is taken, else why it is refused.

    `returnable` is how many units of each line are not on their way back yet. What a refused
    request asked for stays for those behind it; the same key twice is taken once.
    """
    left = dict(returnable)
    taken: dict[tuple[int, str], bytes] = {}
    answers: list[ReturnAnswer | None] = []
    for wanted, lines in asks:
        key = (wanted.merchant_id, wanted.request_key)
        if key in taken:
            same = taken[key] == wanted.sha256
            answers.append(refused(wanted, "repeated" if same else "key_reused", ""))
            continue
        units = {line.line_no: line.quantity for line in wanted.lines}
        keys = {(c.merchant_id, c.fulfilment_order_id, c.line_no): units[c.line_no] for c in lines}
        short = [key for key, wants in keys.items() if wants > left[key]]
        if short:
            detail = f"line {short[0][2]} has {left[short[0]]} units left to return"
            answers.append(refused(wanted, "too_many_units", detail))
            continue
        for line_key, wants in keys.items():
            left[line_key] -= wants
        taken[key] = wanted.sha256
        answers.append(None)
    return answers
