"""Who gets the stock: the pure rule of receipt, first come first served, exact under scarcity."""

from collections.abc import Sequence

import msgspec

PoolSku = tuple[int, int]


class Ask(msgspec.Struct, frozen=True):
    """One order that asks: its policy and its lines as (pool_id, sku_id, units)."""

    policy: str
    lines: tuple[tuple[int, int, int], ...]


class Decision(msgspec.Struct, frozen=True):
    """`outcome`, and for an accepted order the units reserved and backordered per line."""

    outcome: str
    reserved: tuple[int, ...] = ()
    backordered: tuple[int, ...] = ()
    short_line: int = -1


def decide(asks: Sequence[Ask], available: dict[PoolSku, int], orders_left: int) -> list[Decision]:
    """Walk the orders in arrival order; what a refused order asked for stays for those behind it.

    `available` (units per counter) is used up in place. `orders_left` is what the merchant's
    daily cap still allows. Outcomes: `accepted`, `insufficient_stock`, `daily_cap_reached`.
    """
    decisions = []
    for ask in asks:
        if orders_left <= 0:
            decisions.append(Decision("daily_cap_reached"))
            continue
        decision = _decide_one(ask, available)
        if decision.outcome == "accepted":
            orders_left -= 1
            for (pool, sku, _), units in zip(ask.lines, decision.reserved, strict=True):
                if units:  # nobody carries what a backorder may wait for
                    available[pool, sku] -= units
        decisions.append(decision)
    return decisions


def _decide_one(ask: Ask, available: dict[PoolSku, int]) -> Decision:
    left: dict[PoolSku, int] = {}
    reserved = []
    short_line = -1
    for i, (pool, sku, units) in enumerate(ask.lines):
        key = (pool, sku)
        have = left.get(key, available.get(key, 0))
        got = min(units, have)
        left[key] = have - got
        reserved.append(got)
        if got < units and short_line < 0:
            short_line = i
    if short_line < 0:
        return Decision("accepted", tuple(reserved), (0,) * len(reserved))
    if ask.policy == "backorder":
        wanted = [units for _, _, units in ask.lines]
        rest = tuple(want - got for want, got in zip(wanted, reserved, strict=True))
        return Decision("accepted", tuple(reserved), rest)
    if ask.policy == "available" and any(reserved):
        return Decision("accepted", tuple(reserved), (0,) * len(reserved), short_line)
    return Decision("insufficient_stock", short_line=short_line)
