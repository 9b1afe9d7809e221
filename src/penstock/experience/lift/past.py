"""What a snapshot says of the floors and vans around a merchant's orders, learnt once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.drivers.array import np
from penstock.experience.lift.columns import NEVER, Columns, columns_of, instant, micros
from penstock.experience.lift.floor import Floor, Gaps, Job, Walked, floor_of, gaps_of
from penstock.experience.lift.snapshot import Lane, Load, Road, Snapshot, Walk


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it was seen: its floor (None: nobody picked), its van, its gaps between stages."""

    node_id: int
    code: str
    zone: ZoneInfo
    cut_off: time
    floor: Floor | None
    others: tuple[Job, ...]
    others_picked: tuple[float, ...]
    to_packed: Gaps
    to_labelled: Gaps
    to_dispatched: Gaps


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's orders as columns, and the nodes, lanes and roads there are."""

    snapshot: Snapshot
    columns: Columns
    nodes: dict[int, Node]
    lanes: Sequence[Lane]
    roads: Sequence[Road]


def past_of(snapshot: Snapshot) -> Past:
    """Learn the past from a snapshot."""
    columns = columns_of(snapshot.orders)
    walks: dict[int, list[Walk]] = defaultdict(list)
    for walk in snapshot.walks:
        walks[walk.node_id].append(walk)
    others: dict[int, list[Load]] = defaultdict(list)
    for load in snapshot.load:
        others[load.node_id].append(load)
    first = {lane.node_id: lane for lane in reversed(snapshot.lanes)}
    nodes = {
        node_id: _node(lane, walks[node_id], others[node_id], columns)
        for node_id, lane in sorted(first.items())
    }
    return Past(
        snapshot=snapshot, columns=columns, nodes=nodes, lanes=snapshot.lanes, roads=snapshot.roads
    )


def jobs_of(past: Past, columns: Columns, node_id: int) -> tuple[list[int], list[Job]]:
    """Return which of the merchant's orders a node picks, and all its jobs, those first."""
    times = columns.times
    # Who was cancelled before a picker came never stood in the queue.
    stood = np.isfinite(times["allocated"]) & (
        np.isfinite(times["picked"]) | ~np.isfinite(times["cancelled"])
    )
    mine = [int(i) for i in np.flatnonzero(stood & (columns.node == node_id))]
    orders = past.snapshot.orders
    jobs = [
        Job(
            int(times["allocated"][i]),
            _urgency(times["dispatch_by"][i]),
            orders[i].fulfilment_order_id,
            (0, orders[i].only_sku_id) if orders[i].only_sku_id else None,
        )
        for i in mine
    ]
    return mine, [*jobs, *past.nodes[node_id].others]


def _urgency(dispatch_by: float) -> int:
    return int(dispatch_by) if dispatch_by < NEVER else 2**62


def _node(lane: Lane, walks: Sequence[Walk], others: Sequence[Load], columns: Columns) -> Node:
    zone = ZoneInfo(lane.node_zone)
    floor = None
    if walks:
        walked = [
            Walked(w.picker, w.orders, int(micros(w.started_at)), int(micros(w.picked_at)))
            for w in walks
        ]
        local = instant(walked[0].started).astimezone(zone).utcoffset() or timedelta(0)
        floor = floor_of(
            walked,
            [int(micros(w.released_at)) for w in walks],
            lane.orders_per_hour,
            int(local.total_seconds() * 1e6),
        )
    return Node(
        node_id=lane.node_id,
        code=lane.node,
        zone=zone,
        cut_off=lane.cut_off,
        floor=floor,
        others=tuple(
            Job(
                int(micros(load.allocated_at)),
                _urgency(micros(load.dispatch_by_at)),
                load.fulfilment_order_id,
                (load.merchant_id, load.only_sku_id) if load.only_sku_id else None,
            )
            for load in others
        ),
        others_picked=tuple(micros(load.picked_at) for load in others),
        to_packed=_gaps(columns, lane.node_id, "picked", "packed"),
        to_labelled=_gaps(columns, lane.node_id, "packed", "labelled"),
        to_dispatched=_gaps(columns, lane.node_id, "pickup", "dispatched"),
    )


def _gaps(columns: Columns, node_id: int, event: str, then: str) -> Gaps:
    """Learn a gap at a node; where the merchant never shipped from it, from all its nodes."""
    first, second = columns.times[event], columns.times[then]
    known = np.isfinite(first) & np.isfinite(second)
    here = known & (columns.node == node_id)
    chosen = here if here.any() else known
    return gaps_of([(int(first[i]), int(second[i])) for i in np.flatnonzero(chosen)])
