"""Callers are merged in their order, each gets its own answer, and poison harms nobody else."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.kernel.errors import Overloaded, Unavailable
from penstock.orders.lanes import Bounds, Lanes


class Till:
    """Takes batches, slowly if told to, and remembers them."""

    def __init__(self, poison=()):
        self.batches = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.poison = set(poison)

    async def take(self, merchant_id, things):
        await self.gate.wait()
        self.batches.append((merchant_id, list(things)))
        if self.poison & set(things):
            raise ZeroDivisionError
        return [f"{merchant_id}:{thing}" for thing in things]


def lanes(till, **bounds):
    return Lanes(till.take, Bounds(**bounds))


async def test_what_waits_is_merged_behind_the_batch_in_flight():
    till = Till()
    till.gate.clear()
    merged = lanes(till)
    first = asyncio.create_task(merged.submit(1, ["a"], 1))
    await asyncio.sleep(0.01)
    rest = [asyncio.create_task(merged.submit(1, [thing], 1)) for thing in "bcd"]
    await asyncio.sleep(0)
    till.gate.set()
    assert await first == ["1:a"]
    assert await asyncio.gather(*rest) == [["1:b"], ["1:c"], ["1:d"]]
    assert till.batches == [(1, ["a"]), (1, ["b", "c", "d"])]
    await merged.settle()
    assert merged.waiting == 0


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=30), st.integers(4, 9))
async def test_order_and_bounds_hold(callers, batch_max):
    till = Till()
    merged = lanes(till, batch_max=batch_max, at_once=2)
    sent = {merchant: [] for merchant in (1, 2, 3)}
    waits = []
    for n, (merchant, count) in enumerate(callers):
        things = [f"{n}.{i}" for i in range(count)]
        sent[merchant] += things
        waits.append(asyncio.create_task(merged.submit(merchant, things, 1)))
    answers = await asyncio.gather(*waits)
    for (merchant, count), answer in zip(callers, answers, strict=True):
        assert len(answer) == count
        assert all(one.startswith(f"{merchant}:") for one in answer)
    for merchant, things in sent.items():
        assert [t for m, batch in till.batches if m == merchant for t in batch] == things
    assert all(len(batch) <= batch_max for _, batch in till.batches)


async def test_poison_is_alone_in_the_end():
    till = Till(poison=["c"])
    merged = lanes(till)
    waits = [asyncio.create_task(merged.submit(1, [thing], 1)) for thing in "abcdefg"]
    answers = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(a).__name__ for a in answers].count("ZeroDivisionError") == 1
    assert isinstance(answers[2], ZeroDivisionError)
    assert [a for a in answers if isinstance(a, list)] == [[f"1:{t}"] for t in "abdefg"]


async def test_what_the_database_cannot_serve_is_told_to_all_and_not_tried_again():
    calls = []

    async def take(merchant_id, things):
        calls.append(things)
        raise Unavailable

    merged = Lanes(take, Bounds())
    waits = [asyncio.create_task(merged.submit(1, [thing], 1)) for thing in "abc"]
    answers = await asyncio.gather(*waits, return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert len(calls) == 1


async def test_who_hangs_up_is_still_taken():
    till = Till()
    till.gate.clear()
    merged = lanes(till)
    gone = asyncio.create_task(merged.submit(1, ["a"], 1))
    stays = asyncio.create_task(merged.submit(1, ["b"], 1))
    await asyncio.sleep(0.01)
    gone.cancel()
    till.gate.set()
    assert await stays == ["1:b"]
    assert [t for _, batch in till.batches for t in batch] == ["a", "b"]


async def test_a_full_lane_refuses_and_another_merchant_does_not_notice():
    till = Till()
    till.gate.clear()
    merged = lanes(till, waiting_max=3, batch_max=3, all_waiting_max=1_000)
    waits = [asyncio.create_task(merged.submit(1, [n], 1)) for n in range(3)]
    await asyncio.sleep(0.01)
    # A full batch in flight leaves room for the next one behind it, and for no more.
    waits += [asyncio.create_task(merged.submit(1, [n], 1)) for n in range(3, 6)]
    await asyncio.sleep(0)
    assert merged.waiting == 3
    with pytest.raises(Overloaded):
        await merged.submit(1, ["more"], 1)
    other = asyncio.create_task(merged.submit(2, ["x"], 1))
    await asyncio.sleep(0)
    till.gate.set()
    assert await other == ["2:x"]
    await asyncio.gather(*waits)
    assert [batch for merchant, batch in till.batches if merchant == 1] == [[0, 1, 2], [3, 4, 5]]


async def test_bytes_bound_a_batch():
    till = Till()
    till.gate.clear()
    merged = lanes(till, batch_max_bytes=10)
    waits = [asyncio.create_task(merged.submit(1, [n], 6)) for n in range(3)]
    await asyncio.sleep(0.01)
    till.gate.set()
    await asyncio.gather(*waits)
    assert [len(batch) for _, batch in till.batches] == [1, 1, 1]


async def test_a_bound_below_the_usual_least_is_kept():
    till = Till()
    till.gate.clear()
    merged = lanes(till, all_waiting_max=2)
    waiting = [asyncio.create_task(merged.submit(1, ["first"], 1))]
    await asyncio.sleep(0)
    waiting += [asyncio.create_task(merged.submit(1, [thing], 1)) for thing in "ab"]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await merged.submit(2, ["c"], 1)
    till.gate.set()
    await asyncio.gather(*waiting)
    for _ in range(50):
        await merged.submit(1, ["d"], 1)
    assert merged.limit <= 2
    await merged.settle()


async def test_whoever_is_answered_and_asks_again_is_merged_again():
    till = Till()
    merged = lanes(till, company_s=30)

    async def caller(name, times):
        for n in range(times):
            await merged.submit(1, [f"{name}{n}"], 1)

    await asyncio.gather(*(caller(name, 3) for name in "abcdefgh"))
    assert [len(batch) for _, batch in till.batches] == [8, 8, 8]


async def test_company_that_does_not_come_is_not_waited_for():
    till = Till()
    merged = lanes(till, company_s=0.001)
    await asyncio.gather(*(merged.submit(1, [thing], 1) for thing in "abcdefgh"))
    assert await merged.submit(1, ["later"], 1) == ["1:later"]
    await merged.settle()
    assert [len(batch) for _, batch in till.batches] == [8, 1]


async def test_one_alone_waits_for_nobody():
    till = Till()
    merged = lanes(till, company_s=30)
    await merged.submit(1, ["a"], 1)
    await merged.submit(1, ["b"], 1)
    await asyncio.wait_for(merged.settle(), 10)
    assert [batch for _, batch in till.batches] == [["a"], ["b"]]
