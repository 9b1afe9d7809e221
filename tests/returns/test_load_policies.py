"""Policies are data: the shipped ones hold together, and a broken one is refused."""

from datetime import date

import msgspec
import pytest

from penstock.kernel.errors import Invalid
from penstock.returns.load_policies import Policy, load_policies, problems, shipped_policies
from penstock.returns.vocabulary import REASONS

SOUND = Policy(country="GB", reason="late", window_days=14, fault="carrier", source="test",
               carrier_weight=1, effective_from=date(2026, 1, 1))  # fmt: skip


def test_the_shipped_ones_cover_every_reason_everywhere():
    assert {p.reason for p in shipped_policies() if p.country == "*"} == set(REASONS)
    assert problems(shipped_policies()) == ()
    assert all(p.source for p in shipped_policies())


async def test_loading_twice_changes_nothing(tx):
    await tx.fetch("DELETE FROM returns.policy")
    assert await load_policies(tx) == len(shipped_policies())
    assert await load_policies(tx) == 0
    first = shipped_policies()[0]
    assert await load_policies(tx, [msgspec.structs.replace(first, window_days=99)]) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"country": "XX"}, "unknown_country"),
        ({"carrier_weight": 0}, "nobody_pays"),
        ({"effective_to": date(2025, 1, 1)}, "ends_too_early"),
    ],
)
async def test_a_broken_one_is_refused_by_field(tx, changes, code):
    with pytest.raises(Invalid) as refusal:
        await load_policies(tx, [msgspec.structs.replace(SOUND, **changes)])
    assert [e.code for e in refusal.value.errors] == [code]


def test_two_of_one_kind_may_follow_but_not_overlap():
    old = msgspec.structs.replace(SOUND, effective_to=date(2026, 6, 30))
    after = msgspec.structs.replace(SOUND, effective_from=date(2026, 7, 1))
    assert problems([old, after]) == ()
    assert [e.code for e in problems([SOUND, after])] == ["overlaps"]
