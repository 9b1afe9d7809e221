"""The way from the van to the door, replayed: sooner or later, or with another carrier."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from penstock.experience.drivers.array import Flags, Places, Vector, np
from penstock.experience.lift.columns import (
    NEVER,
    Columns,
    at_door,
    lane_for,
    local_date,
    promised,
)
from penstock.experience.lift.levers import Lever
from penstock.experience.lift.past import Node, Past
from penstock.experience.lift.road import LOST, Fates, drawn, fates_of
from penstock.experience.lift.snapshot import Lane

_DAY_US = 86_400_000_000.0


def carried(
    past: Past, columns: Columns, pickup: Vector, dispatched: Vector, some: Flags
) -> Columns:
    """Give orders other vans: what follows on the road comes as many days sooner or later."""
    times = columns.times
    changed = {name: times[name].copy() for name in ("transit_by", "delivered", "lost", "returned")}
    known = some & np.isfinite(times["dispatched"]) & np.isfinite(dispatched)
    for i in np.flatnonzero(known & (dispatched != times["dispatched"])):
        zone = past.nodes[int(columns.node[i])].zone
        days = (local_date(dispatched[i], zone) - local_date(times["dispatched"][i], zone)).days
        for held in changed.values():
            held[i] = held[i] + days * _DAY_US
    return columns.changed(pickup=pickup, dispatched=dispatched, **changed)


def arriving(past: Past, columns: Columns, luck: Vector) -> Columns:
    """Let orders arrive that leave sooner now and were not there yet when we looked.

    They fare as the lane's others did, by the carrier that most of them went with.
    """
    times, was = columns.times, past.columns.times
    sooner = np.isfinite(times["dispatched"]) & (times["dispatched"] < was["dispatched"])
    open_yet = ~np.isfinite(was["delivered"]) & ~np.isfinite(was["lost"])
    some = np.flatnonzero(sooner & open_yet & ~np.isfinite(was["cancelled"]))
    delivered, transit_by = times["delivered"].copy(), times["transit_by"].copy()
    fates: dict[tuple[int, str, str], Fates | None] = {}
    for i in some:
        node, country = past.nodes[int(columns.node[i])], str(columns.market[i])
        vendor = str(columns.vendor[i]) or usual_carrier(past, node.node_id, country)
        lane = lane_for(past.lanes, vendor, node.node_id, country, int(columns.weight_g[i]))
        key = (node.node_id, country, vendor)
        if key not in fates:
            fates[key] = fates_of(past.roads, vendor, node.node_id, country)
        known = fates[key]
        if known is None or lane is None:
            continue
        days = int(columns.transit_days[i]) or lane.transit_days
        if not np.isfinite(was["dispatched"][i]):
            pickup_on = local_date(times["pickup"][i], node.zone)
            transit_by[i] = promised(pickup_on, days, ZoneInfo(lane.vendor_zone))
        over, door = drawn(known, luck[i : i + 1])
        if over[0] < LOST:
            left = local_date(times["dispatched"][i], node.zone)
            delivered[i] = at_door(
                left + timedelta(days=days + int(over[0])), float(door[0]), node.zone
            )
    return columns.changed(delivered=delivered, transit_by=transit_by)


def usual_carrier(past: Past, node_id: int, country: str) -> str:
    """Return the carrier that most of the merchant's parcels on a lane went with; '': none did."""
    columns = past.columns
    on_lane = (columns.node == node_id) & (columns.market == country) & (columns.vendor != "")
    known = Counter(columns.vendor[on_lane].tolist()).most_common(1)
    return str(known[0][0]) if known else ""


def sent(
    past: Past, columns: Columns, lever: Lever, node: Node, some: Places, luck: Vector
) -> tuple[Columns, int]:
    """Send orders by the lever's carrier: its fates are drawn, its rate card is paid."""
    fates = fates_of(past.roads, lever.vendor, node.node_id, lever.country)
    assert fates is not None, "a lever is offered only of carriers that are known"
    times = columns.times
    changed = {name: times[name].copy() for name in ("transit_by", "delivered", "lost", "returned")}
    freight = 0.0
    over, door = drawn(fates, luck[some])
    for i, days_over, second in zip(some, over, door, strict=True):
        lane = _rate(past.lanes, lever, node, int(columns.weight_g[i]))
        left = local_date(times["dispatched"][i], node.zone)
        changed["transit_by"][i] = promised(
            local_date(times["pickup"][i], node.zone), lane.transit_days, ZoneInfo(lane.vendor_zone)
        )
        if days_over >= LOST:
            changed["lost"][i] = times["dispatched"][i] + (lane.transit_days + 7) * _DAY_US
            changed["delivered"][i] = changed["returned"][i] = NEVER
            continue
        at = at_door(
            left + timedelta(days=lane.transit_days + int(days_over)), float(second), node.zone
        )
        came = times["delivered"][i]
        changed["delivered"][i], changed["lost"][i] = at, NEVER
        if np.isfinite(times["returned"][i]) and np.isfinite(came):
            changed["returned"][i] = times["returned"][i] + (at - came)
        freight += lane.fee_minor - float(columns.fee_minor[i])
    return columns.changed(**changed), round(freight)


def _rate(lanes: Sequence[Lane], lever: Lever, node: Node, weight_g: int) -> Lane:
    """Return the carrier's rate on this lane, or where it has none, its rate to that country."""
    found = lane_for(lanes, lever.vendor, node.node_id, lever.country, weight_g)
    if found is None:
        others = [x for x in lanes if (x.vendor, x.country) == (lever.vendor, lever.country)]
        fitting = [x for x in others if x.weight_to_g >= weight_g] or others
        found = min(fitting, key=lambda x: (x.weight_to_g, x.fee_minor))
    return found
