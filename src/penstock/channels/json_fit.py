"""Where decoded JSON does not fit a Struct: all such places at once, in plain English."""

import re
import types
import typing
from collections.abc import Iterator
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


def misfits(value: Any, kind: type[msgspec.Struct]) -> tuple[FieldError, ...]:
    """Name every place where `value` is not what the Struct `kind` asks for.

    msgspec stops at the first; whoever mends a file wants them all. Where `kind` forbids unknown
    fields, so does everything inside it.
    """
    closed = kind.__struct_config__.forbid_unknown_fields
    return tuple(_misfits(value, kind, "", closed=closed))


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
        return _unknown(pointer, _QUOTED.findall(message)[0])
    if message.startswith("Invalid enum value"):
        choices = ", ".join(str(choice) for choice in _choices(kind))
        return FieldError(pointer, "bad_choice", f"{name} must be one of: {choices}.")
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
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        for field in msgspec.structs.fields(kind):
            inner = f"{pointer}/{step(field.encode_name)}"
            if field.encode_name in value:
                member = value.pop(field.encode_name)
                yield from _misfits(member, field.type, inner, closed=closed)
            elif field.required:
                detail = f"{field.encode_name} is needed: add it."
                yield FieldError(inner, "required", detail)
        if closed:
            yield from (_unknown(pointer, key) for key in value)
    elif typing.get_origin(kind) in {list, tuple} and isinstance(value, list):
        item_kind = typing.get_args(kind)[0]
        for index, item in enumerate(value):
            yield from _misfits(item, item_kind, f"{pointer}/{index}", closed=closed)
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as fault:
            yield explained(str(fault), pointer=pointer, kind=kind)


def _unwrapped(kind: Any, value: Any) -> Any:
    if typing.get_origin(kind) in {types.UnionType, typing.Union} and value is not None:
        real = [choice for choice in typing.get_args(kind) if choice is not type(None)]
        return real[0] if len(real) == 1 else kind
    return kind


def _choices(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) is typing.Literal else ()


def _unknown(pointer: str, key: str) -> FieldError:
    detail = f"{shown(key)} is not a field here: take it out, or correct its name."
    return FieldError(f"{pointer}/{step(key)}", "unknown_field", detail)


def _in_words(quoted: re.Match[str]) -> str:
    return " or ".join(_KINDS.get(part, part) for part in quoted[1].split(" | "))
