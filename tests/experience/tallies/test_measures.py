"""A measure is told by what its words mean, and by nothing else."""

import msgspec
import pytest

from penstock.experience.profiles.load import load
from penstock.experience.tallies import images, measures
from penstock.experience.words import composing
from penstock.experience.words.vocabulary import WORDS, Words

LES = load("penstock_les")


def fingerprints(words: Words) -> dict[str, str]:
    """The fingerprints of a profile's measures by code, in these words."""
    things, followed = images.things.__wrapped__, composing.followed.__wrapped__
    with pytest.MonkeyPatch.context() as patch:
        for module in (images, measures, composing):
            patch.setattr(module, "WORDS", words)
        patch.setattr(images, "followed", followed)
        patch.setattr(measures, "things", things)
        found = measures.measures_of.__wrapped__(LES)
    return {row.code: measure.fingerprint for row, measure in found}


def test_a_new_moment_makes_no_new_measure() -> None:
    more = {"about_at": "least(paid_at, packed_at)", **WORDS.moment}
    assert fingerprints(msgspec.structs.replace(WORDS, moment=more)) == fingerprints(WORDS)


def test_a_moment_that_means_something_else_makes_other_measures() -> None:
    other = {**WORDS.moment, "cancelled_undelivered_at": "cancelled_at"}
    was, now = fingerprints(WORDS), fingerprints(msgspec.structs.replace(WORDS, moment=other))
    changed = {code for code in was if was[code] != now[code]}
    assert changed == {"transit_in_time", "delivered_in_time"}
