"""Read policies from TOML, or explain every one that is wrong by its line."""

import re
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.toml_lines import Path, line_of, lines
from penstock.kernel.toml_text import NotToml, read_toml, without_mark
from penstock.merchants.growth.policy import Policy, problems

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


@cache
def shipped_policies() -> tuple[Policy, ...]:
    """Return the policies that come with Penstock (`policies.toml`), the defaults marked so."""
    text = resources.files(__package__).joinpath("policies.toml").read_text("utf-8")
    return read_policies(text, "policies.toml")


def read_policies(text: str, name: str) -> tuple[Policy, ...]:
    """Return the policies of a TOML text of `[[policy]]` tables; `name` is what errors call it.

    Raises:
        Invalid: every policy that is wrong, each by place and line, and what to do.

    """
    try:
        data = read_toml(text)
    except NotToml as error:
        raise _refused(name, [_error((), "bad_toml", error.what, error.line)]) from error
    found = lines(without_mark(text))
    wrong: list[FieldError] = []
    read: list[Policy] = []
    for key in data.keys() - {"policy"}:
        detail = f"unknown table {key!r}: write [[policy]] for each policy"
        wrong.append(_error((key,), "unknown_field", detail, line_of(found, (key,))))
    rows = data.get("policy", [])
    if not isinstance(rows, list) or not rows:
        wrong.append(_error(("policy",), "required", "write [[policy]] for each policy", 1))
        rows = []
    for i, row in enumerate(rows):
        policy = _converted(row, ("policy", i), found, wrong)
        if policy is not None:
            read.append(policy)
    if wrong:
        raise _refused(name, sorted(wrong, key=lambda error: error.line or 0))
    return tuple(read)


def refusals(policy: Policy, place: Path, line: int | None = None) -> list[FieldError]:
    """Return every rule that a policy at `place` breaks, as fields."""
    return [_error((*place, *p.path), p.code, p.detail, line) for p in problems(policy)]


def _converted(
    row: Any, place: Path, found: dict[Path, int], wrong: list[FieldError]
) -> Policy | None:
    try:
        policy: Policy = msgspec.convert(row, Policy)
    except msgspec.ValidationError as error:
        what, _, at = str(error).partition(" - at `$")
        inside = tuple(int(i) if i else key for key, i in _STEP.findall(at))
        path = (*place, *inside)
        wrong.append(_error(path, "wrong_type", what, line_of(found, path)))
        return None
    broken = list(problems(policy))
    wrong += [
        _error((*place, *p.path), p.code, p.detail, line_of(found, (*place, *p.path)))
        for p in broken
    ]
    return None if broken else policy


def _error(path: Path, code: str, detail: str, line: int | None) -> FieldError:
    said = detail if line is None else f"line {line}: {detail}"
    return FieldError("".join(f"/{part}" for part in path), code, said, line)


def _refused(name: str, errors: list[FieldError]) -> Invalid:
    many = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return Invalid(f"the policies in {name} have {many}", errors=tuple(errors))
