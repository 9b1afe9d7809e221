"""Receive goods: what came is stock at the node and for sale in its market pool at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict, FieldError, Invalid

AsnLine = tuple[int, int, int, str]
"""Units of one SKU, and where they are put away: (sku_id, announced, received, bin)."""
UNITS_MAX = 10_000_000
_ON_HAND_LIMIT = 2**31


class Discrepancy(msgspec.Struct, frozen=True):
    """A SKU of which more or fewer units came than were announced."""

    sku_id: int
    announced: int
    received: int


class AsnReceipt(msgspec.Struct, frozen=True):
    """The answer to an ASN; `repeated` when its code was received before and nothing changed."""

    asn_id: int
    repeated: bool
    discrepancies: tuple[Discrepancy, ...]


class Receivable(msgspec.Struct, frozen=True):
    """Whether the node backs a pool of the merchant (its family), and SKUs it does not have."""

    family_id: int | None
    unknown_sku_ids: list[int]


class AsnCame(msgspec.Struct, frozen=True):
    """One line of an ASN that was received before."""

    asn_id: int
    node_id: int
    sku_id: int
    announced: int
    received: int


class OnHand(msgspec.Struct, frozen=True):
    """Units of a SKU that are there already: at the node or in its pool, whichever is more."""

    sku_id: int
    on_hand: int


@query
async def on_hand_before(
    tx: Transaction, *, merchant_id: int, node_id: int, sku_ids: list[int]
) -> list[OnHand]:
    """Tell how much is there of what comes."""


@query
async def receivable(
    tx: Transaction, *, merchant_id: int, node_id: int, sku_ids: list[int]
) -> Receivable | None:
    """Tell whether this merchant may receive these SKUs at this node."""


@query
async def receive_asn_lines(
    tx: Transaction,
    *,
    merchant_id: int,
    code: str,
    node_id: int,
    sku_ids: list[int],
    announced: list[int],
    received: list[int],
    bins: list[str],
    at: datetime,
) -> int | None:
    """Store the ASN, raise both counters and write their moves; nothing if its code is known."""


@query
async def asn_lines(tx: Transaction, *, merchant_id: int, code: str) -> list[AsnCame]:
    """Find what was received by an ASN's code."""


async def receive_asn(
    tx: Transaction,
    merchant_id: int,
    code: str,
    node_id: int,
    lines: Sequence[AsnLine],
    at: datetime,
) -> AsnReceipt:
    """Take in what came by the ASN `code`; lines of one SKU are added up.

    The same ASN again changes nothing and gets the same answer.

    Its moves have the ASN's number as their subject, which is drawn apart from that of orders and
    returns. Nobody mistakes one for the other: who reads moves by subject asks for an account
    (`node_allocated`) or a reason (`restock`) that no receipt has, and a subject's id begins with
    its month, thirteen digits above any ASN's.

    Raises:
        Invalid: no line, negative units, an unknown SKU, or a node that backs no pool.
        Conflict: the code was received before with other lines or at another node.

    """
    sums = _summed(lines)
    can = await receivable(tx, merchant_id=merchant_id, node_id=node_id, sku_ids=list(sums))
    assert can is not None
    there = await on_hand_before(tx, merchant_id=merchant_id, node_id=node_id, sku_ids=list(sums))
    _check(lines, can, {row.sku_id: row.on_hand for row in there})
    asn_id = await receive_asn_lines(
        tx,
        merchant_id=merchant_id,
        code=code,
        node_id=node_id,
        sku_ids=list(sums),
        announced=[announced for announced, _, _ in sums.values()],
        received=[received for _, received, _ in sums.values()],
        bins=[bin_ for _, _, bin_ in sums.values()],
        at=at,
    )
    if asn_id is not None:
        return AsnReceipt(asn_id, repeated=False, discrepancies=_discrepancies(sums))
    before = await asn_lines(tx, merchant_id=merchant_id, code=code)
    came = {row.sku_id: (row.announced, row.received) for row in before}
    same = came == {sku: line[:2] for sku, line in sums.items()}
    if not same or any(row.node_id != node_id for row in before):
        raise Conflict(
            f"ASN {code!r} was received before with other lines or at another node; "
            "give a further delivery a code of its own"
        )
    return AsnReceipt(before[0].asn_id, repeated=True, discrepancies=_discrepancies(sums))


def _summed(lines: Sequence[AsnLine]) -> dict[int, tuple[int, int, str]]:
    """Return (announced, received, bin) by SKU in key order; the last bin named is kept."""
    sums: dict[int, tuple[int, int, str]] = {}
    for sku_id, announced, received, bin_ in sorted(lines, key=lambda line: line[0]):
        before = sums.get(sku_id, (0, 0, ""))
        sums[sku_id] = (before[0] + announced, before[1] + received, bin_ or before[2])
    return sums


def _discrepancies(sums: dict[int, tuple[int, int, str]]) -> tuple[Discrepancy, ...]:
    return tuple(
        Discrepancy(sku_id, announced, received)
        for sku_id, (announced, received, _) in sums.items()
        if announced != received
    )


def _check(lines: Sequence[AsnLine], can: Receivable, there: Mapping[int, int]) -> None:
    wrong = []
    told, units_of = dict.fromkeys(there, 0), dict(there)
    if not lines:
        wrong.append(FieldError("/lines", "missing", "an ASN has at least one line"))
    if can.family_id is None:
        detail = "this node backs no pool of the merchant; set the pool up with this node first"
        wrong.append(FieldError("/node", "no_pool", detail))
    unknown = set(can.unknown_sku_ids)
    for i, (sku_id, announced, received, _) in enumerate(lines):
        if sku_id in unknown:
            detail = "the merchant has no such SKU; add it or correct the line"
            wrong.append(FieldError(f"/lines/{i}/sku", "unknown_sku", detail))
        for field, units in (("announced", announced), ("received", received)):
            if not 0 <= units <= UNITS_MAX:
                detail = f"use 0 to {UNITS_MAX} units"
                wrong.append(FieldError(f"/lines/{i}/{field}", "out_of_range", detail))
        told[sku_id] = told.get(sku_id, 0) + max(announced, 0)
        units_of[sku_id] = units_of.get(sku_id, 0) + max(received, 0)
        for field, sum_ in (("announced", told[sku_id]), ("received", units_of[sku_id])):
            if sum_ >= _ON_HAND_LIMIT:
                detail = f"with it there would be {sum_} units of the SKU, more than can be counted"
                wrong.append(FieldError(f"/lines/{i}/{field}", "out_of_range", detail))
    if wrong:
        raise Invalid(errors=tuple(wrong))
