"""What a lift has to assume, as data: defaults that anybody may replace."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from penstock.kernel.errors import FieldError, Invalid


class Assumption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number with its unit, what it is, and where it is from."""

    value: float
    unit: str
    note: str
    source: str


Assumptions = Mapping[str, Assumption]


@cache
def shipped() -> Assumptions:
    """Return the defaults that come with Penstock."""
    text = resources.files(__package__).joinpath("assumptions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Assumption])


def assuming(given: Mapping[str, float]) -> Assumptions:
    """Return the defaults with some values replaced, which are the caller's own then.

    Raises:
        Invalid: a name that is not assumed, or a negative or infinite value.

    """
    known = shipped()
    wrong = tuple(
        FieldError(f"/{name}", "unknown_assumption", f"there is no '{name}': {' '.join(known)}")
        for name in given
        if name not in known
    )
    wrong += tuple(
        FieldError(f"/{name}", "out_of_range", f"{name} must be from 0 to 1e12")
        for name, value in given.items()
        if not 0 <= value <= 1e12
    )
    if wrong:
        raise Invalid("these assumptions make no sense", errors=wrong)
    own = {
        name: msgspec.structs.replace(known[name], value=value, source="given")
        for name, value in given.items()
    }
    return {**known, **own}
