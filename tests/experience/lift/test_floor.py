"""The floor's queue: nothing is lost, urgent orders go first, and Lindley's recursion holds."""

from inspect import signature

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.experience.lift.floor import (
    ALIKE_MIN,
    IN_HAND_H,
    ORDERS_MAX,
    Gaps,
    Job,
    Walked,
    batched,
    floor_of,
    gaps_of,
    work_off,
)
from penstock.warehouse import release

MINUTE = 60_000_000
DAY = 24 * 60


def job(ready, number=0, urgency=0, alike=None):
    return Job(ready * MINUTE, urgency * MINUTE, number, alike)


def floor(*, pickers=1, walk=10, orders=1, per_hour=1_000, days=2):
    """A floor that acts every minute, and whose walks all take as long."""
    walks = [
        Walked(f"p{n}", orders, at * MINUTE, (at + walk) * MINUTE)
        for n in range(pickers)
        for at in range(0, DAY, walk)
    ]
    moments = [at * MINUTE for at in range(days * DAY)]
    return floor_of(walks, moments, per_hour, 0)


def test_it_is_fed_as_release_feeds_it():
    assert (ORDERS_MAX, ALIKE_MIN) == (release.ORDERS_MAX, release.ALIKE_MIN)
    assert signature(release.release).parameters["in_progress_max_hours"].default == IN_HAND_H


@settings(max_examples=25)
@given(st.lists(st.integers(0, 600), min_size=1, max_size=40), st.integers(1, 15))
def test_one_picker_and_single_orders_are_lindleys_recursion(arrivals, walk):
    arrivals.sort()
    # Deadlines far apart, so that each order is a batch of its own.
    jobs = [job(at, number, number, (0, number)) for number, at in enumerate(arrivals)]
    one_each = floor(walk=walk, per_hour=0)  # room for one order on the floor
    picked = work_off(one_each, jobs)
    free = 0
    for at, done in zip(arrivals, picked, strict=True):
        # Released at its arrival or when the last one is done, taken at the next moment.
        free = max(at, free) + 1 + walk
        assert done == free * MINUTE


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 5), st.integers(0, 3)), max_size=60),
    st.integers(1, 3),
    st.integers(1, 4),
)
def test_everybody_is_picked_and_more_pickers_are_never_slower(orders, pickers, more):
    jobs = [job(at, n, due, (1, sku) if sku else None) for n, (at, due, sku) in enumerate(orders)]
    seen = floor(pickers=pickers)
    before, after = work_off(seen, jobs), work_off(seen, jobs, more=more)
    for one, done in zip(jobs, before, strict=True):
        assert done is not None
        assert done > one.ready
    assert max(map(int, after), default=0) <= max(map(int, before), default=0)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=80).map(sorted),
)
def test_batches_are_formed_as_release_forms_them(orders):
    jobs = [job(0, n, due, (1, sku) if sku else None) for n, (due, sku) in enumerate(orders)]
    batches = batched(jobs, range(len(jobs)))
    assert sorted(j for batch in batches for j in batch) == list(range(len(jobs)))
    for batch in batches:
        assert 1 <= len(batch) <= ORDERS_MAX
    alike = [b for b in batches if jobs[b[0]].alike and len({jobs[j].alike for j in b}) == 1]
    left = [j for b in batches if b not in alike for j in b]
    for sku in range(1, 5):
        assert sum(jobs[j].alike == (1, sku) for j in left) < ALIKE_MIN + ORDERS_MAX


def test_nobody_picks_where_nobody_was_seen():
    assert work_off(floor_of([], [], 10, 0), [job(0)]) == [None]


def test_the_gap_of_the_nearest_event_counts():
    gaps = gaps_of([(0, 5), (10, 40), (10, 20), (10, 30), (100, 90)])
    assert gaps == Gaps((0, 10), (5, 20))  # a clock that runs backwards teaches nothing
    assert [gaps.near(at) for at in (-3, 4, 6, 999)] == [5, 5, 20, 20]
    assert Gaps((), ()).near(7) == 0
