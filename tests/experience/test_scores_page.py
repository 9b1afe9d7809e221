"""The page on scores derives a real one by hand; here the code is asked for the same numbers."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penstock.experience.profiles.effect import Effect
from penstock.experience.profiles.load import load, parse, shipped
from penstock.experience.profiles.metric_clock import Clock
from penstock.experience.profiles.part import Part
from penstock.experience.profiles.profile import (
    ORDERS,
    Band,
    Bonus,
    Dimension,
    Floor,
    Gate,
    Limit,
    Metric,
    Misconduct,
    Profile,
    Scale,
    Shown,
)
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score, score

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/scores.md").read_text("utf-8")
HOW_TO = (ROOT / "docs/how-to/add-a-profile.md").read_text("utf-8")
REFERENCE = (ROOT / "docs/reference/score-profile.md").read_text("utf-8")
FEBRUARY = load("douyin_2026_02")


def table(first: str, page: str = PAGE) -> list[list[str]]:
    """The body of the table whose first heading begins so, cell by cell."""
    body = page[page.index(f"| {first}") :].split("\n\n", maxsplit=1)[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in body.splitlines()[2:]]


def number(text: str) -> Decimal:
    amount = Decimal(re.sub(r"[^\d.]", "", text))
    return amount / 100 if "%" in text else amount


def counted(text: str) -> Count:
    found = re.search(r"([\d,]+) of ([\d,]+)", text)
    assert found
    return Count(numerator=int(number(found[1])), denominator=int(number(found[2])))


def shop(**changes: Count) -> Score:
    counts = {row[1].strip("`"): counted(row[2]) for row in table("dimension | metric")}
    found = re.search(r"([\d,]+) orders had been paid", PAGE)
    assert found
    orders = Count(numerator=0, denominator=int(number(found[1])))
    return score(FEBRUARY, {ORDERS: orders, **counts, **changes})


def product(text: str) -> Decimal:
    """What a text such as `0.20 × 0.70 × 20 = 2.80` says, after reckoning it."""
    factors, _, said = text.partition(" = ")
    total = Decimal(1)
    for factor in factors.split(" × "):
        total *= Decimal(factor)
    assert total == Decimal(said)
    return total


def test_the_metrics_of_the_real_shop() -> None:
    scored = shop()
    metrics = {metric.code: metric for metric in scored.metrics}
    rules = {metric.code: metric for metric in FEBRUARY.metrics}
    rows = table("dimension | metric")
    assert [row[1].strip("`") for row in rows] == list(metrics)
    for dimension, code, counts, value, best, points, weight in rows:
        told, rule = metrics[code.strip("`")], rules[code.strip("`")]
        assert told.dimension == dimension
        assert (told.numerator, told.denominator) == (counted(counts).numerator, told.denominator)
        assert told.value is not None
        places = 6 if "%" in value else 4
        assert round(Decimal(told.numerator) / told.denominator, places) == number(value)
        mapping: Any = rule.mapping
        assert mapping.steps[0].at == number(best)
        assert (told.points, mapping.steps[0].points) == (Decimal(points), Decimal(points))
        assert rule.weight == Decimal(weight)
    assert (scored.status, scored.points, scored.shown) == ("final", 100, Decimal("5.0"))
    assert {d.points for d in scored.dimensions} == {Decimal(100)}


@pytest.mark.parametrize("row", table("what is different"), ids=lambda row: row[0])
def test_what_a_point_costs(row: list[str]) -> None:
    what, value, points, lost, total, shown = row
    code = what.split("`")[1]
    scored = shop(**{code: counted(what)})
    told = next(metric for metric in scored.metrics if metric.code == code)
    assert round(Decimal(told.numerator) / told.denominator, 6) == number(value)
    assert told.points == Decimal(points)
    assert told.points_lost == product(lost)
    assert (scored.points, scored.shown) == (Decimal(total), Decimal(shown))


def test_what_one_order_costs() -> None:
    found = re.search(r"each of the (\d+) late waybills cost ([\d.]+) ÷ \1 = ([\d.]+) points", PAGE)
    assert found
    first, second = table("what is different")[:2]
    late = counted(first[0]).denominator - counted(first[0]).numerator
    assert (late, product(first[3])) == (int(found[1]), Decimal(found[2]))
    each = product(first[3]) / late
    assert round(each, 4) == Decimal(found[3])
    more = counted(second[0]).numerator - 1
    assert (more, round(product(second[3]) / more / each)) == (4, 17)


def test_the_page_of_september() -> None:
    """Counts that earn the three dimensions of the page, by the formula of that month."""
    profile = load("douyin_2026_09")
    ((product_, logistics, service, bonus, sums, page, shown),) = table("product | logistics")
    counts = {
        ORDERS: Count(numerator=0, denominator=1000),
        "product_rating": Count(numerator=464, denominator=100),  # 70 points, 90 %
        "quality_returns": Count(numerator=20, denominator=1000),  # 60 points, 10 %
        "pickup_hours": Count(numerator=20 * 3600, denominator=1),  # 93.33 points, 15 %
        "route_sla": Count(numerator=934, denominator=1000),  # 100 points, 70 %
        "logistics_returns": Count(numerator=0, denominator=1000),  # 100 points, 15 %
        "reply_seconds": Count(numerator=15, denominator=1),  # 100 points, a quarter
        "review_hours": Count(numerator=12, denominator=1),  # 100
        "im_dissatisfaction": Count(numerator=20, denominator=100),  # 70
        "platform_help": Count(numerator=3, denominator=100),  # 70
        "extra": Count(numerator=1, denominator=0),
    }
    scored = score(profile, counts)
    assert [d.points for d in scored.dimensions] == [*map(Decimal, (product_, logistics, service))]
    assert [a.points_lost for a in scored.adjustments] == [-Decimal(bonus)]
    parts, _, total = sums.partition(" = ")
    assert sum(map(Decimal, parts.split(" + "))) == Decimal(total) == scored.points
    assert scored.points is not None
    assert (scored.points.quantize(1), scored.shown) == (Decimal(page), Decimal(shown))
    assert scored.status == "final"
    weights = [f"{dimension.weight / 100:.2f}" for dimension in profile.dimensions]
    assert weights == ["0.50", "0.20", "0.30"]


def test_every_shipped_profile_is_on_the_page() -> None:
    told = {row[0].strip("`") for row in table("profile | of")}
    assert told == {*shipped()}


def fenced(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", HOW_TO, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def lazada() -> Profile:
    return parse(fenced("toml"), "lazada.toml")


def test_the_profile_of_the_how_to_can_be_read() -> None:
    assert lazada().code == "lazada"
    assert "lazada" not in shipped()


def test_the_test_of_the_how_to_passes(tmp_path: Path) -> None:
    file = tmp_path / "lazada.toml"
    file.write_text(fenced("toml"), "utf-8")
    names: dict[str, Any] = {}
    exec(fenced("python").replace('"lazada"', repr(str(file))), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


STRUCTS: dict[str, type[msgspec.Struct]] = {
    "": Profile,
    "scale": Scale,
    "gate": Gate,
    "display": Shown,
    "dimension": Dimension,
    "metric": Metric,
    "clock": Clock,
    "floor": Floor,
    "limit": Limit,
    "bonus": Bonus,
    "misconduct": Misconduct,
    "band": Band,
    "effect": Effect,
}


def test_every_key_is_in_the_reference() -> None:
    common = {field.name for field in msgspec.structs.fields(Part)}
    known = {
        (f"{prefix}.{field.encode_name}".lstrip("."), field.required)
        for prefix, struct in STRUCTS.items()
        for field in msgspec.structs.fields(struct)
        if field.name not in common
    }
    told = re.findall(r"^\| `([\w.]+)` \| (yes)? ?\|", REFERENCE, re.MULTILINE)
    mappings = {"kind": True, "steps": False, "otherwise": False, "points": False}
    known |= {(f"mapping.{key}", required) for key, required in mappings.items()}
    assert {(key, required == "yes") for key, required in told} == known
