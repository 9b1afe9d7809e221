"""What `penstock score check` says of good profiles, wrong ones, and ones that overlap."""

import re
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "src/penstock/experience/profiles"


@pytest.fixture
def mine(tmp_path):
    """Write a file made of a shipped profile, with one thing changed."""

    def write(name, old, new):
        text = (SHIPPED / f"{name}.toml").read_text("utf-8")
        assert old in text
        file = tmp_path / "mine.toml"
        file.write_text(text.replace(old, new), "utf-8")
        return file

    return write


def test_good_profiles_are_told_with_what_they_assume(penstock):
    ran = penstock("score check amazon penstock_les")
    assert ran.code == 0
    assert "amazon: Amazon account health" in ran.out
    assert "  in force from 2026-01-01 on, 6 metrics, 0 assumptions\n" in ran.out
    ran = penstock("score check amazon --assumed")
    assert "  scale: Amazon shows rates, not a score" in ran.out


def test_every_error_has_its_line(penstock, mine):
    file = mine("marketplace", "weight = 50", "weight = 51")
    file.write_text(file.read_text("utf-8").replace('"cancelled"', '"canceled"'), "utf-8")
    ran = penstock(f"score check {file} penstock_les nothing")
    assert ran.code == 2
    assert "has 2 errors" in ran.err
    assert re.search(
        r"mine\.toml line \d+: the weights of the metrics of logistics sum to 101", ran.err
    )
    assert "no numerator 'canceled'; did you mean 'cancelled'?" in ran.err
    assert "no score profile 'nothing'" in ran.err
    assert "penstock_les: Penstock Logistics" in ran.out  # the good one is told all the same


def test_versions_must_not_overlap(penstock, mine):
    file = mine("douyin_2026_09", 'code = "douyin_2026_09"', 'code = "mine"')
    ran = penstock(f"score check {file}")
    assert ran.code == 2
    assert "mine and douyin_2026_09 are both in force from 2026-09-08" in ran.err


def test_what_cannot_be_a_profile_is_one_clear_line(penstock, tmp_path):
    for name, content in (("deep", b"a = " + b"[" * 9999), ("nul", b"\0"), ("bytes", b"\xff")):
        file = tmp_path / f"{name}.toml"
        file.write_bytes(content)
        ran = penstock(f"score check {file}")
        assert (ran.code, "Traceback" in ran.err) == (2, False)
        assert name in ran.err
    assert penstock("score check").code == 2
    assert penstock(f"score check {tmp_path}").code == 2


@pytest.mark.usefixtures("made")
def test_anywhere_counts_orders_that_a_channel_would_not(penstock, made):
    async def journey(make):
        merchant_id = await make.merchant()
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, channel,"
            " market, ordered_at) VALUES ($1, 1, 'o-1', 'shopify', 'FR', '2026-11-10T12:00:00Z')",
            merchant_id,
        )

    made(journey)
    scored = "score --profile tiktok_shop_uk --as-of 2026-11-12"
    assert "there is nothing to score" in penstock(scored).out
    assert "merchant-1" in penstock(f"{scored} --anywhere").out
