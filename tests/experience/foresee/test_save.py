"""The save list: points by the score's own formula, less and less as more is saved."""

from datetime import timedelta

import msgspec
import numpy as np
import pytest

from penstock.experience.foresee.ahead import (
    lines_of,
    look_ahead,
    orders_wanted,
    read_ahead,
    worth_saving,
)
from penstock.experience.foresee.many import Counts, scores_of_many
from penstock.experience.foresee.policy import load_save_policy
from penstock.experience.foresee.save import dangers, worth_of
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Step, Steps
from penstock.kernel.errors import Invalid, NotFound

LES = load("penstock_les")
POLICY = load_save_policy()


@pytest.fixture
async def look(tx, write, now):
    await write(days=45, a_day=6)
    return look_ahead(await read_ahead(tx, LES, merchant=1, now=now), LES, merchant=1, now=now)


def stepped():
    """LES with one step for dispatch in place of its line."""
    steps = Steps(steps=(Step(at="0.9", points=100),), otherwise=0)
    steps = msgspec.convert(msgspec.to_builtins(steps), Steps, strict=False)
    dimensions = tuple(
        msgspec.structs.replace(d, metrics=tuple(
            msgspec.structs.replace(m, mapping=steps) if m.code == "dispatched_in_time" else m
            for m in d.metrics))
        for d in LES.dimensions
    )  # fmt: skip
    return msgspec.structs.replace(LES, dimensions=dimensions)


async def test_the_list_of_orders(tx, look, now):
    risks = dangers(look.history, look.model, look.foresight)
    assert risks
    assert all(0 < d.chance < 1 and d.left_h > 0 for d in risks)
    savings = worth_saving(LES, look, POLICY, 200)
    assert len({s.order for s in savings}) == len(savings), "one action an order"
    rates = [s.points / s.action.minutes for s in savings]
    assert rates == sorted(rates, reverse=True)
    assert min(rates) > 0
    open_now = set(look.history.orders[look.history.open_at(0.0)].tolist())
    assert {s.order for s in savings} <= open_now
    assert all(s.stage in s.action.stages for s in savings)
    lines = await lines_of(tx, savings, merchant=1, now=now, limit=5)
    assert all(line.before_at > now and line.order_ref.startswith("o-") for line in lines)
    assert await lines_of(tx, savings, merchant=2, now=now, limit=5) == []
    assert await lines_of(tx, savings, merchant=1, now=now, node=3, limit=5) == []


async def test_saved_orders_are_worth_what_the_formula_says_and_no_more(look):
    curve = worth_of(LES, look.foresight, "dispatched_in_time", 7)
    steps = np.diff(curve)
    assert (steps >= -1e-12).all()
    assert (np.diff(steps) <= 1e-9).all(), "each further order is worth no more than the last"
    courses = look.foresight.courses.counts
    then = {c: Counts(n.numerator[:, 7], n.denominator[:, 7]) for c, n in courses.items()}
    all_good = then["dispatched_in_time"].denominator
    best = scores_of_many(LES, then | {"dispatched_in_time": Counts(all_good, all_good)})
    assert curve[-1] == pytest.approx((best - scores_of_many(LES, then)).mean(), abs=1e-6)


async def test_beyond_a_step_nothing_more_is_to_be_won(look):
    profile = stepped()
    curve = worth_of(profile, look.foresight, "dispatched_in_time", 7)
    assert 0 <= curve[-1] <= 25 + 1e-9
    assert curve[-1] - curve[-200] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("worth_after_days = 99", "worth_after_days is 1 to 30"),
        ('stages = ["flown"]', "stages are of ordered"),
        ("minutes = 0", "minutes are more than 0"),
        ("mends = { dispatch = 2.0, delivery = 0 }", "mends is 0 to 1"),
        ("below_chance = 0.9", "below_chance"),
        ("nonsense", "invalid|Invalid|expected|Expected"),
    ],
)
def test_a_wrong_policy_is_told_in_a_line(tmp_path, wrong, says):
    lines = [
        "worth_after_days = 7", "least_chance = 0.05", "[warning]", "within_days = 7",
        "above_chance = 0.5", "below_chance = 0.3", "[[action]]", 'code = "a"', 'title = "A"',
        'stages = ["packed"]', "minutes = 1", "mends = { dispatch = 1.0, delivery = 0.5 }",
    ]  # fmt: skip
    key = wrong.split(" = ")[0]
    changed = [wrong if line.startswith(f"{key} =") else line for line in lines]
    file = tmp_path / "p.toml"
    file.write_text("\n".join(changed if changed != lines else [wrong]), "utf-8")
    with pytest.raises(Invalid, match=says):
        load_save_policy(str(file))
    file.write_text("\n".join(lines), "utf-8")
    assert load_save_policy(str(file)).worth_after_days == 7
    with pytest.raises(NotFound, match="cannot read"):
        load_save_policy(str(tmp_path / "none.toml"))


async def test_the_last_pick_up_before_the_deadline_is_told(tx, make, now):
    merchant, node = await make.merchant(), await make.node(zone="America/Chicago")
    await tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('fast', 'Fast', 'carrier', 'sandbox', '', $1)",
        now,
    )
    await tx.fetch("INSERT INTO vendors.pickup VALUES ('fast', $1, '17:00')", node)
    for number, hours in ((1, 47.0), (2, 40.0), (3, 3.0)):
        await tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, dispatch_by_at) VALUES ($1, $2, 'o', $3, $4)",
            merchant, number, now, now + timedelta(hours=hours),
        )  # fmt: skip
        await tx.fetch(
            "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id,"
            " node_id) VALUES ($1, $2, $2, $3)",
            merchant, number, node,
        )  # fmt: skip
    found = await orders_wanted(tx, merchant=merchant, fulfilment_orders=[1, 2, 3], now=now)
    told = {w.fulfilment_order_id: w.cut_off_at for w in found}
    # 17:00 in Chicago is 22:00 UTC in October; the moment is midnight UTC.
    assert told == {1: now + timedelta(hours=46), 2: now + timedelta(hours=22), 3: None}
    assert {w.node_id for w in found} == {node}
