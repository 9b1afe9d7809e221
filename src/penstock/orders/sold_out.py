"""Remember for a moment what is sold out, so that a flood of late orders never meets the stock.

The verdict can only be wrong in one direction: it may still say "sold out" while units have just
come back, for as long as it is remembered. It never lets an order through.
"""

from datetime import datetime, timedelta

from penstock.channels.order import NewOrder

_REMEMBERED_MAX = 50_000

Offer = tuple[int, str, str, str]
"""What was asked for: (merchant_id, SKU code, country, stream code)."""


class SoldOut:
    """One process's memory of counters that were found empty."""

    def __init__(self, remembered: timedelta) -> None:
        """Remember each finding for that long; not at all if it is zero."""
        self._remembered = remembered
        self._until: dict[Offer, datetime] = {}

    def note(self, merchant_id: int, order: NewOrder, line: int, now: datetime) -> None:
        """Remember that nothing was left of what `line` of `order` asked for."""
        if not self._remembered:
            return
        if len(self._until) >= _REMEMBERED_MAX:
            self._until.clear()
        self._until[_offer(merchant_id, order, line)] = now + self._remembered

    def line_of(self, merchant_id: int, order: NewOrder, now: datetime) -> int:
        """Return the first line that cannot be had now, -1 if none is known to be sold out.

        Only of an order that wants all or nothing: others may take less, or wait.
        """
        if not self._until or order.policy != "all_or_nothing":
            return -1
        for line in range(len(order.lines)):
            until = self._until.get(_offer(merchant_id, order, line))
            if until is not None and now < until:
                return line
        return -1


def _offer(merchant_id: int, order: NewOrder, line: int) -> Offer:
    return (merchant_id, order.lines[line].sku, order.ship_to.country, order.stream)
