"""Vocabularies can say all that happens on a journey, and nothing that we cannot act on."""

from typing import get_args

import pytest

from penstock.gateways.statuses import (
    DeclarationEvent,
    ParcelEvent,
    ReturnEvent,
    meaning,
    read_vocabularies,
    shipped_vocabularies,
)
from penstock.kernel.errors import Misconfigured
from penstock.lifecycle.states import TRANSITIONS
from penstock.tracking.catch_up import RANKS


def events(vocabulary, topic):
    return {m.event for m in shipped_vocabularies()[vocabulary][topic].values()}


@pytest.mark.parametrize(
    ("vocabulary", "topic", "kinds"),
    [
        ("swift", "parcel", ParcelEvent),
        ("meridian", "parcel", ParcelEvent),
        ("harbour", "declaration", DeclarationEvent),
        ("boomerang", "return", ReturnEvent),
    ],
)
def test_each_sandbox_vocabulary_can_say_everything(vocabulary, topic, kinds):
    assert events(vocabulary, topic) == set(get_args(kinds))


def test_the_two_carriers_say_the_same_in_other_words():
    swift, meridian = (shipped_vocabularies()[v]["parcel"] for v in ("swift", "meridian"))
    assert not swift.keys() & meridian.keys()


def test_what_goes_wrong_has_a_fault_and_a_reason():
    for vocabulary in shipped_vocabularies().values():
        for topic in vocabulary.values():
            for code, said in topic.items():
                wrong = said.event in {"attempt_failed", "lost", "held", "refused"}
                assert not wrong or (said.fault and said.reason), code
                assert said.reason or not said.fault, code


def test_every_event_that_moves_a_parcel_is_a_move_that_exists():
    moves = {t.event for t in TRANSITIONS if t.kind == "parcel"}
    assert set(get_args(ParcelEvent)) - {"info"} == RANKS.keys()
    assert RANKS.keys() <= moves


def test_a_code_means_something_only_in_its_vocabulary_and_topic():
    book = shipped_vocabularies()
    assert meaning(book, "meridian", "parcel", "410").reason == "nobody_home"
    assert meaning(book, "swift", "parcel", "410") is None
    assert meaning(book, "meridian", "return", "410") is None
    assert meaning(book, "nobody", "parcel", "410") is None
    assert meaning(book, "meridian", "weather", "410") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[a.parcel]\nX = {event = 'vanished'}", "vanished"),
        ("[a.parcel]\nX = {event = 'lost', fault = 'fate'}", "fate"),
        ("[a.parcel]\nX = {event = 'lost', blame = 'carrier'}", "blame"),
        ("[a.parcels]\nX = {event = 'lost'}", "parcels"),
        ("[a.parcel", "own.toml"),
    ],
)
def test_a_vocabulary_that_cannot_be_meant_is_refused_in_a_line(text, names):
    with pytest.raises(Misconfigured) as refusal:
        read_vocabularies(text, "own.toml")
    message = str(refusal.value)
    assert message.startswith("own.toml")
    assert names in message
    assert "\n" not in message
