"""Which levers a merchant has, by what its past and the network's lanes show."""

from collections import Counter
from collections.abc import Iterator

from penstock.experience.drivers.array import np
from penstock.experience.lift.assumptions import Assumptions
from penstock.experience.lift.carriage import usual_carrier
from penstock.experience.lift.floor import pickers_seen
from penstock.experience.lift.levers import Lever, NotTold
from penstock.experience.lift.past import Past
from penstock.experience.lift.road import LOST, PARCELS_MIN, Fates, fates_of

_LANES_MAX = 3


def offered(past: Past, assume: Assumptions) -> tuple[list[Lever], list[NotTold]]:
    """Return the levers that can be replayed, and of the others why not."""
    levers: list[Lever] = []
    silent: list[NotTold] = []
    for found in (
        _pickers(past, assume),
        _carriers(past),
        _second_nodes(past),
        _sync(past, assume),
        _cut_offs(past, assume),
    ):
        for one in found:
            if isinstance(one, Lever):
                levers.append(one)
            else:
                silent.append(one)
    return levers, silent


def _used(past: Past) -> list[tuple[int, str, int]]:
    """Return the merchant's lanes (node, country, parcels), the busiest first."""
    columns = past.columns
    left = np.isfinite(columns.times["dispatched"])
    pairs = Counter(
        (int(columns.node[i]), str(columns.market[i]))
        for i in np.flatnonzero(left)
        if int(columns.node[i]) in past.nodes
    )
    return [(node, country, n) for (node, country), n in pairs.most_common() if n >= PARCELS_MIN]


def _nodes_used(past: Past) -> list[int]:
    return list(dict.fromkeys(node for node, _, _ in _used(past)))


def _pickers(past: Past, assume: Assumptions) -> Iterator[Lever | NotTold]:
    nodes = [n for n in _nodes_used(past) if past.nodes[n].floor is not None]
    if not nodes:
        yield NotTold(
            kind="pickers",
            because="no walk of a picker is on record at a node that serves the merchant",
        )
    for node_id in nodes[:_LANES_MAX]:
        node = past.nodes[node_id]
        assert node.floor is not None
        usual = pickers_seen(node.floor)
        more = max(1, round(usual * assume["more_percent"].value / 100))
        yield Lever(
            kind="pickers",
            title=f"{more} more picker{'s' * (more > 1)} at {node.code} (seen: {usual} a day)",
            node_id=node_id,
            more=more,
        )


def _carriers(past: Past) -> Iterator[Lever | NotTold]:
    told = False
    for node_id, country, _ in _used(past)[:_LANES_MAX]:
        usual = usual_carrier(past, node_id, country)
        vendors = sorted({lane.vendor for lane in past.lanes if lane.country == country} - {usual})
        known = [(v, fates_of(past.roads, v, node_id, country)) for v in vendors]
        rated = [(_in_time(fates), vendor, fates) for vendor, fates in known if fates is not None]
        if not rated:
            continue
        told = True
        _, vendor, fates = max(rated, key=lambda one: (one[0], one[1]))
        yield Lever(
            kind="carrier",
            title=f"{vendor} instead of {usual} from {past.nodes[node_id].code} to {country}"
            f" (known of {fates.parcels} parcels on {fates.known_of})",
            node_id=node_id,
            country=country,
            vendor=vendor,
        )
    if not told:
        yield NotTold(
            kind="carrier",
            because=f"no lane with {PARCELS_MIN} parcels has another carrier of which as many"
            " parcels are known",
        )


def _second_nodes(past: Past) -> Iterator[Lever | NotTold]:
    used = _used(past)
    for node_id, country, _ in used[:1]:
        best = None
        for lane in past.lanes:
            if lane.node_id in {n for n, c, _ in used if c == country} or lane.country != country:
                continue
            fates = fates_of(past.roads, lane.vendor, lane.node_id, country)
            if fates is None:
                continue
            worth = (lane.transit_days, -_in_time(fates), lane.fee_minor, lane.node_id, lane.vendor)
            if best is None or worth < best[0]:
                best = (worth, lane)
        if best is not None:
            lane = best[1]
            yield Lever(
                kind="second_node",
                title=f"half of the orders to {country} from {lane.node}, by {lane.vendor}",
                node_id=node_id,
                country=country,
                to_node_id=lane.node_id,
                vendor=lane.vendor,
            )
            return
    yield NotTold(
        kind="second_node",
        because="no other node has a lane to the merchant's main market whose carrier is known",
    )


def _sync(past: Past, assume: Assumptions) -> Iterator[Lever | NotTold]:
    within = assume["sync_within_s"].value
    times = past.columns.times
    told = np.isfinite(times["accepted"])
    delays = (times["accepted"][told] - times["ordered"][told]) / 1e6
    if not len(delays):
        yield NotTold(kind="sync", because="when orders were accepted is not on record")
    elif not (delays > within).any():
        yield NotTold(kind="sync", because=f"every order was accepted within {within:g} s already")
    else:
        yield Lever(
            kind="sync",
            title=f"every order accepted within {within:g} s (now: {np.median(delays):,.0f} s in"
            f" the middle, {np.quantile(delays, 0.95):,.0f} s at worst of 20)",
            within_s=within,
        )


def _cut_offs(past: Past, assume: Assumptions) -> Iterator[Lever | NotTold]:
    hours = assume["hours_earlier"].value
    for node_id in _nodes_used(past)[:1]:
        node = past.nodes[node_id]
        yield Lever(
            kind="cut_off",
            title=f"the van at {node.code} {hours:g} h earlier than {node.cut_off:%H:%M}",
            node_id=node_id,
            hours_earlier=hours,
        )
        return
    yield NotTold(kind="cut_off", because="no node with its vans is on record for the merchant")


def _in_time(fates: Fates) -> float:
    """Return the share of parcels that came within the contract's days."""
    return float(fates.share[(fates.days_over <= 0) & (fates.days_over < LOST)].sum())
