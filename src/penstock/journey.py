"""The map: every step of an order's journey, in order, and what each stage lends another."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from penstock.inventory.reserve import lock_stock, take_stock
from penstock.merchants.admit import count_orders, day_admission
from penstock.orders.receive import Dated, Ports
from penstock.promise.due import due_many, shipped_slas
from penstock.promise.market import market_calendar

_LATEST_DELIVERY = timedelta(days=30)


def promise(sla: str, country: str, paid_at: Sequence[datetime]) -> list[Dated]:
    """Date orders by their SLA; where that sets no delivery, in 30 days at the latest."""
    calendar = market_calendar(country)
    return [
        Dated(due.dispatch_by_at, due.deliver_by_at or due.dispatch_by_at + _LATEST_DELIVERY)
        for due in due_many(shipped_slas()[sla], calendar, calendar, paid_at)
    ]


RECEIPT = Ports(
    admission=day_admission,
    count=count_orders,
    lock_stock=lock_stock,
    take_stock=take_stock,
    promise=promise,
)
