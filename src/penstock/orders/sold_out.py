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
    """One process's memory of counters that were found empty.

    What a transaction finds is true once it has committed: one that is run again gives back what
    it took. So each attempt notes for itself, and only the last one's findings are kept.
    """

    def __init__(self, remembered: timedelta, known: dict[Offer, datetime] | None = None) -> None:
        """Remember each finding for that long; not at all if it is zero."""
        self._remembered = remembered
        self._known: dict[Offer, datetime] = {} if known is None else known
        self._found: dict[Offer, datetime] = {}

    def attempt(self) -> "SoldOut":
        """Return this memory for one attempt: it knows the same, and finds for itself."""
        return SoldOut(self._remembered, self._known)

    def note(self, merchant_id: int, order: NewOrder, line: int, now: datetime) -> None:
        """Find that nothing was left of what `line` of `order` asked for."""
        if self._remembered:
            self._found[_offer(merchant_id, order, line)] = now

    def keep(self) -> None:
        """Let everybody know what this attempt found, as it has committed."""
        if len(self._known) + len(self._found) > _REMEMBERED_MAX:
            self._known.clear()
        self._known.update(self._found)

    def line_of(self, merchant_id: int, order: NewOrder, now: datetime) -> int:
        """Return the first line that cannot be had now, -1 if none is known to be sold out.

        Only of an order that wants all or nothing: others may take less, or wait. A finding of
        the future is of a clock that was set back, and counts no more.
        """
        if not self._known or order.policy != "all_or_nothing":
            return -1
        for line in range(len(order.lines)):
            found_at = self._known.get(_offer(merchant_id, order, line))
            if found_at is not None and found_at <= now < found_at + self._remembered:
                return line
        return -1


def _offer(merchant_id: int, order: NewOrder, line: int) -> Offer:
    return (merchant_id, order.lines[line].sku, order.ship_to.country, order.stream)
