"""Where decoded JSON does not fit a Struct: all such places at once, in plain English."""

import difflib
import re
import types
import typing
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

import msgspec

from penstock.channels.parsed import shown
from penstock.kernel.errors import FieldError

_PATH = re.compile(r" - at `\$?(?P<path>.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")
"""A step of msgspec's path. It writes [...] where the key is not one of a Struct."""
_QUOTED = re.compile(r"`([^`]*)`")
_KINDS = {
    "int": "a whole number",
    "float": "a number with a fraction",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "datetime": "a time",
}
_TIME = "must be a time with its offset, such as 2026-11-21T10:00:00Z"


def misfits(
    value: Any, kind: type[msgspec.Struct], *, closed: bool = False
) -> tuple[FieldError, ...]:
    """Name every place where `value` is not what the Struct `kind` asks for.

    msgspec stops at the first; whoever mends a file wants them all. Where `kind` forbids unknown
    fields, or `closed` says so, so does everything inside it.
    """
    closed = closed or kind.__struct_config__.forbid_unknown_fields
    return tuple(_misfits(value, kind, "", closed=closed))


def has_strays(value: Any, kind: Any) -> bool:
    """Tell whether decoded JSON has a field that the type `kind`, or one inside it, does not know.

    msgspec passes over such fields unless each type forbids them; this holds for all, and is
    quick where there are none.
    """
    kind = _unwrapped(kind, value)
    if _is_struct(kind) and isinstance(value, dict):
        known, nested = _known(kind)
        if not value.keys() <= known:
            return True
        return any(has_strays(value[key], inner) for key, inner in nested if key in value)
    if typing.get_origin(kind) in {list, tuple} and isinstance(value, list):
        inner = typing.get_args(kind)[0]
        return any(has_strays(item, inner) for item in value)
    return False


def explained(message: str, *, pointer: str = "", kind: Any = None) -> FieldError:
    """Turn a message of msgspec's ("Expected `int`, got `str` - at `$.lines[0].quantity`") round.

    Returns the error with a JSON Pointer below `pointer` and a detail that says what to send;
    `kind` lets it name the choices of an enumeration.
    """
    path = _PATH.search(message)
    message = message[: path.start()] if path else message
    for name, index in _STEP.findall(path["path"] if path else ""):
        pointer += f"/{step(name or index)}"
    name = pointer.rsplit("/", 1)[-1] if pointer else "The order"
    if message.startswith("Object missing required field "):
        name = _QUOTED.findall(message)[0]
        return FieldError(f"{pointer}/{step(name)}", "required", f"{name} is needed: add it.")
    if message.startswith("Object contains unknown field "):
        return _unknown(pointer, _QUOTED.findall(message)[0], ())
    if message.startswith("Invalid enum value"):
        choices = ", ".join(str(choice) for choice in _choices(kind))
        detail = f"must be one of: {choices}." if choices else "has a value that it does not take."
        return FieldError(pointer, "bad_choice", f"{name} {detail}")
    if "datetime" in message:
        return FieldError(pointer, "bad_time", f"{name} {_TIME}.")
    words = _QUOTED.sub(_in_words, message)
    if " got " in words:
        words = words.replace("Expected ", "must be ").replace(", got ", ", not ")
        return FieldError(pointer, "wrong_type", f"{name} {words}.")
    words = words.replace("Expected ", "must be ")
    return FieldError(pointer, "out_of_range", f"{name}: {words[:1].lower()}{words[1:]}.")


def step(key: str) -> str:
    """Write one key as a step of a JSON Pointer (RFC 6901 section 3) that can be stored."""
    escaped = key[:100].replace("~", "~0").replace("/", "~1").replace("\0", "\ufffd")
    return escaped.encode(errors="replace").decode()


def _misfits(value: Any, kind: Any, pointer: str, *, closed: bool) -> Iterator[FieldError]:
    kind = _unwrapped(kind, value)
    if _is_struct(kind) and isinstance(value, dict):
        fields = {field.encode_name: field for field in fields_of(kind)}
        for key, field in fields.items():
            inner = f"{pointer}/{step(key)}"
            if key in value:
                yield from _misfits(value[key], field.type, inner, closed=closed)
            elif field.required:
                yield FieldError(inner, "required", f"{key} is needed: add it.")
        if closed:
            known = sorted(fields, key=lambda key: key in value)  # those that are missing first
            yield from (_unknown(pointer, key, known) for key in value if key not in fields)
    elif typing.get_origin(kind) in {list, tuple} and isinstance(value, list):
        item_kind = typing.get_args(kind)[0]
        for index, item in enumerate(value):
            yield from _misfits(item, item_kind, f"{pointer}/{index}", closed=closed)
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as fault:
            yield explained(str(fault), pointer=pointer, kind=kind)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """Return the fields of a Struct; msgspec works them out anew each time it is asked."""
    return msgspec.structs.fields(kind)


@cache
def _known(kind: type[msgspec.Struct]) -> tuple[frozenset[str], tuple[tuple[str, Any], ...]]:
    """Return the fields of a Struct, and those of them that may hold a Struct or a list."""
    fields = fields_of(kind)
    nested = tuple(
        (field.encode_name, field.type)
        for field in fields
        if _is_struct(inner := _unwrapped(field.type, ...)) or typing.get_origin(inner) is not None
    )
    return frozenset(field.encode_name for field in fields), nested


def _unwrapped(kind: Any, value: Any) -> Any:
    if typing.get_origin(kind) in {types.UnionType, typing.Union} and value is not None:
        real = [choice for choice in typing.get_args(kind) if choice is not type(None)]
        return real[0] if len(real) == 1 else kind
    return kind


def _choices(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()


def _unknown(pointer: str, key: str, known: Collection[str]) -> FieldError:
    near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    meant = f"did you mean {near[0]}?" if near else "take it out, or correct its name."
    detail = f"{shown(key)} is not a field here: {meant}"
    return FieldError(f"{pointer}/{step(key)}", "unknown_field", detail)


def _in_words(quoted: re.Match[str]) -> str:
    return " or ".join(_KINDS.get(part, part) for part in quoted[1].split(" | "))
