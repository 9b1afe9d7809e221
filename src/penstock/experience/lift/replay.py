"""Replay a merchant's past with one lever pulled: what would have happened to each order."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.drivers.array import Flags, Places, Vector, np
from penstock.experience.lift.columns import (
    Columns,
    at_door,
    earlier,
    lane_for,
    local_date,
    next_pickup,
    promised,
)
from penstock.experience.lift.floor import work_off
from penstock.experience.lift.levers import Lever
from penstock.experience.lift.past import Node, Past, jobs_of
from penstock.experience.lift.recount import NEVER
from penstock.experience.lift.road import LOST, Fates, drawn, fates_of
from penstock.experience.lift.snapshot import Lane

_DAY_US = 86_400_000_000.0


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """Orders as they would have been, and what their freight would have changed by."""

    columns: Columns
    freight_minor: int = 0


class Queue(msgspec.Struct, frozen=True):
    """A floor's jobs in the order in which it picked them, and when the replayed floor does.

    `order` has the merchant's own orders by their place in its columns, others as -1. `picked` are
    the moments at which the replayed floor picks its first job, its second, and so on.
    """

    order: tuple[int, ...]
    picked: tuple[int | None, ...]


class Queues:
    """Floors worked off as they were, remembered: every lever is compared with the same."""

    def __init__(self, past: Past) -> None:
        """Begin with nothing worked off."""
        self._past = past
        self._known: dict[int, Queue] = {}

    def as_it_was(self, node_id: int) -> Queue:
        """Return a node's queue with nothing changed."""
        if node_id not in self._known:
            self._known[node_id] = queued(self._past, self._past.columns, node_id)
        return self._known[node_id]


def queued(past: Past, columns: Columns, node_id: int, *, more: int = 0) -> Queue:
    """Work a node's floor off, with `more` pickers and with the orders that `columns` give it.

    Who is picked after whom is as it was: a replayed floor is right about how fast it is rather
    than about which of two equally urgent orders lay nearer.
    """
    node = past.nodes[node_id]
    mine, jobs = jobs_of(past, columns, node_id)
    was = [*(float(past.columns.times["picked"][i]) for i in mine), *node.others_picked]
    names = [*mine, *([-1] * len(node.others))]
    order = sorted(range(len(jobs)), key=lambda i: (was[i], jobs[i].urgency, jobs[i].ready, i))
    if node.floor is None:
        return Queue(tuple(names[i] for i in order), (None,) * len(jobs))
    done = work_off(node.floor, jobs, more=more)
    known = sorted(at for at in done if at is not None)
    return Queue(tuple(names[i] for i in order), (*known, *([None] * (len(done) - len(known)))))


def shifts(before: Queue, after: Queue) -> dict[int, tuple[int, int]]:
    """Return for each of the merchant's orders the moments of its turn, before and after."""
    turn = {name: place for place, name in enumerate(before.order) if name >= 0}
    return {
        name: (was, then)
        for place, name in enumerate(after.order)
        if name in turn
        and (then := after.picked[place]) is not None
        and (was := before.picked[turn[name]]) is not None
    }


def replay(past: Past, lever: Lever, queues: Queues, luck: Vector) -> Replayed:
    """Return the merchant's orders under `lever`; `luck` has a draw of 0 to 1 for each.

    What the lever does not touch stays as it was. What it moves is moved by how much the replay
    with it differs from the replay without it, so that what the replay gets wrong both times
    cancels out.
    """
    match lever.kind:
        case "pickers":
            return _with_pickers(past, lever, queues, luck)
        case "sync":
            return _with_sync(past, lever, queues, luck)
        case "cut_off":
            return _with_cut_off(past, lever)
        case "carrier":
            return _with_carrier(past, lever, luck)
        case "second_node":
            return _with_second_node(past, lever, queues, luck)


def _with_pickers(past: Past, lever: Lever, queues: Queues, luck: Vector) -> Replayed:
    then = queued(past, past.columns, lever.node_id, more=lever.more)
    moved = shifts(queues.as_it_was(lever.node_id), then)
    return Replayed(columns=_moved(past, past.columns, moved, luck))


def _with_sync(past: Past, lever: Lever, queues: Queues, luck: Vector) -> Replayed:
    times = past.columns.times
    accepted = np.minimum(times["accepted"], times["ordered"] + lever.within_s * 1e6)
    accepted = np.where(np.isfinite(times["accepted"]), accepted, NEVER)
    won = np.where(np.isfinite(accepted), times["accepted"] - accepted, 0.0)
    allocated = np.where(np.isfinite(times["allocated"]), times["allocated"] - won, NEVER)
    columns = past.columns.changed(accepted=accepted, allocated=allocated)
    for node_id in sorted({int(n) for n in columns.node} & past.nodes.keys()):
        moved = shifts(queues.as_it_was(node_id), queued(past, columns, node_id))
        columns = _moved(past, columns, moved, luck)
    return Replayed(columns=columns)


