"""How lanes stand: of all merchants together, and of what had arrived by then alone."""

import numpy as np

from penstock.experience.foresee.history import as_known, read_history
from penstock.experience.foresee.lanes import Lanes, lanes_at, traffic_of
from penstock.experience.profiles.load import load

LES = load("penstock_les")


async def test_a_carriers_slow_week_is_seen_and_ends(tx, write, now):
    # (days 40 to 47 of `played` are slow on both lanes, and so are the last five)
    await write(days=90, a_day=20)
    traffic = traffic_of([await read_history(tx, LES, merchant=1, now=now)])
    slow, again = lanes_at(traffic, -24.0 * (90 - 46)), lanes_at(traffic, -24.0 * (90 - 60))
    assert slow.names == (" CA", " US")
    assert (slow.slower[:, 1] > 0.15).all()
    assert (again.slower[:, 1] < 0.15).all()


async def test_how_lanes_stood_is_told_by_what_was_known_then(tx, write, now):
    await write(days=60, a_day=10)
    history = await read_history(tx, LES, merchant=1, now=now)
    for days in (7, 20):
        then = lanes_at(traffic_of([history]), -24.0 * days)
        alone = lanes_at(traffic_of([as_known(history, -24.0 * days)]), 0.0)
        assert np.allclose(then.slower, alone.slower)


async def test_all_merchants_parcels_count_together(tx, write, now):
    await write(1, days=40, seed=1)
    await write(2, days=40, seed=2)
    both = [await read_history(tx, LES, merchant=merchant, now=now) for merchant in (1, 2)]
    one, two, together = traffic_of(both[:1]), traffic_of(both[1:]), traffic_of(both)
    assert one.came.sum() + two.came.sum() == together.came.sum()
    assert one.there.sum() + two.there.sum() == together.there.sum()


async def test_a_lane_that_nobody_else_uses_tells_nothing(tx, write, now):
    await write(days=30)
    history = await read_history(tx, LES, merchant=1, now=now)
    lanes = Lanes((" US",), np.array([[0.1, 0.2, 0.3]]))
    assert lanes.along(history).tolist() == [[0.0] * 3, [0.1, 0.2, 0.3]]
