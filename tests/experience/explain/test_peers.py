"""Ranks among others: exact, of one market, and silent where they would tell of one."""

from datetime import date

import msgspec
import pytest

from penstock.experience.explain.peers import PEERS_MIN, standing

DAY = date(2026, 11, 1)


async def scored(make, points, *, country="US", status="final", day=DAY, profile="penstock_les"):
    merchant = await make.merchant(country=country)
    detail = {"metrics": [{"code": "late", "points": points}, {"code": "none", "points": None}]}
    await make.tx.fetch(
        "INSERT INTO experience.score VALUES ($1, $2, $3, $4, $5, $6)",
        merchant, profile, day, status, points, msgspec.json.encode(detail).decode(),
    )  # fmt: skip
    return merchant


async def test_who_is_equal_counts_half(tx, make):
    mine = await scored(make, 80)
    for points in (60, 70, 80, 90, 100):
        await scored(make, points)
    for others in ({"country": "GB"}, {"status": "provisional"}, {"profile": "marketplace"}):
        await scored(make, 1, **others)
    found = await standing(tx, merchant=mine, profile="penstock_les", day=DAY)
    assert (found.score.peers, found.score.percentile) == (5, 50)
    assert {code: rank.percentile for code, rank in found.metrics.items()} == {"late": 50}
    later = await standing(tx, merchant=mine, profile="penstock_les", day=date(2026, 11, 9))
    assert later == found
    assert await standing(tx, merchant=mine, profile="penstock_les", day=date(2026, 10, 9)) is None


@pytest.mark.parametrize("others", range(PEERS_MIN + 1))
async def test_with_few_peers_no_rank_is_told(tx, make, others):
    mine = await scored(make, 80)
    for _ in range(others):
        await scored(make, 70)
    found = await standing(tx, merchant=mine, profile="penstock_les", day=DAY)
    assert found.score.peers == others
    assert (found.score.percentile is None) == (others < PEERS_MIN)


async def test_the_best_and_the_worst(tx, make):
    worst, *_, best = [await scored(make, points) for points in range(50, 60)]
    ranks = [
        (await standing(tx, merchant=m, profile="penstock_les", day=DAY)).score.percentile
        for m in (worst, best)
    ]
    assert ranks == [5, 95]
