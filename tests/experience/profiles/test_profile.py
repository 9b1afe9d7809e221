import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from penstock.experience.profiles.load import load, parse, shipped
from penstock.experience.profiles.part import Part
from penstock.experience.profiles.profile import assumptions
from penstock.kernel.errors import Invalid, NotFound
from penstock.kernel.toml_lines import line_of, lines

PROFILES = Path(__file__).parents[3] / "src/penstock/experience/profiles"
GOOD = (PROFILES / "marketplace.toml").read_text("utf-8")


def errors_of(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(Invalid) as refused:
        parse(text, "mine.toml")
    told = refused.value.errors
    assert refused.value.detail.startswith("the score profile mine.toml has ")
    assert all(e.detail.startswith(f"line {e.line}: ") for e in told)
    return [(e.line, e.pointer, e.detail.partition(": ")[2]) for e in told]


def line_with(text: str, part: str) -> int:
    return next(n for n, row in enumerate(text.splitlines(), 1) if part in row)


@pytest.mark.parametrize("name", shipped())
def test_what_we_ship_is_valid(name: str) -> None:
    profile = load(name)
    assert profile.code == name
    assert profile.source


def test_ships_what_is_asked_for() -> None:
    assert {*shipped()} == {
        "amazon",
        "douyin_2026_02",
        "douyin_2026_05",
        "douyin_2026_09",
        "marketplace",
        "penstock_les",
        "shopee",
        "tiktok_shop_sea",
        "tiktok_shop_uk",
        "tiktok_shop_us",
    }


def codes(name: str) -> set[str]:
    return {metric.code for metric in load(name).metrics}


def test_channels_metrics_go_by_their_codes() -> None:
    sps = {"NRR", "NBFR", "SFCR", "OTDR", "AHT", "IM_DSAT", "LDR", "VTR"}
    assert codes("tiktok_shop_us") == codes("tiktok_shop_uk") == sps
    assert {"SFCR", "LDR", "VTR"} <= codes("tiktok_shop_sea")
    assert {"ODR", "LSR", "VTR", "cancel", "OTDR"} <= codes("amazon")
    assert {"NFR", "LSR", "cancel", "return_refund"} <= codes("shopee")


def vouched(*parts: Part | None) -> bool:
    """Whether one of the parts says where it is from and how sure that is, or what it assumes."""
    return any((p.assumed and p.note) or (p.source and p.confidence) for p in parts if p)


@pytest.mark.parametrize("name", shipped())
def test_every_figure_has_a_source_or_is_marked(name: str) -> None:
    profile = load(name)
    assert vouched(profile)
    if profile.confidence == "ours":
        return
    for dimension in profile.dimensions:
        assert vouched(dimension), dimension.code
        for metric in dimension.metrics:
            assert vouched(metric.mapping, metric), metric.code
            assert vouched(metric, dimension), metric.code
            assert all(vouched(clock, metric) for clock in metric.clocks), metric.code
            for limit in metric.limits:
                assert vouched(limit), metric.code
                assert limit.effect is None or vouched(limit.effect, limit), metric.code
    for band in profile.bands:
        assert band.confidence or band.assumed, band.code
        assert band.effect is None or vouched(band.effect), band.code


@pytest.mark.parametrize("name", shipped())
def test_a_granted_appeal_is_heard_by_every_metric(name: str) -> None:
    profile = load(name)
    lists = [profile.exclusions, *(metric.exclusions for metric in profile.metrics)]
    for words in lists:
        assert words is None or {"flagged", "flagged_appeal"} & {*words}
        assert words is None or name == "marketplace" or "clocks" in words


def test_a_profile_is_a_file_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('code = "marketplace"', 'code = "mine"'), "utf-8")
    assert load(str(path)).code == "mine"


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(NotFound, match="penstock_les"):
        load("penstok_les")
    with pytest.raises(NotFound, match=r"nowhere\.toml"):
        load("nowhere.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="UTF-8"):
        load(str(path))


BREAKS: list[tuple[str, str, str]] = [
    # what is replaced, by what, and what the error says on that line
    ("weight = 20", "weight = 10", "sum to 90, not to 100"),
    ("weight = 50", "weight = -50", "must not be negative"),
    ("weight = 50", 'weight = "fifty"', "Invalid decimal"),
    ("weight = 50", "weight = nan", "inf and nan"),
    ("weight = 50", 'weight = "50"', "write numbers without quotes"),
    ("weight = 50", 'weight = "NaN"', "write numbers without quotes"),
    ("points = [[0, 100], [1, 0]]", 'points = [[0, 100], [1, "0"]]', "without quotes"),
    ("weight = 50", "weight = 1e" + "9" * 30, "too many digits"),
    ("window_days = 0", "window_days = " + "9" * 5_000, "too many digits"),
    ('numerator = "cancelled"', 'numerator = "canceled"', "did you mean 'cancelled'?"),
    ('population = "delivery_due"', 'population = "delivary_due"', "did you mean 'delivery_due'?"),
    ('exclusions = ["flagged"]', 'exclusions = ["gifts"]', "no exclusion 'gifts'"),
    ('time_zone = "UTC"', 'time_zone = "Mars/Olympus"', "no IANA time zone"),
    ('time_zone = "UTC"', 'time_zone = "../../etc/passwd"', "no IANA time zone"),
    ("window_days = 0", "window_days = -1", "must not be negative"),
    ("window_days = 0", "window_dayz = 0", "did you mean 'window_days'?"),
    ("window_days = 0", "window_days = 99999999", "must not be more than 3660"),
    ("weight = 20", "weight = 1e999999999", "at most 12 digits"),
    ("high = 100", "high = 1e30", "at most 12 digits"),
    ('exclusions = ["flagged"]', 'exclusions = ["flagged", "flagged"]', "'flagged' stands twice"),
    ('exclusions = ["flagged"]', 'markets = ["UK"]', "no country 'UK'"),
    ('exclusions = ["flagged"]', 'markets = ["GB", "GB"]', "'GB' stands twice"),
    ("points = [[0, 0], [1, 100]]", "points = [[0, 0], [98, 100]]", "lies between 0 and 1"),
    ("effective_from = 2000-01-01", "effective_from = 2000-01-41", "line"),
    ("effective_from = 2000-01-01", "effective_from = 20000101", "Expected"),
    ("low = 0", "low = 100", "must be less than high"),
    ('code = "marketplace"', 'code = ""', "'' is no name"),
    ('code = "marketplace"', 'code = "../x"', "'../x' is no name"),
    ('code = "cancellation"', 'code = "a b"', "'a b' is no name"),
    ('code = "logistics"', f'code = "{"x" * 65}"', "is no name"),
    ('title = "logistics"', 'title = "a\\u0000b"', "holds a control character"),
    ("decimals = 1", "decimals = 3", "must be 0, 1 or 2"),
    ("orders_min = 30", "orders_min = 0", "at least 1"),
    ('below = "provisional"', 'below = "nothing"', "Invalid enum"),
    ("points = [[0, 0], [1, 100]]", "points = [[0, 9], [1, 8]]", "must not fall as the value gets"),
    ("points = [[0, 0], [1, 100]]", "points = [[0, 0], [1, 101]]", "lie on the scale"),
    ("points = [[0, 0], [1, 100]]", "points = [[1, 100]]", "too few points"),
    ("points = [[0, 0], [1, 100]]", "points = [[1, 0], [1, 100]]", "a value stands twice"),
    ("points = [[0, 0], [1, 100]]", "pionts = [[0, 0], [1, 100]]", "did you mean 'points'?"),
    ('kind = "linear"', 'kind = "curve"', "Invalid value 'curve'"),
    ('sub_process = "order_delivery"', 'sub_process = "delivery"', "Invalid enum"),
    ('code = "cancellation"', 'code = "on_time_delivery"', "is already the code of"),
    ('code = "cancellation"', 'code = "orders"', "is already the code of the gate"),
]


@pytest.mark.parametrize(("old", "new", "said"), BREAKS, ids=[f"{o}→{n}" for o, n, _ in BREAKS])
def test_an_error_is_explained_at_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    found = errors_of(text)
    at = GOOD[: GOOD.index(old)].count("\n") + 1
    assert any(said in detail and line == at for line, _, detail in found), (at, found)


def test_every_error_is_told_at_once() -> None:
    text = GOOD.replace("weight = 50", "weight = 51").replace('"cancelled"', '"gone"')
    text = text.replace('time_zone = "UTC"', 'time_zone = "Utopia"')
    assert len(errors_of(text)) == 3
    text = text.replace("lag_days = 0\n", "").replace("decimals = 1", 'decimals = "one"')
    found = errors_of(text)
    assert [line for line, _, _ in found] == [1, line_with(text, 'decimals = "one"')]
    assert "'lag_days' is missing" in found[0][2]


def test_a_missing_key_stands_at_its_table() -> None:
    text = GOOD.replace('better = "higher"\n', "")
    metric = line_with(text, 'code = "on_time_delivery"') - 1
    assert errors_of(text) == [(metric, "/dimension/0/metric/1", "'better' is missing")]


def test_supplied_and_measured_exclude_each_other() -> None:
    text = GOOD.replace('numerator = "cancelled"', 'numerator = "cancelled"\nsupplied = true')
    assert [detail for _, _, detail in errors_of(text)] == [
        "a supplied metric is counted outside: leave it out"
    ] * 2
    (found,) = errors_of(GOOD.replace('numerator = "cancelled"\n', ""))
    assert "either 'numerator' or 'quantity'" in found[2]


def test_growth_needs_its_points() -> None:
    assert len(errors_of(GOOD.replace('below = "provisional"', 'below = "growth"'))) == 3


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    assert errors_of('code = "a"\ntitle = \n')[0][0] == 2
    assert errors_of("code = [1,\n2")[0][0] == 2
    assert errors_of("")


def test_a_formula_is_in_force_from_day_to_day() -> None:
    profile = load("douyin_2026_02")
    assert not profile.in_force(date(2026, 1, 31))
    assert profile.in_force(date(2026, 5, 6))
    assert not profile.in_force(date(2026, 5, 7))
    assert load("douyin_2026_05").in_force(date(2026, 5, 7))


def test_what_is_assumed_is_told_with_its_reason() -> None:
    told = list(assumptions(load("douyin_2026_05")))
    assert any(t.startswith("logistics.pickup_time.mapping: ") and "hour table" in t for t in told)
    assert not list(assumptions(load("penstock_les")))


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [leaf for key in value for leaf in leaves(value[key], (*path, key))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leaf for i, item in enumerate(value) for leaf in leaves(item, (*path, i))]
    return [path]


@pytest.mark.parametrize("name", shipped())
def test_every_key_is_found_on_its_line(name: str) -> None:
    text = (PROFILES / f"{name}.toml").read_text("utf-8")
    rows = ["", *text.splitlines()]
    found = lines(text)
    paths = leaves(tomllib.loads(text, parse_float=Decimal))
    assert len(paths) > 40
    for path in paths:
        row = rows[line_of(found, path)]
        if isinstance(path[-2:-1] and path[-2], int) and "{" in row:
            assert f"{path[-1]} = " in row
        else:
            assert row.startswith(f"{path[-1]} = "), (path, row)


def test_strings_and_comments_do_not_confuse_the_lines() -> None:
    text = (
        'a = """\n[x]\nb = 1\n"""\nc = [ # ]\n  [1],\n  ["]"],\n]\n[x.y]\n"d e" = \'#[\'\nf.g = 1\n'
    )
    assert tomllib.loads(text)
    found = lines(text)
    assert {path: n for path, n in found.items() if path} == {
        ("a",): 1,
        ("c",): 5,
        ("c", 0): 6,
        ("c", 1): 7,
        ("x", "y"): 9,
        ("x", "y", "d e"): 10,
        ("x", "y", "f", "g"): 11,
    }
