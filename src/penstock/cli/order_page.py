"""One order on a terminal: where everything is, and what happened when."""

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from penstock.cli.session import listing
from penstock.kernel.money import CURRENCIES
from penstock.orders.show import FulfilmentOrderShown, OrderShown, ReturnShown


def print_order(console: Console, order: OrderShown) -> None:
    """Print an order's journey."""
    paid = f"paid {order.paid_at:%Y-%m-%d %H:%M}" if order.paid_at else "not paid yet"
    console.print(
        Text.assemble(
            (f"{order.channel} {order.channel_order_id}", "bold"),
            f"  order {order.order_id} of {order.merchant}, ",
            (order.status, "bold"),
        )
    )
    console.print(
        f"{paid}, hand over by {order.dispatch_by_at:%Y-%m-%d %H:%M}, "
        f"deliver by {order.deliver_by_at:%Y-%m-%d %H:%M} UTC to {order.country}"
    )
    lines = listing("line", "SKU", "", "units", "price")
    for line in order.lines:
        units = f"{line.accepted}" + (f" ({line.backordered} wait)" if line.backordered else "")
        digits = CURRENCIES[order.currency]
        price = f"{line.unit_price_minor / 10**digits:.{digits}f} {order.currency}"
        lines.add_row(str(line.line_no), line.sku, line.title, units, price)
    console.print(lines)
    for part in order.fulfilment_orders:
        console.print(_part(part))
    for sent_back in order.returns:
        console.print(_return(sent_back))
    history = listing("at (UTC)", "what", "", "now")
    for happening in order.history:
        history.add_row(
            f"{happening.at:%Y-%m-%d %H:%M:%S}",
            f"{happening.kind} {happening.subject_id}",
            happening.event,
            happening.status,
        )
    console.print(history)


def _return(sent_back: ReturnShown) -> Tree:
    by = f" by {sent_back.vendor}" if sent_back.vendor else ""
    tree = Tree(
        Text.assemble(
            f"return {sent_back.return_id} of fulfilment order "
            f"{sent_back.fulfilment_order_id}{by}: ",
            (sent_back.status, "bold"),
        )
    )
    fault = f" (fault: {sent_back.fault})" if sent_back.fault else ""
    tree.add(f"asked for {sent_back.requested_at:%Y-%m-%d %H:%M}, {sent_back.reason}{fault}")
    if sent_back.because:
        tree.add(f"because {sent_back.because}")
    if sent_back.trouble:
        tree.add(Text.assemble(("to do:", "bold"), f" {sent_back.trouble}"))
    if sent_back.label_reference:
        tree.add(f"label {sent_back.label_reference}")
    for line in sent_back.lines:
        grade = f", graded {line.grade}: {line.disposition}" if line.grade else ""
        tree.add(f"line {line.line_no}: {line.quantity} x {line.sku}{grade}")
    if sent_back.settled_at:
        digits = CURRENCIES.get(sent_back.currency, 0)
        refund = f"{sent_back.refund_minor / 10**digits:.{digits}f} {sent_back.currency}"
        tree.add(f"refunded {refund}, {sent_back.settled_at:%Y-%m-%d %H:%M}")
    return tree


def _part(part: FulfilmentOrderShown) -> Tree:
    where = f" at {part.node}" if part.node else ""
    tree = Tree(
        Text.assemble(
            f"fulfilment order {part.fulfilment_order_id}{where}: ", (part.status, "bold")
        )
    )
    if part.because:
        tree.add(f"because {part.because}")
    if part.cancelled_because:
        tree.add(f"cancelled: {part.cancelled_because} ({part.cancelled_fault})")
    for parcel in part.parcels:
        label = f"{parcel.vendor} {parcel.tracking_number}" if parcel.vendor else "no label yet"
        branch = tree.add(
            Text.assemble(
                f"parcel {parcel.parcel_no}, {parcel.weight_g} g, {label}: ",
                (parcel.status, "bold"),
            )
        )
        for event in parcel.tracking:
            fault = f" (fault: {event.fault})" if event.fault else ""
            branch.add(f"{event.occurred_at:%Y-%m-%d %H:%M} {event.status} {event.place}{fault}")
    return tree
