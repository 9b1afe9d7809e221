"""The API in this process, over ASGI, on a database of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from penstock.access.key import Principal, create_key
from penstock.api.caller import Callers
from penstock.api.context import Context
from penstock.api.http import http_app
from penstock.db.transaction import OPERATOR, Database
from penstock.settings import Settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def _nothing_to_open(app: Any) -> AsyncIterator[None]:
    yield


class Stopped:
    """A clock that stands at NOW until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Api:
    """A client and what a test needs around it."""

    def __init__(self, database: Database, make_in: Any) -> None:
        self.database = database
        self.clock = Stopped()
        self.make_in = make_in
        settings = Settings()
        context = Context(settings, database, self.clock, Callers(database, self.clock))

        self.app = http_app(_nothing_to_open, settings.body_max_bytes)
        self.app.state.context = context
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://penstock"
        )

    async def key(self, role: str = "operator", **about: Any) -> dict[str, str]:
        principal = Principal(key_id=f"{role}{len(about)}", role=role, **about)
        key = await self.database.run(
            OPERATOR, lambda tx: create_key(tx, principal, "test", b"s" * 20, NOW)
        )
        return {"Authorization": f"Bearer {key}"}

    async def made(self, work: Any) -> Any:
        """Run `work(make)` in a committed transaction."""
        return await self.database.run(OPERATOR, lambda tx: work(self.make_in(tx)))


@pytest.fixture
async def api(database: Database, make_in: Any) -> AsyncIterator[Api]:
    made = Api(database, make_in)
    async with made.client:
        yield made
