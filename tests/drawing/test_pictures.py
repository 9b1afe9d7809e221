"""What pictures are drawn from: data in, exact rows out; and that every size can be drawn."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.drawing.at_risk import at_risk_words, bin_width, draw_at_risk
from penstock.drawing.lane_map import draw_lanes, lanes_words
from penstock.drawing.page import figures, picture_file
from penstock.drawing.pictures import (
    AtRisk,
    BandLine,
    Happening,
    Lane,
    LaneMap,
    Loss,
    OpenOrder,
    ScoreDay,
    ScoreHistory,
    ScorePictures,
    Waterfall,
    risk_of,
    stretches,
)
from penstock.drawing.score_history import draw_history, history_words
from penstock.drawing.waterfall import scale_floor, waterfall_rows, waterfall_words

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BANDS = (BandLine("low", "low: paid late", 0), BandLine("good", "good", 75))
LOSSES = (Loss("ship_and_transport", "ship and transport", 30.0),)


def history(scores, happenings=(), bands=BANDS):
    days = tuple(
        ScoreDay(date(2026, 9, 1) + i * DAY, "final" if i else "provisional", score)
        for i, score in enumerate(scores)
    )
    return ScoreHistory(
        merchant="glow", profile="LES", low=0, high=100, days=days, bands=bands,
        happenings=tuple(happenings),
    )  # fmt: skip


def waterfall(score=70.0, losses=LOSSES):
    return Waterfall(
        merchant="glow", profile="LES", as_of=NOW, status="final", high=100, score=score,
        losses=tuple(losses),
    )  # fmt: skip


def lane_map(*lanes):
    return LaneMap(merchant="glow", from_at=NOW - 30 * DAY, to_at=NOW, lanes=tuple(lanes))


def at_risk(*orders):
    return AtRisk(
        merchant="glow", as_of=NOW,
        orders=tuple(
            OpenOrder(f"T-{i}", "delivery", NOW + timedelta(hours=hours), probability)
            for i, (hours, probability) in enumerate(orders)
        ),
    )  # fmt: skip


def test_days_without_a_score_part_the_line_and_bands_end_where_the_scale_does():
    picture = history([80, None, 70, 72], [Happening(date(2026, 9, 3), "stream", "night")])
    _, rows = draw_history(picture, 700)
    assert [(row["score"], row["run"], row["final"]) for row in rows["days"]] == [
        (80, 0, False), (70, 1, True), (72, 1, True),
    ]  # fmt: skip
    assert [(b["name"], b["from"], b["to"]) for b in rows["bands"]] == [
        ("low", 60.0, 75), ("good", 75, 100),
    ]  # fmt: skip
    assert [row["text"] for row in rows["told"]] == ["night"]
    assert history_words(picture) == "glow, 1 Sep to 4 Sep 2026: from 80.0 to 72.0."
    assert "no score" in history_words(history([None, None]))


def test_happenings_of_one_day_share_a_number_and_close_numbers_do_not_touch():
    told = [
        Happening(date(2026, 8, 31) + day * DAY, kind, text)
        for day, kind, text in (
            (2, "stream", "a"), (2, "surge", "b"), (3, "act", "c"), (4, "act", "d"),
            (40, "act", "after the last day"),
        )
    ]  # fmt: skip
    _, rows = draw_history(history([50.0] * 30, told), 300)
    assert [(r["number"], r["first"], r["lifted"], r["text"]) for r in rows["told"]] == [
        ("1", True, False, "a"), ("1", False, False, "b"), ("2", True, True, "c"),
        ("3", True, False, "d"),
    ]  # fmt: skip


@given(st.lists(st.none() | st.floats(0, 100), max_size=40))
def test_no_day_with_a_score_is_lost(scores):
    runs = stretches(history(scores).days)
    assert [d.score for run in runs for d in run] == [s for s in scores if s is not None]
    for run in runs:
        assert all((b.day - a.day) == DAY for a, b in pairwise(run))


@given(st.lists(st.floats(-5, 20), max_size=6))
def test_a_waterfall_leads_from_full_marks_to_the_score_without_a_gap(points):
    losses = [Loss("order_delivery", f"part {i}", lost) for i, lost in enumerate(points)]
    bars = waterfall_rows(100, losses, 0, ends=True)
    assert (bars[0]["to"], len(bars)) == (100, len(points) + 2)
    steps = bars[1:-1]
    assert [bar["from"] for bar in steps] == [100, *(bar["to"] for bar in steps)][: len(steps)]
    assert bars[-1]["to"] == pytest.approx(100 - sum(points))
    assert waterfall_words(waterfall(70, losses)).startswith("glow scores 70.0 of 100, final")


def test_the_scale_of_a_waterfall_begins_below_the_score_with_room_for_its_number():
    assert [scale_floor([score], 100) for score in (100, 71, 52, 1)] == [90, 60, 40, 0]
    assert scale_floor([4.3], 5) == 4.0
    assert scale_floor([], 100) == 90


def test_lanes_are_summed_by_name_rounded_down_and_the_smallest_put_together():
    many = [Lane(f"n{i}", "US", "GB", f"c{i % 11}", 1000 - i, 1000 - i) for i in range(25)]
    _, rows = draw_lanes(lane_map(*many), 700)
    assert len({row["lane"] for row in rows["lanes"]}) == 21
    carriers = {row["carrier"] for row in rows["lanes"]}
    assert len(carriers) == 9
    assert "others" in carriers
    cells = sum(int(row["due"].removeprefix("of ").replace(",", "")) for row in rows["lanes"])
    assert cells == sum(lane.due for lane in many), "no order is lost"
    two = lane_map(
        Lane("n", "US", "GB", "swift", 600, 600), Lane("n", "US", "GB", "swift", 400, 399)
    )
    _, rows = draw_lanes(two, 700)
    assert [(r["lane"], r["share"], r["due"]) for r in rows["lanes"]] == [
        ("n (US) → GB", "99 %", "of 1,000")
    ]
    assert lanes_words(two) == (
        "glow: 99.9% of 1,000 deliveries in time; most late ones, 1, by swift from n (US) → GB."
    )


def test_orders_are_called_by_their_chance_and_stacked_by_bin():
    picture = at_risk((-2, 0.9), (1, 0.5), (1.2, 0.49), (1.4, 0.2), (1.6, 0.19), (3, None))
    called = [risk_of(order, NOW) for order in picture.orders]
    assert called == [
        "overdue", "likely late", "at risk", "at risk", "on track", "not foreseen",
    ]  # fmt: skip
    _, rows = draw_at_risk(picture, 700)
    bars = [(r["risk"], r["from_orders"], r["to_orders"]) for r in rows["deadlines"]]
    assert bars == [
        ("overdue", 0, 1), ("likely late", 0, 1), ("at risk", 1, 3), ("on track", 3, 4),
        ("not foreseen", 0, 1),
    ]  # fmt: skip
    assert at_risk_words(picture) == (
        "glow: 6 open deadlines, 1 overdue, 1 likely late; "
        "if nothing is done, about 1 of the others are missed."
    )


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=30), st.integers(6, 40))
def test_the_bins_are_as_narrow_as_fits(hours, bins):
    picture = at_risk(*((h, 0.1) for h in hours))
    width = bin_width(picture, bins)
    span = timedelta(hours=max(*hours, 0) - min(*hours, 0))
    assert span <= bins * width or width == 7 * DAY
    assert width == timedelta(hours=1) or span > bins * width / 7


def whole(days, lanes, orders):
    return ScorePictures(
        history=history([70 + i % 9 for i in range(days)]),
        waterfall=waterfall(),
        lanes=lane_map(*(Lane(f"n{i}", "US", "GB", "swift", 9, 8) for i in range(lanes))),
        at_risk=at_risk(*((i / 3, i / max(1, orders)) for i in range(orders))),
    )


@pytest.mark.parametrize(("days", "lanes", "orders"), [(1, 1, 1), (90, 20, 300)])
def test_every_size_is_drawn_alone_in_the_world(days, lanes, orders):
    page = picture_file(whole(days, lanes, orders), "html").decode()
    assert page.count("<svg") == 4
    assert "default-src &#x27;none&#x27;" in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "").replace(
        "http://www.w3.org/", ""
    )
    if days == 1:
        assert picture_file(whole(days, lanes, orders), "png").startswith(b"\x89PNG")


def test_what_is_not_there_is_not_drawn_and_names_are_escaped():
    bare = ScorePictures(
        history=history([]), waterfall=waterfall(None), lanes=lane_map(), at_risk=at_risk()
    )
    assert figures(bare) == []
    with pytest.raises(ValueError, match="nothing"):
        picture_file(bare, "svg")
    assert waterfall_words(bare.waterfall) == "glow has no score yet (final)."
    spiky = whole(2, 1, 1)
    named = ScorePictures(
        history=history([50.0], [Happening(date(2026, 9, 1), "act", "<script>x</script>")]),
        waterfall=spiky.waterfall, lanes=spiky.lanes, at_risk=spiky.at_risk,
    )  # fmt: skip
    assert "<script" not in picture_file(named, "html").decode()
