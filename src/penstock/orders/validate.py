"""What receipt asks of an order beyond what every order obeys (`channels.order_rules`)."""

from datetime import datetime, timedelta

from penstock.channels.order import NewOrder
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError

LINES_MAX = 500
QUANTITY_MAX = 10_000
AHEAD_MAX = timedelta(hours=24)
BEHIND_MAX = timedelta(days=365)


def validate(order: NewOrder, now: datetime) -> tuple[FieldError, ...]:
    """Return every rule that `order` breaks; none for one that may ask for stock.

    Whether the merchant sells there is the merchant's matter and is answered at receipt.
    """
    wrong = []
    if order.ship_to.country not in COUNTRIES:
        detail = f"{order.ship_to.country!r} is no country of ISO 3166-1; use a code such as US"
        wrong.append(FieldError("/ship_to/country", "unknown_country", detail))
    for field, at in (("ordered_at", order.ordered_at), ("paid_at", order.paid_at)):
        if at is not None and at > now + AHEAD_MAX:
            detail = f"{at:%Y-%m-%d} lies in the future; correct it"
            wrong.append(FieldError(f"/{field}", "in_the_future", detail))
        elif at is not None and at < now - BEHIND_MAX:
            detail = f"{at:%Y-%m-%d} is over a year ago; use 'penstock history import' for it"
            wrong.append(FieldError(f"/{field}", "too_old", detail))
    if len(order.tickets) > LINES_MAX:
        detail = f"use at most {LINES_MAX} tickets, not {len(order.tickets)}"
        wrong.append(FieldError("/tickets", "too_many", detail))
    odd = next((i for i, ticket in enumerate(order.tickets) if not 0 < ticket < 2**63), None)
    if odd is not None:
        detail = "use the ticket_id that was answered when the ticket was drawn"
        wrong.append(FieldError(f"/tickets/{odd}", "out_of_range", detail))
    if len(order.lines) > LINES_MAX:
        detail = f"use at most {LINES_MAX} lines, not {len(order.lines)}; split the order"
        return (*wrong, FieldError("/lines", "too_many_lines", detail))
    for i, line in enumerate(order.lines):
        if line.quantity > QUANTITY_MAX:
            detail = f"use at most {QUANTITY_MAX} units a line; split a wholesale order"
            wrong.append(FieldError(f"/lines/{i}/quantity", "out_of_range", detail))
    return tuple(wrong)
