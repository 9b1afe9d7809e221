"""The how-to, run as it is written: its files, its commands, and what it says they answer."""

import asyncio
import re
import shlex
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from penstock import cli, lending
from penstock.access.key import Principal, create_key
from penstock.api.caller import Callers
from penstock.api.context import Context
from penstock.api.http import http_app
from penstock.app import worker_of
from penstock.db.transaction import OPERATOR, Database
from penstock.kernel.clock import VirtualClock
from penstock.settings import Settings
from penstock.worker.identity import Identity

PAGE = Path(__file__).parents[2] / "docs/how-to/run-a-stream.md"
PART = re.compile(
    r"<!-- (?P<at>[\d-]+ [\d:]+) -->|^```(?P<language>\w+)\n(?P<body>.*?)^```$"
    r"|`(?P<file>\w+\.\w+)`",
    re.MULTILINE | re.DOTALL,
)
STEPS = {
    "turn_streams", "count_streams", "report_streams", "watch_streams", "brake_by_rule",
    "admit_tickets", "settle_streams",
}  # fmt: skip
STARTS = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def commands(block: str) -> list[list[str]]:
    """The words of each command; one goes on over line ends while a quote is open."""
    lines = re.split(r"\n(?=penstock|api)", re.sub(r" +(\|\| true)? +# .*", "", block).strip())
    return [shlex.split(line) for line in lines]


def plain(text: str) -> list[str]:
    """What is said, without progress bars and the spaces at the ends of table rows."""
    return [line.rstrip() for line in text.splitlines() if line.strip() and "━" not in line]


async def kettle(make: Any) -> None:
    """The shop of the tutorial."""
    await lending.set_up(make.tx)
    merchant = await make.merchant(country="GB", currency="GBP", sla="tiktok_uk")
    node = await make.node(country="GB", zone="Europe/London")
    pool = await make.pool(merchant, [node], country="GB")
    await make.tx.fetch("UPDATE merchants.merchant SET code = 'kettle'")
    await make.tx.fetch("UPDATE inventory.node SET orders_per_hour = 60")
    for code, units in (("TEA-100", 20), ("CUP-1", 9)):
        await make.stock(merchant, node, pool, await make.sku(merchant, code=code), units)


