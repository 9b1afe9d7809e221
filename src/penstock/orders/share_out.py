"""Who gets the stock that backorders wait for: the pure rule, first received first served."""

from collections.abc import Sequence

import msgspec

PoolSku = tuple[int, int]


class WaitingLine(msgspec.Struct, frozen=True):
    """A line that waits for `backordered` units in its pool, behind which stands a market pool.

    `ahead` is what lines received earlier wait for there that are not being served just now.
    """

    merchant_id: int
    order_id: int
    line_no: int
    sku_id: int
    pool_id: int
    family_id: int
    backordered: int
    ahead: int


class Share(msgspec.Struct, frozen=True):
    """What a line gets; `borrowed` of the units come out of the market pool into its own."""

    line: WaitingLine
    units: int
    borrowed: int


def share_out(lines: Sequence[WaitingLine], available: dict[PoolSku, int]) -> list[Share]:
    """Walk the lines in order of receipt and give each what is left for it.

    `available` (units per counter) is used up in place.
    """
    shares = []
    for line in lines:
        own, market = (line.pool_id, line.sku_id), (line.family_id, line.sku_id)
        in_own = available.get(own, 0)
        in_market = available.get(market, 0) if market != own else 0
        units = max(0, min(line.backordered, in_own + in_market - line.ahead))
        borrowed = max(0, units - in_own)
        if units:
            available[own] = in_own - (units - borrowed)
        if borrowed:
            available[market] = in_market - borrowed
        shares.append(Share(line, units, borrowed))
    return shares
