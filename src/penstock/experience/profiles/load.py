"""Read a profile from TOML, or explain every error in it by line."""

import re
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from penstock.experience.profiles.clock_rules import Problem
from penstock.experience.profiles.profile import Profile
from penstock.experience.profiles.profile_rules import near, problems_in
from penstock.kernel import toml_lines
from penstock.kernel.errors import FieldError, Invalid, NotFound
from penstock.kernel.toml_text import NotToml, read_toml, without_mark

_DIGITS_MAX = 12


@cache
def shipped() -> tuple[str, ...]:
    """Return the codes of the profiles that come with Penstock."""
    folder = resources.files("penstock.experience") / "profiles"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load(name: str) -> Profile:
    """Return the shipped profile `name`, or the one in the file `name` if that ends in `.toml`.

    Raises:
        NotFound: no such profile or file.
        Invalid: the profile has errors; each is named with its line.

    """
    if name in shipped():
        return _shipped(name)
    if not name.endswith(".toml"):
        raise NotFound(
            f"no score profile '{name}': use one of {', '.join(shipped())}, or a path to a .toml"
        )
    try:
        return parse(Path(name).read_text("utf-8"), name)
    except OSError as error:
        raise NotFound(f"cannot read the profile {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{name}: not UTF-8 text; save the profile as UTF-8") from error


@cache
def _shipped(name: str) -> Profile:
    """Read a profile once: what is shipped does not change while this version runs."""
    entry = resources.files("penstock.experience") / "profiles" / f"{name}.toml"
    return parse(entry.read_text("utf-8"), f"{name}.toml")


def parse(text: str, name: str) -> Profile:
    """Return the profile written in `text`; `name` is what its errors call the file.

    Raises:
        Invalid: every error found, each with its place and line, and what to do.

    """
    try:
        data = read_toml(text, exact=True)
    except NotToml as error:
        raise _refused(name, [(error.line, "", error.what)]) from error
    problems = list(_shape(data, Profile, ()))
    if not problems:
        profile = msgspec.convert(data, Profile)
        problems = list(problems_in(profile))
        if not problems:
            return profile
    found = toml_lines.lines(without_mark(text))
    located = [(toml_lines.line_of(found, path), _place(path), what) for path, what in problems]
    raise _refused(name, sorted(located))


def _refused(name: str, problems: list[tuple[int, str, str]]) -> Invalid:
    errors = tuple(
        FieldError(
            "/" + place.replace(".", "/") if place else "", "profile", f"line {line}: {what}", line
        )
        for line, place, what in problems
    )
    many = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return Invalid(f"the score profile {name} has {many}", errors=errors)


def _place(path: toml_lines.Path) -> str:
    return ".".join(str(part) for part in path)


def _shape(data: Any, struct: type[Any], path: toml_lines.Path) -> Iterator[Problem]:
    """Yield every missing, unknown or ill-typed key: msgspec alone stops at the first."""
    if not _is_table(data):
        yield path, "write a table here"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for key in data.keys() - fields.keys() - {struct.__struct_config__.tag_field}:
        yield (*path, key), f"unknown key{near(key, fields)}"
    for key, field in fields.items():
        if key in data:
            yield from _value(data[key], field.type, (*path, key))
        elif field.required:
            yield path, f"'{key}' is missing"


def _value(value: Any, kind: Any, path: toml_lines.Path) -> Iterator[Problem]:
    inner = _struct_in(kind, value)
    if inner is not None and typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            yield path, "write a list of tables here"
            return
        for index, item in enumerate(value):
            yield from _shape(item, inner, (*path, index))
    elif inner is not None:
        yield from _shape(value, inner, path)
    else:
        read: Any = None
        try:
            read = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            what, _, at = str(error).partition(" - at `$")
            inside = (int(i) if i else key for key, i in re.findall(r"\.(\w+)|\[(\d+)\]", at))
            yield (*path, *inside), what
        if wrong := next(_unusable(value), ""):
            yield path, wrong
        elif _quoted(value, read):
            yield path, "write numbers without quotes"


def _quoted(value: Any, read: Any) -> bool:
    """Whether a text was read as a number: msgspec takes "NaN" for one, and none can weigh it."""
    if isinstance(read, dict):
        return any(_quoted(value[key], item) for key, item in read.items())
    if isinstance(read, tuple | list):
        return any(map(_quoted, value, read))
    return isinstance(value, str) and isinstance(read, Decimal)


def _unusable(value: Any) -> Iterator[str]:
    """Yield why a number in `value` cannot be reckoned with, or a text not be stored."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _unusable(item)
    elif isinstance(value, str) and any(c < " " and c not in "\n\t" for c in value):
        yield "holds a control character: leave it out"
    elif isinstance(value, Decimal | int | float):
        amount = Decimal(value)
        if not amount.is_finite():
            yield "inf and nan are no amounts: write a number"
        elif amount and not -_DIGITS_MAX <= amount.adjusted() < _DIGITS_MAX:
            yield f"write a number with at most {_DIGITS_MAX} digits before or after the point"


def _struct_in(kind: Any, value: Any) -> type[Any] | None:
    """Return the struct type that `value` should be; a choice of several is made by its tag."""
    if typing.get_origin(kind) in {types.UnionType, typing.Union, tuple}:
        structs = [arg for arg in typing.get_args(kind) if _is_struct(arg)]
        if len(structs) > 1:
            tag = value.get(structs[0].__struct_config__.tag_field) if _is_table(value) else None
            structs = [struct for struct in structs if struct.__struct_config__.tag == tag]
        return structs[0] if structs else None
    return kind if _is_struct(kind) else None


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
