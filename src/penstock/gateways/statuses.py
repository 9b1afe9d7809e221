"""Vendors' codes in our words: what each says happened, and by whose fault it went wrong.

A vocabulary is data (`statuses.toml`): a vendor speaks the one that its record names, or the one
under its own name. The idea of naming who is to blame beside what happened is karrio's, whose
incident reasons are grouped by carrier, consignee, customs, retailer and weather.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from penstock.kernel.errors import Misconfigured

Topic = Literal["parcel", "declaration", "return"]
Fault = Literal["", "carrier", "consignee", "customs", "retailer", "weather"]
"""Whose fault it was: the merchant's is `retailer`, that of nobody we know is empty."""

ParcelEvent = Literal["scanned", "out_for_delivery", "attempt_failed", "delivered", "lost", "info"]
DeclarationEvent = Literal["held", "cleared", "refused", "info"]
ReturnEvent = Literal["in_transit", "received", "graded", "info"]


class Meaning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one code means: an event of ours, and where it is a trouble whose fault and why.

    `reason` is a word of ours for people to read and count by, such as `nobody_home`.
    """

    event: str
    fault: Fault = ""
    reason: str = ""


class _Parcel(Meaning, frozen=True, kw_only=True, forbid_unknown_fields=True):
    event: ParcelEvent


class _Declaration(Meaning, frozen=True, kw_only=True, forbid_unknown_fields=True):
    event: DeclarationEvent


class _Return(Meaning, frozen=True, kw_only=True, forbid_unknown_fields=True):
    event: ReturnEvent


class _Vocabulary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parcel: dict[str, _Parcel] = {}
    declaration: dict[str, _Declaration] = {}
    returns: dict[str, _Return] = msgspec.field(name="return", default_factory=dict)


TOPICS: Mapping[str, type[Meaning]] = {
    "parcel": _Parcel,
    "declaration": _Declaration,
    "return": _Return,
}
"""What a code may mean, by the topic of the event that has it."""

Vocabularies = Mapping[str, Mapping[str, Mapping[str, Meaning]]]
"""Meanings by vocabulary, topic and code."""


@cache
def shipped_vocabularies() -> Vocabularies:
    """Return the vocabularies that come with Penstock."""
    text = resources.files(__package__).joinpath("statuses.toml").read_text("utf-8")
    return read_vocabularies(text, "statuses.toml")


def read_vocabularies(text: str, name: str) -> Vocabularies:
    """Read a vocabulary file: a table for each vocabulary, in it one for each topic, its codes.

    Raises:
        Misconfigured: one line that names the file, the place and what to mend.

    """
    try:
        read = msgspec.convert(tomllib.loads(text), dict[str, _Vocabulary])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Misconfigured(f"{name}: {error}.") from error
    return {
        vocabulary: {
            "parcel": topics.parcel,
            "declaration": topics.declaration,
            "return": topics.returns,
        }
        for vocabulary, topics in read.items()
    }


def meaning(vocabularies: Vocabularies, vocabulary: str, topic: str, code: str) -> Meaning | None:
    """Look a code up; None where the vocabulary does not have it for that topic."""
    return vocabularies.get(vocabulary, {}).get(topic, {}).get(code)
