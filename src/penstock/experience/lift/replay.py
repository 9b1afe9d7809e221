"""Replay a merchant's past with one lever pulled: what would have happened to each order."""

from collections.abc import Sequence

import msgspec

from penstock.experience.drivers.array import Vector, np
from penstock.experience.lift.carriage import arriving, carried, sent
from penstock.experience.lift.columns import NEVER, Columns, earlier, next_pickup
from penstock.experience.lift.floor import work_off
from penstock.experience.lift.levers import Lever
from penstock.experience.lift.past import Node, Past, jobs_of
from penstock.experience.lift.queues import Queues, queued, shifts


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """Orders as they would have been, and what their freight would have changed by."""

    columns: Columns
    freight_minor: int = 0


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
        columns=carried(past, columns, pickup, dispatched, columns.node == node.node_id)
    )


def _with_carrier(past: Past, lever: Lever, luck: Vector) -> Replayed:
    columns, node = past.columns, past.nodes[lever.node_id]
    on_lane = (columns.node == lever.node_id) & (columns.market == lever.country)
    some = np.flatnonzero(on_lane & np.isfinite(columns.times["dispatched"]))
    changed, freight = sent(past, columns, lever, node, some, luck)
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
    columns, freight = sent(past, columns, lever, there, some, luck)
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
    return arriving(past, columns, luck)


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
    return carried(past, kept, pickup, dispatched, some)
