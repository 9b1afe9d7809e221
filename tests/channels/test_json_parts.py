import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.json_parts import Part, items, members
from penstock.kernel.errors import Malformed, Refusal

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
DEEPER = st.sampled_from([None, 1, 3])


def line_of(text: str, part: Part, at: int) -> int:
    return text.count("\n", 0, text.index(part.raw.decode(), at)) + 1


@given(st.lists(VALUES), DEEPER, st.booleans())
def test_a_list_comes_apart_into_its_values(
    values: list[Any], indent: int | None, spoil: bool
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=False)
    if spoil:
        # An item that is not JSON makes no difference to the others.
        text = text[:-1].rstrip() + (", NaN\n]" if values else "NaN]")
    parts = items(Part(text.encode(), 1))
    found = [json.loads(part.raw) for part in parts]
    assert found[: len(values)] == values
    assert len(found) == len(values) + spoil
    at = 1
    for part in parts:
        assert part.line == line_of(text, part, at)
        at = text.index(part.raw.decode(), at) + len(part.raw.decode())


@given(st.dictionaries(st.text(max_size=6), VALUES), DEEPER, st.booleans())
def test_an_object_comes_apart_into_its_members(
    value: dict[str, Any], indent: int | None, escape: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escape)
    found = members(Part(f"\n {text} \n".encode()))
    assert {key: json.loads(part.raw) for key, part in found.items()} == value
    assert all(part.line > 1 for part in found.values())


@pytest.mark.parametrize(
    "text", ["", "3", "{}", "[1", "[1]]", "[1}", '["a', "[1] 2", "[[1]", '{"a":1']
)
def test_what_is_no_whole_list_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        items(Part(text.encode()))


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"a":1', '{"a":1]', "{1:2}", '{"a":1} x', '{"a":1,"a":1}', '{"a":1,"\\u0061":2}'],
)
def test_what_is_no_whole_object_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        members(Part(text.encode()))


@given(st.binary() | st.binary().map(b"[".__add__) | st.text(alphabet='{}[]",:1 ').map(str.encode))
def test_any_bytes_come_apart_or_are_refused(raw: bytes) -> None:
    for take in (items, members):
        with suppress(Refusal):
            take(Part(raw))
