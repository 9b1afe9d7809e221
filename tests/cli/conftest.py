"""Commands run in this process, as a person would type them, on a database of the test's own."""

import asyncio
import re
import shlex
import signal
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from penstock import cli
from penstock.db.transaction import OPERATOR, Database

WIDTH = 80


class Ran(msgspec.Struct, frozen=True):
    """What a command printed, and the code that it ended with."""

    code: int
    out: str
    err: str


@pytest.fixture
def typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> Callable[..., Ran]:
    """Type a command in an empty folder; nothing of it may be wider than the terminal."""
    monkeypatch.chdir(tmp_path)

    def run(line: str, *, wide: bool = False) -> Ran:
        monkeypatch.setattr(sys, "argv", ["penstock", *shlex.split(line)])
        before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
        capsys.readouterr()
        try:
            cli.main()
            code: Any = 0
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        if not wide:
            broad = [row for row in out.splitlines() if len(row) > WIDTH and row[0] not in "{["]
            assert not [row for row in broad if not re.match("pk_|postgresql:", row)], broad
        return Ran(code, out, err)

    return run


@pytest.fixture
def penstock(
    typed: Callable[..., Ran], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Type a command that works on the test's own database."""
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", database_url)
    return typed


@pytest.fixture
def made(database_url: str, make_in: Any) -> Callable[[Any], Any]:
    """Run `work(make)` in a committed transaction."""

    def run(work: Any) -> Any:
        async def inside() -> Any:
            async with await Database.open(database_url, connections_max=1) as database:
                return await database.run(OPERATOR, lambda tx: work(make_in(tx)))

        return asyncio.run(inside())

    return run


async def shop(make: Any) -> int:
    """A merchant that sells 9 of LAMP."""
    merchant_id: int = await make.merchant()
    node = await make.node()
    pool = await make.pool(merchant_id, [node])
    await make.stock(merchant_id, node, pool, await make.sku(merchant_id, code="LAMP"), 9)
    return merchant_id


@pytest.fixture
def sells(made: Callable[[Any], Any]) -> int:
    """A shop, merchant-1."""
    merchant_id: int = made(shop)
    return merchant_id
