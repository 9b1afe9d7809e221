"""What cannot be read as TOML is told by its line, whichever way the reader gives up."""

from decimal import Decimal

import pytest

from penstock.kernel.toml_text import NotToml, read_toml


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a = 1\nb = ", 2, "Invalid value"),
        ("a = 1\nb", 2, "Expected '='"),
        ("a = 1\nb = " + "9" * 5_000, 2, "too many digits"),
        ("a = 1\nb = 1e" + "9" * 30, 2, "too many digits"),
        ("a = " + "[" * 5_000, 1, "nested too deeply"),
        ("a = " + "{a = " * 5_000, 1, "nested too deeply"),
        ("a." * 5_000 + "a = 1", 1, "nested too deeply"),
    ],
)
def test_what_is_unreadable_has_a_line(text, line, what):
    with pytest.raises(NotToml, match=what) as told:
        read_toml(text, exact=True)
    assert told.value.line == line


def test_numbers_are_exact_where_that_is_asked_for():
    assert read_toml("a = 0.1", exact=True) == {"a": Decimal("0.1")}
    assert read_toml("a = 0.1") == {"a": 0.1}


def test_a_byte_order_mark_is_no_error():
    assert read_toml("\ufeffa = 1") == {"a": 1}
