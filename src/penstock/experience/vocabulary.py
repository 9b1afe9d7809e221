"""The closed vocabulary in which a profile speaks; `measure.sql` defines each word, once.

A *population* is the moment at which an order enters it, a *predicate* the moment at which it
comes true of an order, both null for never. So "as of" is one comparison: an order counts when it
entered within the window that ends at `as_of`, and it hits when the predicate came true by then.
What happened after `as_of` cannot leak in, and a deadline that lies after it is not due.
"""

POPULATIONS: dict[str, str] = {
    "ordered": "every order, from the moment it was placed",
    "paid": "orders paid",
    "accepted": "orders received and confirmed to the shopper",
    "dispatched": "orders handed over to the carrier",
    "dispatch_due": "orders whose dispatch deadline passed, unless cancelled before it and not"
    " dispatched",
    "pickup_due": "paid orders once the local day after payment ended, unless cancelled before it"
    " and not dispatched",
    "transit_due": "dispatched orders whose promised transit passed: delivery deadline − dispatch"
    " deadline, counted from the hand-over; unless cancelled before it and not delivered",
    "delivery_due": "orders whose delivery deadline passed, unless cancelled before it and not"
    " delivered",
    "delivered": "orders delivered",
    "transport_ended": "orders delivered or lost, whichever came first",
    "clock_due": "orders whose metric's own clock ran out, unless cancelled before it and not"
    " dispatched (where delivery stops the clock: not delivered)",
}
"""Denominators. An order that was lost before it was cancelled stays due."""

PREDICATES: dict[str, str] = {
    "dispatched_late": "not handed over by the dispatch deadline",
    "dispatched_in_time": "handed over by the dispatch deadline",
    "picked_up_next_day": "handed over by the end of the local day after payment",
    "transit_in_time": "delivered within the promised transit, counted from the hand-over",
    "delivered_in_time": "delivered by the delivery deadline",
    "cancelled": "cancelled, whoever's fault",
    "cancelled_by_seller": "cancelled by the seller's fault; an unknown one is not held against it",
    "returned_not_buyer": "returned, by the seller's, the carrier's or the platform's fault",
    "returned_logistics": "returned, by the carrier's or the platform's fault",
    "lost_or_returned_logistics": "lost, or returned as in returned_logistics",
    "scanned": "scanned by the carrier at least once",
    "clock_met": "the metric's own clock was stopped in time",
    "clock_missed": "the metric's own clock ran out before it was stopped",
    "cancelled_by_fault": "cancelled by the fault of one of the metric's `faults`",
    "returned_by_fault": "returned by the fault of one of the metric's `faults`",
    "failed_by_fault": "cancelled or returned, whichever came first, by such a fault",
}
"""Numerators of rates."""

QUANTITIES: dict[str, str] = {
    "receipt_s": "seconds from the order's placing to its acceptance; population: accepted",
    "pickup_h": "hours from payment to hand-over, where a payment between 18:00 and 06:00 local"
    " time counts from 06:00; population: dispatched",
    "pickup_s": "the same in seconds, for a plain mean",
    "prepare_s": "seconds from payment to hand-over; population: dispatched",
}
"""What a per-order mapping turns into points for each order, or what is averaged as it is."""

EXCLUSIONS: dict[str, str] = {
    "clocks": "its clocks run backwards by over five minutes: an event before its order, a dispatch"
    " before the payment or a delivery before the dispatch",
    "flagged": "the order itself is marked as not counted (gift, sample, abnormal …)",
    "flagged_gift": "it is marked as a gift or a lucky bag's content",
    "flagged_sample": "it is marked as a sample",
    "flagged_fake": "it is marked as a fake order",
    "flagged_low_price": "it is marked as sold for next to nothing",
    "flagged_instant_refund": "it is marked as refunded at once, before anything was done",
    "flagged_abnormal": "it is marked as abnormal by the channel",
    "flagged_platform_fulfilled": "it is marked as fulfilled by the channel itself",
    "flagged_appeal": "an appeal against it was granted",
    "buyer_fault": "its exception was the buyer's fault (wrong address, nobody home …)",
    "platform_fault": "its exception was the platform's fault",
    "carrier_fault": "its exception was the carrier's fault",
    "seller_fault": "its exception was the seller's fault",
    "customs_fault": "its exception was customs' doing",
    "weather_fault": "its exception was the weather's doing",
    "unknown_fault": "it had an exception whose fault is not known",
}
"""Why an order of a population is set aside: in neither numerator nor denominator."""

SUB_PROCESSES: dict[str, str] = {
    "order_receipt": "order receipt",
    "pick_and_pack": "pick and pack",
    "ship_and_transport": "ship and transport",
    "order_delivery": "order delivery",
    "outside": "outside logistics",
}
"""Where on the journey a metric's points are lost (doi 10.1016/j.ijpe.2025.109698)."""
