"""What a play stands on may die at any moment: it is brought back, and the act is done again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from penstock.kernel.errors import Unavailable
from penstock.simulation.client import Interrupted

_PAUSE_S = 0.25
BROKEN = (Interrupted, Unavailable, OSError)
"""What an act raises when the database or the API server has died under it."""

T = TypeVar("T")
Heal = Callable[[], Awaitable[None]]
"""Brings back what died: the database, the API server."""


async def healing(
    act: Callable[[], Awaitable[T]],
    heal: Heal,
    broken: tuple[type[Exception], ...] = BROKEN,
    attempts: int = 40,
) -> T:
    """Do what can be done twice, until it is done; heal whenever it ends in `broken`.

    Raises:
        Unavailable: what broke could not be healed.

    """
    for attempt in range(attempts):
        try:
            return await act()
        except broken as trouble:
            if attempt == attempts - 1:
                raise Unavailable(f"the play cannot go on: {trouble}") from trouble
        await asyncio.sleep(_PAUSE_S)
        await heal()
    raise AssertionError("unreachable")