class Reader:
    """Somebody who follows the page, while `penstock up` runs beside."""

    def __init__(self, url: str, clock: VirtualClock, capsys: Any, monkeypatch: Any) -> None:
        self.url, self.clock, self.capsys, self.monkeypatch = url, clock, capsys, monkeypatch

    def run(self, work: Any) -> Any:
        async def inside() -> Any:
            async with await Database.open(self.url, connections_max=2) as database:
                return await work(database)

        return asyncio.run(inside())

    def go_on_to(self, at: datetime) -> None:
        """Let the time go by, a worker working each minute of it while something is on."""

        async def work(database: Database) -> None:
            async with Identity(self.url) as identity:
                worker = worker_of(database, identity, {}, steps=STEPS.__contains__)
                steps = [at] if at - self.clock.now() > timedelta(hours=1) else [
                    self.clock.now() + timedelta(minutes=m)
                    for m in range(1, (at - self.clock.now()) // timedelta(minutes=1) + 1)
                ]  # fmt: skip
                for moment in steps:
                    self.clock.set(moment)
                    await worker.drain(moment)

        self.run(work)

    def types(self, words: list[str]) -> str:
        self.monkeypatch.setattr(sys, "argv", words)
        self.capsys.readouterr()
        code: Any = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        said = self.capsys.readouterr()
        assert not code or "import" in words, said.err
        return said.out

    def fails(self, line: str) -> str:
        """What is said of a command that cannot be done."""
        self.monkeypatch.setattr(sys, "argv", shlex.split(f"penstock streams {line}"))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 2
        said = self.capsys.readouterr().err
        assert "Traceback" not in said
        return said

    def calls(self, words: list[str]) -> str:
        async def work(database: Database) -> str:
            who = Principal(key_id="reader", role="operator")
            key = await database.run(
                OPERATOR, lambda tx: create_key(tx, who, "t", b"s" * 20, STARTS)
            )
            app = http_app(lambda _: nullcontext(), 10**6)
            app.state.context = Context(Settings(), database, self.clock,
                                        Callers(database, self.clock))  # fmt: skip
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x/v1/") as client:
                headers = {"Authorization": f"Bearer {key}"}
                answer = await client.post(words[1], content=words[3], headers=headers)
                assert answer.status_code == 200, answer.text
                return answer.text

        return self.run(work)


@pytest.fixture
def reader(database_url, make_in, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", database_url)
    monkeypatch.setenv("PENSTOCK_CLOCK_FILE", str(tmp_path / "clock"))
    reader = Reader(database_url, VirtualClock(tmp_path / "clock", STARTS), capsys, monkeypatch)
    reader.run(lambda database: database.run(OPERATOR, lambda tx: kettle(make_in(tx))))
    return reader


def test_the_page_is_true(reader):
    said, file, blocks = "", "", 0
    for part in PART.finditer(PAGE.read_text("utf-8")):
        if part["at"]:
            at = datetime.strptime(part["at"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
            if at > reader.clock.now():
                reader.go_on_to(at)
        elif part["file"]:
            file = part["file"]
        elif part["language"] in {"toml", "csv"}:
            Path(file).write_text(part["body"])
        elif part["language"] == "sh":
            said = ""
            for words in commands(part["body"]):
                said += (
                    reader.types(words) if words[0] == "penstock" else reader.calls(words) + "\n"
                )
            blocks += 1
        else:
            assert plain(part["body"]) == plain(said), f"the page should say:\n{said}"
            said = ""
    assert blocks > 8


PLAN = """
code = "friday"
title = "Friday"
country = "GB"
starts_at = 2026-11-20T18:00:00Z
ends_at = 2026-11-20T20:00:00Z
skus = [{ sku = "TEA-100", quantity = 10 }]
"""


def test_it_is_cancelled(reader):
    Path("friday.toml").write_text(PLAN)
    reader.types(shlex.split("penstock streams schedule friday.toml --merchant kettle --json"))
    cancel = shlex.split("penstock streams cancel friday --merchant kettle --because ill")
    assert reader.types(cancel) == "stream friday cancelled; 10 units given back\n"
    assert "was cancelled before" in reader.types(cancel)
    assert "cancelled" in reader.types(shlex.split("penstock streams list --merchant kettle"))


def test_what_cannot_be_done_is_said_in_words(reader):
    Path("odd.toml").write_text(PLAN.replace("title", "titel").replace("GB", "XX"))
    assert "titel" in reader.fails("schedule odd.toml --merchant kettle")
    Path("odd.toml").write_text(PLAN.replace("GB", "XX"))
    assert "no country" in reader.fails("schedule odd.toml --merchant kettle")
    Path("odd.toml").write_text("code = ")
    assert "no TOML file" in reader.fails("schedule odd.toml --merchant kettle")
    assert "cannot read" in reader.fails("schedule none.toml --merchant kettle")
    assert "no merchant 'cup'" in reader.fails("list --merchant cup")
    for command in (
        "monitor friday --once", "report friday", "brakes friday", "cancel friday",
        "limit friday 3", "brake friday --pause", "amend friday --longer-by 5",
    ):  # fmt: skip
        assert "friday" in reader.fails(f"{command} --merchant kettle"), command
    assert "give one of" in reader.fails("brake friday --merchant kettle --pause --release")
    assert "SKU=UNITS" in reader.fails("amend friday --merchant kettle --sku TEA-100")
    Path("rules.toml").write_text("[[rule]]\ncode = 'a'\n")
    assert "no list of rules" in reader.fails("rules put rules.toml --merchant kettle")


def test_the_page_that_stays_ends_with_the_stream(reader):
    Path("friday.toml").write_text(PLAN)
    reader.types(shlex.split("penstock streams schedule friday.toml --merchant kettle"))
    reader.types(shlex.split("penstock streams cancel friday --merchant kettle"))
    said = reader.types(
        shlex.split("penstock streams monitor friday --merchant kettle --every-s 0.1")
    )
    assert "friday Friday: cancelled" in said
