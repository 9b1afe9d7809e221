"""Set up the cartons that the benches use."""

from collections.abc import Sequence
from importlib import resources

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.repeats import repeats
from penstock.warehouse.cartonize import OWN, Carton


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    carton: tuple[Carton, ...]


@query
async def store_cartons(
    tx: Transaction,
    *,
    cartons: list[str],
    lengths_mm: list[int],
    widths_mm: list[int],
    heights_mm: list[int],
    tares_g: list[int],
    loads_g: list[int],
) -> None:
    """Store cartons; one of a known name is replaced."""


def standard_cartons() -> tuple[Carton, ...]:
    """Return the six cartons that a floor without its own starts with (`cartons.toml`)."""
    text = resources.files("penstock.warehouse").joinpath("cartons.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_File).carton


async def add_cartons(tx: Transaction, cartons: Sequence[Carton] | None = None) -> int:
    """Put cartons on the shelf of every node, the standard ones where none are named; count them.

    A name that is known gets the new measures; doing it twice changes nothing.

    Raises:
        Invalid: a measure is not positive, a name is empty, said twice, or `own`.

    """
    chosen = standard_cartons() if cartons is None else tuple(cartons)
    wrong = tuple(error for i, carton in enumerate(chosen) for error in _problems(i, carton))
    names = [carton.carton for carton in chosen]
    twice = repeats(names)
    wrong += tuple(
        FieldError(f"/cartons/{i}/carton", "said_twice", f"{name!r} is there already; say it once")
        for i, name in enumerate(names)
        if i in twice
    )
    if wrong:
        raise Invalid(errors=wrong)
    await store_cartons(
        tx,
        cartons=names,
        lengths_mm=[c.length_mm for c in chosen],
        widths_mm=[c.width_mm for c in chosen],
        heights_mm=[c.height_mm for c in chosen],
        tares_g=[c.tare_g for c in chosen],
        loads_g=[c.load_g for c in chosen],
    )
    return len(chosen)


def _problems(i: int, carton: Carton) -> list[FieldError]:
    wrong = [
        FieldError(f"/cartons/{i}/{field}", "out_of_range", "use a whole number above 0")
        for field in ("length_mm", "width_mm", "height_mm", "load_g")
        if getattr(carton, field) <= 0
    ]
    if carton.tare_g < 0:
        wrong.append(FieldError(f"/cartons/{i}/tare_g", "out_of_range", "use 0 or more grams"))
    if not carton.carton.strip() or carton.carton == OWN:
        detail = f"use a name other than {OWN!r}, which means a unit's own packaging"
        wrong.append(FieldError(f"/cartons/{i}/carton", "bad_name", detail))
    return wrong
