"""`penstock vocabularies`: what vendors' status codes mean, added while everything runs."""

import asyncio
from pathlib import Path

from cyclopts import App

from penstock.channels.parsed import require_utf8
from penstock.cli.session import console, listing, session
from penstock.db.transaction import OPERATOR
from penstock.gateways.statuses import Vocabularies
from penstock.gateways.vocabulary_file import read_vocabulary_file
from penstock.kernel.errors import Misconfigured, NotFound
from penstock.vendors.vocabulary import (
    VocabularyListed,
    all_words,
    list_vocabularies,
    put_vocabularies,
)

vocabularies = App(name="vocabularies", help="What vendors' status codes mean.")


@vocabularies.command
def put(file: Path) -> None:
    """Store the vocabularies of a TOML file; the next event is read by them.

    What was added under their names before goes; what comes with Penstock stays beneath.
    """
    try:
        text = require_utf8(file.read_bytes())
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}.") from error
    read = read_vocabulary_file(text, file.name)
    codes = asyncio.run(_put(read))
    console.print(f"{codes} codes of {', '.join(read)} are known from now on", highlight=False)


async def _put(read: Vocabularies) -> int:
    async with session() as opened:
        return await opened.database.run(
            OPERATOR, lambda tx: put_vocabularies(tx, read, opened.now)
        )


@vocabularies.command(name="list")
def list_all() -> None:
    """List vocabularies, and the vendors that speak them."""
    table = listing("vocabulary", "codes", "added", "spoken by")
    for found in asyncio.run(_list()):
        codes = ", ".join(f"{count} {topic}" for topic, count in found.codes.items())
        table.add_row(found.vocabulary, codes, f"{found.added}", ", ".join(found.spoken_by) or "–")
    console.print(table)


async def _list() -> list[VocabularyListed]:
    async with session() as opened:
        return await opened.database.run(OPERATOR, list_vocabularies)


@vocabularies.command
def show(vocabulary: str) -> None:
    """Show what each code of a vocabulary means."""
    words = asyncio.run(_words())
    if vocabulary not in words:
        raise NotFound(f"no vocabulary {vocabulary!r}; there is: {', '.join(words)}")
    table = listing("topic", "code", "event", "fault", "reason")
    for topic, codes in words[vocabulary].items():
        for code, meant in codes.items():
            table.add_row(topic, code, meant.event, meant.fault or "–", meant.reason or "–")
    console.print(table)


async def _words() -> Vocabularies:
    async with session() as opened:
        return await opened.database.run(OPERATOR, all_words)
