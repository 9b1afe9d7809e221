"""The questionnaire on logistics service quality: what is asked, of whom, and on which scale."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Literal

import msgspec

from penstock.kernel.errors import Invalid

Audience = Literal["merchant", "shopper"]
_ITEMS_MIN = 2


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whole numbers from `low` to `high`, with what the ends mean."""

    low: int
    high: int
    low_label: str
    high_label: str


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A statement to agree or disagree with; of a `reversed` one agreement is bad news."""

    code: str
    text: str
    reversed: bool = False


class Dimension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dimension of service quality, and its items for either audience."""

    code: str
    title: str
    merchant: tuple[Item, ...]
    shopper: tuple[Item, ...]

    def items(self, audience: Audience) -> tuple[Item, ...]:
        """Return what `audience` is asked."""
        return self.merchant if audience == "merchant" else self.shopper


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An audience, and what it should have in mind."""

    code: Audience
    introduction: str


class Questionnaire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a questionnaire; answers are scored by the version that was sent."""

    code: str
    version: int
    source: str
    scale: Scale
    audience: tuple[Asked, ...]
    dimension: tuple[Dimension, ...]

    def items(self, audience: Audience) -> list[Item]:
        """Return every item of `audience`, dimension by dimension."""
        return [item for dimension in self.dimension for item in dimension.items(audience)]


def shipped() -> Questionnaire:
    """Return the questionnaire that comes with Penstock."""
    text = resources.files(__package__).joinpath("questionnaire.toml").read_text("utf-8")
    return parse(text, "questionnaire.toml")


def parse(text: str, name: str) -> Questionnaire:
    """Read a questionnaire from TOML; `name` is what its errors call the file.

    Raises:
        Invalid: not TOML, not of this shape, or not fit to be scored.

    """
    try:
        found = msgspec.convert(tomllib.loads(text), Questionnaire)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid(f"{name}: {error}") from error
    if problem := next(_problems(found), None):
        raise Invalid(f"{name}: {problem}")
    return found


def _problems(found: Questionnaire) -> Iterator[str]:
    if found.scale.low >= found.scale.high:
        yield "the scale's low end must be less than its high end"
    codes = [dimension.code for dimension in found.dimension]
    codes += [item.code for audience in found.audience for item in found.items(audience.code)]
    if repeated := sorted({code for code in codes if codes.count(code) > 1}):
        yield f"the code '{repeated[0]}' stands twice"
    if not (found.audience and found.dimension):
        yield "it needs an audience and a dimension"
    for audience in found.audience:
        for dimension in found.dimension:
            items = dimension.items(audience.code)
            if len(items) < _ITEMS_MIN:
                yield (
                    f"dimension '{dimension.code}' needs at least {_ITEMS_MIN} items for a"
                    f" {audience.code}, or its reliability cannot be told"
                )
            elif all(item.reversed for item in items):
                yield f"dimension '{dimension.code}' has only reversed items: word one straight"
