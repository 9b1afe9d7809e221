"""What a request handler works with; `app.py` composes it once a process."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from penstock.api.caller import Callers
from penstock.db.transaction import Database
from penstock.kernel.clock import Clock
from penstock.settings import Settings


class Context(msgspec.Struct, frozen=True):
    """The settings, the pool, the clock and the callers."""

    settings: Settings
    database: Database
    clock: Clock
    callers: Callers

    def now(self) -> datetime:
        """Return the time that this request happens at."""
        return self.clock.now()


Here = NamedDependency[Context]
"""The context, as a handler asks for it."""
MerchantCode = Annotated[
    str | None,
    QueryParameter(name="merchant", description="operators: whose; a merchant's key says it"),
]
