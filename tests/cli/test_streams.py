"""Streams on a terminal: what is wrong with a file or a number is one line."""

import pytest

BINARY = b"a = 1\n\xb9\x00\x01"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (BINARY, "plan.toml", "not UTF-8"),
        (BINARY, "plan.json", "not UTF-8"),
        (b"a = " + b"[" * 5_000, "plan.toml", "nested too deeply"),
        (b"a = 1\nb = " + b"9" * 5_000, "plan.toml", "line 2, a number has too many digits"),
        (b"[1, 2]", "plan.json", "is no plan"),
        (b"", "plan.toml", "code is needed"),
    ],
)
def test_a_plan_that_is_none_is_refused(penstock, sells, tmp_path, content, name, said):
    (tmp_path / name).write_bytes(content)
    ran = penstock(f"streams schedule {name} --merchant merchant-1")
    assert ran.code == 2
    assert said in ran.err
    assert "The order" not in ran.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BINARY, "not UTF-8"),
        (b"a = " + b"{a = " * 5_000, "nested too deeply"),
        (b"rule = 1", "is no list of rules"),
        (b"", "is no list of rules"),
    ],
)
def test_rules_that_are_none_are_refused(penstock, sells, tmp_path, content, said):
    (tmp_path / "rules.toml").write_bytes(content)
    ran = penstock("streams rules put rules.toml --merchant merchant-1")
    assert (ran.code, said in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("list --merchant merchant-1 --limit 0", "--limit is 1 to 1000"),
        ("list --merchant merchant-1 --limit -1", "--limit is 1 to 1000"),
        ("demand --lead-min -1", "--lead-min is 0 to 10080"),
        ("demand --lead-min 99999999999999999999", "--lead-min is 0 to 10080"),
        ("monitor x --merchant merchant-1 --every-s -1", "--every-s is 0.1 to 3600"),
        ("monitor x --merchant merchant-1 --every-s nan", "--every-s is 0.1 to 3600"),
        ("amend x --merchant merchant-1 --later-by 9999999999999", "at most a year"),
    ],
)
def test_a_number_that_cannot_be_is_refused(penstock, sells, line, said):
    ran = penstock(f"streams {line}")
    assert (ran.code, said in ran.err) == (2, True)
