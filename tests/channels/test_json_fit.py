from typing import Literal

import msgspec
import pytest

from penstock.channels.json_fit import explained, has_strays, misfits, step


class Inner(msgspec.Struct):
    size: int
    tag: str | None = None


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: Inner
    many: tuple[Inner, ...] = ()
    kind: Literal["a", "b"] = "a"
    either: int | str = 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"inner": {"size": 1}}, []),
        ([], [("", "The order must be an object, not a list.")]),
        ({}, [("/inner", "inner is needed: add it.")]),
        ({"inner": 1}, [("/inner", "inner must be an object, not a whole number.")]),
        (
            {"inner": {"size": "1", "tag": 2}, "many": [{"size": 1}, {}], "kind": "c", "odd": 1},
            [
                ("/inner/size", "size must be a whole number, not text in quotes."),
                ("/inner/tag", "tag must be text in quotes, not a whole number."),
                ("/many/1/size", "size is needed: add it."),
                ("/kind", "kind must be one of: a, b."),
                ("/odd", "'odd' is not a field here: take it out, or correct its name."),
            ],
        ),
        (
            {"inner": {"size": 1, "odd": 1}},
            [("/inner/odd", "'odd' is not a field here: take it out, or correct its name.")],
        ),
        (
            {"inner": {"size": 1}, "either": None},
            [("/either", "either must be a whole number or text in quotes, not null.")],
        ),
        ({"inner": {"size": 1}, "many": {}}, [("/many", "many must be a list, not an object.")]),
    ],
)
def test_every_misfit_is_explained(value: object, expected: list[tuple[str, str]]) -> None:
    assert [(error.pointer, error.detail) for error in misfits(value, Outer)] == expected


@pytest.mark.parametrize(
    ("message", "pointer", "code", "detail"),
    [
        (
            "Expected `int`, got `str` - at `$.lines[0].quantity`",
            "/lines/0/quantity",
            "wrong_type",
            "quantity must be a whole number, not text in quotes.",
        ),
        (
            "Expected `int | null`, got `str` - at `$.a`",
            "/a",
            "wrong_type",
            "a must be a whole number or null, not text in quotes.",
        ),
        (
            "Object missing required field `sku` - at `$.lines[12]`",
            "/lines/12/sku",
            "required",
            "sku is needed: add it.",
        ),
        ("Expected `int` >= 1 - at `$.a`", "/a", "out_of_range", "a: must be a whole number >= 1."),
        (
            "Number out of range - at `$[...]`",
            "",
            "out_of_range",
            "The order: number out of range.",
        ),
        (
            "Invalid RFC3339 encoded datetime - at `$.at`",
            "/at",
            "bad_time",
            "at must be a time with its offset, such as 2026-11-21T10:00:00Z.",
        ),
    ],
)
def test_a_message_of_msgspec_becomes_plain(
    message: str, pointer: str, code: str, detail: str
) -> None:
    error = explained(message)
    assert (error.pointer, error.code, error.detail) == (pointer, code, detail)


def test_a_step_of_a_pointer_is_escaped_and_storable() -> None:
    assert step("a/b~c") == "a~1b~0c"
    assert step("\0\ud800") == "\ufffd?"


def test_a_misspelt_field_is_told_with_the_name_that_was_meant() -> None:
    for written, meant in {"Inner": "inner", "mnay": "many", "kin": "kind"}.items():
        (error,) = [e for e in misfits({"inner": {"size": 1}, written: 1}, Outer) if e.pointer[1:]]
        assert (error.pointer, error.code) == (f"/{written}", "unknown_field")
        assert error.detail.endswith(f"did you mean {meant}?")


def test_a_choice_without_known_choices_is_a_whole_sentence() -> None:
    error = explained("Invalid enum value 'x' - at `$.kind`")
    assert (error.code, error.detail) == ("bad_choice", "kind has a value that it does not take.")


def test_a_field_that_no_type_knows_is_found_however_deep() -> None:
    sound = {"inner": {"size": 1}, "many": [{"size": 1}, {"size": 2, "tag": "x"}]}
    assert not has_strays(sound, Outer)
    assert has_strays({**sound, "odd": 1}, Outer)
    assert has_strays({**sound, "inner": {"size": 1, "odd": 1}}, Outer)
    assert has_strays({**sound, "many": [{"size": 1}, {"size": 2, "odd": 1}]}, Outer)
    (error,) = misfits({"size": 1, "odd": 1}, Inner, closed=True)
    assert error.pointer == "/odd"
    assert misfits({"size": 1, "odd": 1}, Inner) == ()