def _with_cut_off(past: Past, lever: Lever) -> Replayed:
    columns, node = past.columns, past.nodes[lever.node_id]
    times = columns.times
    cut_off = earlier(node.cut_off, lever.hours_earlier)
    on_road = np.isfinite(times["dispatched"]) & np.isfinite(times["pickup"])
    some = np.flatnonzero(on_road & (columns.node == lever.node_id))
    pickup, dispatched = times["pickup"].copy(), times["dispatched"].copy()
    for i in some:
        lag = dispatched[i] - pickup[i]
        pickup[i] = next_pickup(times["labelled"][i], cut_off, node.zone)
        dispatched[i] = pickup[i] + lag
    return Replayed(
        columns=_carried(past, columns, pickup, dispatched, columns.node == node.node_id)
    )


def _with_carrier(past: Past, lever: Lever, luck: Vector) -> Replayed:
    columns, node = past.columns, past.nodes[lever.node_id]
    on_lane = (columns.node == lever.node_id) & (columns.market == lever.country)
    some = np.flatnonzero(on_lane & np.isfinite(columns.times["dispatched"]))
    changed, freight = _sent(past, columns, lever, node, some, luck)
    return Replayed(columns=changed, freight_minor=freight)


def _with_second_node(past: Past, lever: Lever, queues: Queues, luck: Vector) -> Replayed:
    columns = past.columns
    here, there = past.nodes[lever.node_id], past.nodes[lever.to_node_id]
    on_lane = (columns.node == lever.node_id) & (columns.market == lever.country)
    # Which half is not told by the data: the luck of the draw, but another digit of it.
    moves = on_lane & ((luck * 1024) % 1.0 < 0.5)
    node = np.where(moves, lever.to_node_id, columns.node)
    split = msgspec.structs.replace(columns, node=node)
    stay = shifts(queues.as_it_was(here.node_id), queued(past, split, here.node_id))
    columns = _moved(past, split, stay, luck)
    mine, jobs = jobs_of(past, split, there.node_id)
    if there.floor is None:
        # Nobody was seen there: its floor is taken to be as the first one's, with that half alone.
        there = msgspec.structs.replace(there, floor=here.floor)
    done = [] if there.floor is None else work_off(there.floor, jobs)
    picked, moved = columns.times["picked"].copy(), []
    for i, at in zip(mine, done, strict=False):
        if moves[i] and at is not None:
            picked[i] = at
            moved.append(i)
    columns = _from_floor(past, columns, picked, moved, there)
    some = np.array([i for i in moved if np.isfinite(columns.times["dispatched"][i])], dtype=int)
    columns, freight = _sent(past, columns, lever, there, some, luck)
    return Replayed(columns=columns, freight_minor=freight)


def _moved(
    past: Past, columns: Columns, turns: dict[int, tuple[int, int]], luck: Vector
) -> Columns:
    """Move orders by what the replayed floor changed, and let them go on from there."""
    picked = columns.times["picked"].copy()
    by_node: dict[int, list[int]] = {}
    for i, (was, then) in sorted(turns.items()):
        if was == then:
            continue
        at = picked[i] + (then - was) if np.isfinite(picked[i]) else float(then)
        picked[i] = max(at, columns.times["allocated"][i])
        by_node.setdefault(int(columns.node[i]), []).append(i)
    for node_id, moved in sorted(by_node.items()):
        columns = _from_floor(past, columns, picked, moved, past.nodes[node_id])
    return _arriving(past, columns, luck)


def _from_floor(
    past: Past, columns: Columns, picked: Vector, moved: Sequence[int], node: Node
) -> Columns:
    """Lead picked orders to their van: packed and labelled as others were at such a time."""
    times = columns.times
    packed, labelled = times["packed"].copy(), times["labelled"].copy()
    pickup, dispatched = times["pickup"].copy(), times["dispatched"].copy()
    for i in moved:
        packed[i] = picked[i] + node.to_packed.near(int(picked[i]))
        labelled[i] = packed[i] + node.to_labelled.near(int(packed[i]))
        pickup[i] = next_pickup(labelled[i], node.cut_off, node.zone)
        dispatched[i] = pickup[i] + node.to_dispatched.near(int(pickup[i]))
    some = np.zeros(len(picked), dtype=bool)
    some[list(moved)] = True
    kept = columns.changed(
        picked=np.where(some, picked, times["picked"]), packed=packed, labelled=labelled
    )
    return _carried(past, kept, pickup, dispatched, some)


def _carried(
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


def _arriving(past: Past, columns: Columns, luck: Vector) -> Columns:
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


def _sent(
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
