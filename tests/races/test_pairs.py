"""Every pair of what touches a counter, with a pause at each statement: as if one came first.

One action is stopped between its statements, the other runs to its end or until it has to wait;
then the first goes on. What is found afterwards, and what both answered, must be what one of the
two orders gives; I1 and I2 are recomputed from the ledger.
"""

import itertools
import random
from datetime import UTC, datetime

import pytest

from penstock import lending
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.receive_asn import receive_asn
from penstock.inventory.release import release_reservation
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.lifecycle.advance import Subject, move
from penstock.orders.cancel import cancel
from penstock.orders.expire import expire
from penstock.orders.fill_backorders import fill_backorders
from penstock.orders.pay import Payment, pay
from penstock.orders.release_hold import release_hold
from penstock.streams.turn import give_back_leftovers
from penstock.warehouse.confirm_pick import ShortLine

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SEED = 20261111


def buying(key, *codes, quantity=1):
    async def reserve(tx, world):
        order = world.order_of(*codes, key=key, quantity=quantity)
        return [(a.outcome, a.pointer) for a in await world.take(tx, order)]

    return reserve


def cancelling(name):
    async def cancels(tx, world):
        answers = await cancel(
            tx, world.merchant, [world.orders[name]], "changed_mind", "buyer", NOW,
            release=release_reservation, uncommit=uncommit_stock,
        )  # fmt: skip
        return [(a.outcome, a.status) for a in answers]

    return cancels


async def hold_ends(tx, world):
    from_claim = await tx.fetch(
        "SELECT subject_id FROM lifecycle.subject WHERE merchant_id = $1 AND subject_id = $2"
        " AND status = 'held' FOR UPDATE SKIP LOCKED",
        world.merchant, world.orders["held"],
    )  # fmt: skip
    await release_hold(tx, [Subject(world.merchant, row[0]) for row in from_claim], NOW)


async def pays(tx, world):
    payment = Payment(order_id=world.orders["unpaid"], paid_at=NOW)
    answers = await pay(tx, world.merchant, [payment], NOW, promise=lending.RECEIPT.promise)
    return [(a.outcome, a.status) for a in answers]


async def expires(tx, world):
    claimed = await tx.fetch(
        "SELECT subject_id FROM lifecycle.subject WHERE merchant_id = $1 AND subject_id = $2"
        " AND status = 'reserved' FOR UPDATE SKIP LOCKED",
        world.merchant, world.orders["unpaid"],
    )  # fmt: skip
    subjects = [Subject(world.merchant, row[0]) for row in claimed]
    await expire(tx, subjects, NOW, release=release_reservation)


async def fills(tx, world):
    claimed = await tx.fetch(
        "SELECT subject_id FROM lifecycle.subject WHERE merchant_id = $1 AND subject_id = $2"
        " AND status = 'backordered' FOR UPDATE SKIP LOCKED",
        world.merchant, world.orders["waiting"],
    )  # fmt: skip
    if claimed:
        await fill_backorders(
            tx, [Subject(world.merchant, row[0]) for row in claimed], NOW,
            lock_stock=lock_stock, take_stock=take_stock, ring_fence=ring_fence,
        )  # fmt: skip


async def goods_come(tx, world):
    lamps = await receive_asn(
        tx, world.merchant, "lamps", world.node, [(world.skus["LAMP"], 2, 2, "A")], NOW
    )
    vases = await receive_asn(
        tx, world.merchant, "vases", world.other, [(world.skus["VASE"], 2, 2, "A")], NOW
    )
    return lamps.repeated, vases.repeated


async def units_missing(tx, world):
    released = Subject(world.merchant, world.orders["released"])
    (moved,) = await move(tx, [released], "short_picked", NOW)
    if moved.outcome == "advanced":
        line = ShortLine(
            world.merchant, released.subject_id, 0, world.node, world.skus["LAMP"], 1, 1
        )
        await lending.short(tx, [line], NOW)
    return moved.outcome


async def closes(tx, world):
    return sum(await give_back_leftovers(tx, NOW, give_back=give_back, stream_id=world.stream))


ACTS = {
    "reserve": buying("new", "LAMP"),
    "reserve_two_pools": buying("both", "LAMP", "VASE"),
    "reserve_all": buying("all", "LAMP", quantity=2),
    "cancel_open": cancelling("open"),
    "cancel_held": cancelling("held"),
    "cancel_streamed": cancelling("streamed"),
    "cancel_waiting": cancelling("waiting"),
    "cancel_unpaid": cancelling("unpaid"),
    "pay": pays,
    "expire": expires,
    "hold_ends": hold_ends,
    "fill": fills,
    "adjust_up": goods_come,
    "adjust_down": units_missing,
    "close_out": closes,
}


def second_of(a, b):
    """Two of the same kind are two orders, or the same order twice."""
    return buying("another", "LAMP") if a == b == "reserve" else ACTS[b]


async def check(arena, a, b, points):
    one, other = ACTS[a], second_of(a, b)
    first, then = await arena.serial(one, other), await arena.serial(other, one)
    possible = [first, ([then[0][1], then[0][0]], then[1])]
    for at in points:
        found = await arena.race(one, other, at)
        assert found in possible, f"{a} stopped before statement {at}, {b} meanwhile"
    assert await arena.audit() == []


async def test_a_point_of_a_third_of_the_pairs(arena):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    lengths = {name: await arena.statements(act) for name, act in ACTS.items()}
    pairs = list(itertools.combinations_with_replacement(ACTS, 2))
    for pair in chance.sample(pairs, len(pairs) // 3):
        a, b = chance.sample(pair, 2)
        await check(arena, a, b, [chance.randrange(lengths[a] + 1)])


@pytest.mark.long
@pytest.mark.parametrize(("a", "b"), list(itertools.product(ACTS, repeat=2)))
async def test_every_point_of_each_pair(arena, a, b):
    await check(arena, a, b, range(await arena.statements(ACTS[a]) + 1))
