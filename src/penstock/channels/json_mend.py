"""What of a JSON value can be used although other parts of it cannot, so that rules can be asked.

Whoever mends a body wants to be told all at once: that a quantity is no number, and that another
line's is out of range. A rule takes whole values; so what does not fit is filled, and what a rule
says of the filling is left out.
"""

import types
import typing
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from penstock.channels.json_fit import fields_of
from penstock.kernel.errors import FieldError

Rules = Callable[[Any], Iterable[FieldError]]
"""Names the rules that a decoded value breaks, by pointers into it."""

_FILLING: dict[Any, Any] = {
    str: "x",
    int: 1,
    float: 1.0,
    bool: False,
    types.NoneType: None,
    datetime: datetime(2000, 1, 1, tzinfo=UTC),
    date: date(2000, 1, 1),
    time: time(12),
    timedelta: timedelta(0),
}


def breaches_besides(
    misfits: Iterable[FieldError], value: Any, kind: type[msgspec.Struct], rules: Rules
) -> Iterator[FieldError]:
    """Name the rules that the fitting parts of `value` break; `misfits` is what does not fit."""
    at_fault = [error.pointer for error in misfits]
    if not isinstance(value, dict):
        return
    for error in rules(_fitted(value, kind)):
        touched = f"{error.pointer}/"
        if not any(touched.startswith(f"{p}/") or f"{p}/".startswith(touched) for p in at_fault):
            yield error


def _fitted(value: Any, kind: Any) -> Any:
    bare = _bare(kind)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        given = value if isinstance(value, dict) else {}
        return bare(
            **{
                field.name: _fitted(given.get(field.encode_name, _ABSENT), field.type)
                for field in fields_of(bare)
                if field.encode_name in given or field.required
            }
        )
    if typing.get_origin(bare) in {list, tuple}:
        items = value if isinstance(value, list) else []
        return tuple(_fitted(item, typing.get_args(bare)[0]) for item in items)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return _filling(bare)


_ABSENT = object()


def _bare(kind: Any) -> Any:
    """Take off what surrounds a type: constraints, and `| None`."""
    if typing.get_origin(kind) is typing.Annotated:
        return _bare(kind.__origin__)
    if typing.get_origin(kind) in {types.UnionType, typing.Union}:
        return _bare(typing.get_args(kind)[0])
    return kind


def _filling(bare: Any) -> Any:
    if typing.get_origin(bare) is typing.Literal:
        return typing.get_args(bare)[0]
    return _FILLING.get(bare)
