"""Who gets the stock: the pure rule of receipt, first come first served, exact under scarcity."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import msgspec

PoolSku = tuple[int, int]
"""A counter: (pool_id, sku_id)."""


class Ask(msgspec.Struct, frozen=True):
    """One order that asks: its policy, and the counter and units of each of its lines."""

    policy: str
    places: tuple[PoolSku, ...]
    units: tuple[int, ...]


class Decision(msgspec.Struct, frozen=True):
    """`outcome`, and for an accepted order the units reserved and backordered per line."""

    outcome: str
    reserved: tuple[int, ...] = ()
    backordered: tuple[int, ...] = ()
    short_line: int = -1


def decide(asks: Sequence[Ask], available: dict[PoolSku, int], orders_left: int) -> list[Decision]:
    """Serve the orders in arrival order; what a refused order asked for stays for those behind it.

    `available` (units per counter) is used up in place. `orders_left` is what the merchant's
    daily cap still allows. Outcomes: `accepted`, `insufficient_stock`, `daily_cap_reached`.
    """
    alike = Counter(asks)
    if len(asks) <= orders_left and _plenty(alike, available):
        whole = {ask: Decision("accepted", ask.units, (0,) * len(ask.units)) for ask in alike}
        return [whole[ask] for ask in asks]
    decisions = []
    for ask in asks:
        if orders_left <= 0:
            decisions.append(Decision("daily_cap_reached"))
            continue
        decision = _decide_one(ask, available)
        if decision.outcome == "accepted":
            orders_left -= 1
            for place, units in zip(ask.places, decision.reserved, strict=True):
                if units:  # nobody carries what a backorder may wait for
                    available[place] -= units
        decisions.append(decision)
    return decisions


def _plenty(alike: Mapping[Ask, int], available: dict[PoolSku, int]) -> bool:
    """Use up what all ask for together, if all of it is there: nearly always, and then cheap."""
    wanted: defaultdict[PoolSku, int] = defaultdict(int)
    for ask, orders in alike.items():
        for place, units in zip(ask.places, ask.units, strict=True):
            wanted[place] += orders * units
    if any(available.get(place, 0) < units for place, units in wanted.items()):
        return False
    for place, units in wanted.items():
        available[place] -= units
    return True


def _decide_one(ask: Ask, available: dict[PoolSku, int]) -> Decision:
    left: dict[PoolSku, int] = {}
    reserved = []
    short_line = -1
    for i, (place, units) in enumerate(zip(ask.places, ask.units, strict=True)):
        have = left.get(place, available.get(place, 0))
        got = min(units, have)
        left[place] = have - got
        reserved.append(got)
        if got < units and short_line < 0:
            short_line = i
    if short_line < 0:
        return Decision("accepted", tuple(reserved), (0,) * len(reserved))
    if ask.policy == "backorder":
        rest = tuple(want - got for want, got in zip(ask.units, reserved, strict=True))
        return Decision("accepted", tuple(reserved), rest)
    if ask.policy == "available" and any(reserved):
        return Decision("accepted", tuple(reserved), (0,) * len(reserved), short_line)
    return Decision("insufficient_stock", short_line=short_line)
