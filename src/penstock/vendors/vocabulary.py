"""Vendors' words that an operator adds: effective with the next event, in every process."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.statuses import Meaning, Vocabularies, shipped_vocabularies


class Stored(msgspec.Struct, frozen=True):
    """A code's meaning as the database has it."""

    vocabulary: str
    topic: str
    code: str
    event: str
    fault: str
    reason: str


class VocabularyListed(msgspec.Struct, frozen=True, kw_only=True):
    """A vocabulary: how many codes it has by topic, how many of them an operator added.

    `spoken_by` are the vendors whose events are read by it.
    """

    vocabulary: str
    codes: dict[str, int]
    added: int
    spoken_by: tuple[str, ...]


class Speaker(msgspec.Struct, frozen=True):
    """A vendor and the vocabulary that it speaks."""

    vendor: str
    vocabulary: str


@query
async def stored_meanings(tx: Transaction, *, vocabularies: list[str] | None) -> list[Stored]:
    """List what operators added, to these vocabularies or to all."""


@query
async def forget_meanings(tx: Transaction, *, vocabularies: list[str]) -> None:
    """Take back what was added to these vocabularies."""


@query
async def store_meanings(
    tx: Transaction,
    *,
    vocabularies: list[str],
    topics: list[str],
    codes: list[str],
    events: list[str],
    faults: list[str],
    reasons: list[str],
    now: datetime,
) -> None:
    """Add meanings."""


@query
async def speakers(tx: Transaction) -> list[Speaker]:
    """List the vendors with the vocabulary that each speaks."""


@query
async def vocabulary_of(tx: Transaction, *, vendor: str) -> str | None:
    """Find the vocabulary that a vendor speaks; nothing where there is no such vendor."""


async def put_vocabularies(tx: Transaction, read: Vocabularies, now: datetime) -> int:
    """Store vocabularies and return their codes; what was added under their names before goes.

    A code that comes with the program, too, means what the operator says.
    """
    rows = list(_rows(read))
    await forget_meanings(tx, vocabularies=sorted(read))
    await store_meanings(
        tx,
        vocabularies=[row.vocabulary for row in rows],
        topics=[row.topic for row in rows],
        codes=[row.code for row in rows],
        events=[row.event for row in rows],
        faults=[row.fault for row in rows],
        reasons=[row.reason for row in rows],
        now=now,
    )
    return len(rows)


async def words_of(tx: Transaction, vocabulary: str) -> Vocabularies:
    """Return the vocabularies by which events are read now, `vocabulary` with what was added."""
    added = await stored_meanings(tx, vocabularies=[vocabulary])
    return _with(shipped_vocabularies(), added) if added else shipped_vocabularies()


async def all_words(tx: Transaction) -> Vocabularies:
    """Return every vocabulary with what was added to it."""
    return _with(shipped_vocabularies(), await stored_meanings(tx, vocabularies=None))


async def list_vocabularies(tx: Transaction) -> list[VocabularyListed]:
    """List the vocabularies by name."""
    added = await stored_meanings(tx, vocabularies=None)
    spoken = await speakers(tx)
    words = _with(shipped_vocabularies(), added)
    return [
        VocabularyListed(
            vocabulary=name,
            codes={topic: len(codes) for topic, codes in topics.items() if codes},
            added=sum(row.vocabulary == name for row in added),
            spoken_by=tuple(s.vendor for s in spoken if s.vocabulary == name),
        )
        for name, topics in sorted(words.items())
    ]


def _rows(read: Vocabularies) -> Iterator[Stored]:
    for vocabulary, topics in read.items():
        for topic, codes in topics.items():
            for code, meant in codes.items():
                yield Stored(vocabulary, topic, code, meant.event, meant.fault, meant.reason)


def _with(shipped: Vocabularies, added: list[Stored]) -> Vocabularies:
    words: dict[str, dict[str, Mapping[str, Meaning]]] = {
        name: dict(topics) for name, topics in shipped.items()
    }
    for row in added:
        topics = words.setdefault(row.vocabulary, {})
        meant = msgspec.convert(
            {"event": row.event, "fault": row.fault, "reason": row.reason}, Meaning
        )
        topics[row.topic] = {**topics.get(row.topic, {}), row.code: meant}
    return words
