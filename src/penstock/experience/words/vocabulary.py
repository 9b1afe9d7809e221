"""The closed vocabulary in which a profile speaks, as `words.toml` says it."""

import re
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

from penstock.experience.journeys.clocks import Clocks

_NAME: Final = re.compile(r"'(?:[^']|'')*'|(?<![:\w])([a-z_]+)\b")


class Population(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A denominator: `at` is when an order enters it."""

    says: str
    at: str


class Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A numerator: `at` is when it comes true; the rest tells how an order misses it.

    `what` should have been `done` by `due`; a word of a metric's own clock leaves it to what stops
    the clock. From `since` on it could be, where that is known.
    """

    says: str
    at: str
    what: str = ""
    due: str = ""
    done: str = ""
    since: str = ""


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured of each order: the `amount` of time from `since` until it was `done`."""

    says: str
    amount: str
    what: str
    since: str
    done: str


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stops a metric's own clock, by when it was promised, and when it is given up."""

    what: str
    at: str
    promised_at: str
    given_up_at: str


class OwnClock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metric's own clock: what starts it, when it runs out, what stops it."""

    due_at: str
    start: dict[str, str]
    stop: dict[str, Stop]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `words.toml`; what is no sentence is SQL."""

    scope: str
    asked: str
    reason: str
    moment: dict[str, str]
    population: dict[str, Population]
    predicate: dict[str, Predicate]
    quantity: dict[str, Quantity]
    exclusion: dict[str, str]
    clock: OwnClock
    sub_process: dict[str, str]


def bound(sql: str, names: Mapping[str, str]) -> str:
    """Return `sql` with some of its names replaced."""
    return _NAME.sub(lambda m: names.get(m[1], m[0]) if m[1] else m[0], sql)


def names_in(sql: str) -> set[str]:
    """Return the names that `sql` speaks of; its keywords are in capitals."""
    return {found for found in _NAME.findall(sql) if found}


def _read() -> Words:
    """Read the words, each with its own `due`, `done` and `since` put in."""
    text = resources.files(__package__).joinpath("words.toml").read_bytes()
    words = msgspec.toml.decode(text, type=Words)

    def own(word: Predicate | Quantity) -> dict[str, str]:
        told = {"due": getattr(word, "due", ""), "done": word.done, "since": word.since}
        return {name: sql for name, sql in told.items() if sql}

    predicates = {
        name: msgspec.structs.replace(word, at=at, done=word.done or at)
        for name, word in words.predicate.items()
        for at in [bound(word.at, own(word))]
    }
    quantities = {
        name: msgspec.structs.replace(word, amount=bound(word.amount, own(word)))
        for name, word in words.quantity.items()
    }
    return msgspec.structs.replace(words, predicate=predicates, quantity=quantities)


WORDS: Final = _read()
POPULATIONS: Final = WORDS.population
PREDICATES: Final = WORDS.predicate
QUANTITIES: Final = WORDS.quantity
EXCLUSIONS: Final = WORDS.exclusion
SUB_PROCESSES: Final = WORDS.sub_process
JOURNEY: Final = frozenset(Clocks.__struct_fields__)
"""The columns of a journey that a word may speak of: what is told of an order when it is shown."""
