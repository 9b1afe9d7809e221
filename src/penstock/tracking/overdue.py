"""Why a thing that stays too long in a status is in trouble, and with whom to start asking."""

from typing import Final

OVERDUE: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("fulfilment_order", "reserved"): ("reservation_not_expired", "platform"),
    ("fulfilment_order", "backordered"): ("stock_did_not_come", "retailer"),
    ("fulfilment_order", "held"): ("hold_not_lifted", "platform"),
    ("fulfilment_order", "open"): ("no_node_found", "platform"),
    ("fulfilment_order", "allocated"): ("not_released", "platform"),
    ("fulfilment_order", "released"): ("not_picked", "node"),
    ("fulfilment_order", "picked"): ("not_packed", "node"),
    ("fulfilment_order", "packed"): ("not_handed_over", "node"),
    ("fulfilment_order", "shipped"): ("not_delivered_in_a_month", "carrier"),
    ("parcel", "awaiting_declaration"): ("not_declared", "platform"),
    ("parcel", "declared"): ("no_word_from_customs", "customs"),
    ("parcel", "customs_held"): ("held_too_long", "customs"),
    ("parcel", "awaiting_label"): ("no_label", "carrier"),
    ("parcel", "labelled"): ("not_manifested", "carrier"),
    ("parcel", "manifested"): ("not_collected", "carrier"),
    ("parcel", "handed_over"): ("no_scan_after_hand_over", "carrier"),
    ("parcel", "in_transit"): ("late_in_transit", "carrier"),
    ("parcel", "out_for_delivery"): ("no_end_of_round", "carrier"),
    ("parcel", "delivery_failed"): ("no_new_attempt", "carrier"),
    ("return", "requested"): ("not_decided", "platform"),
    ("return", "approved"): ("no_return_label", "carrier"),
    ("return", "announced"): ("not_sent_back", "consignee"),
    ("return", "in_transit"): ("return_not_received", "carrier"),
    ("return", "received"): ("not_graded", "node"),
    ("return", "graded"): ("not_settled", "platform"),
}
"""Reason and presumed fault, by kind and status; what a carrier said of the fault goes before."""
