"""The gate before receipt: how many requests are in hand, and how fast each merchant may be.

All of it is arithmetic on a few numbers in this process, so that saying no costs next to nothing:
what is shed must be cheaper than what is served. Who asks again at once when he is refused makes
even that dear, so beyond some refusals a second the answer is held back for a while, which costs
nothing. The limits are a process's own; N processes admit N times as much.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from penstock.kernel.errors import Overloaded, RateLimited

_FORGET_AFTER = 100_000
_HELD_MAX_S = 1.0
"""No longer than Retry-After says at least: who keeps to that notices nothing."""
_HELD_MAX = 4_000
"""So many cost some megabytes; who is refused beyond them is told at once, which costs CPU."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests in hand at most; orders a second that a merchant may send, and at once.

    `refusals_per_s` is what one caller is told at once.
    """

    requests_max: int
    orders_per_s: float
    orders_burst: int
    refusals_per_s: float


class _Bucket:
    """Tokens of one caller: what it may still have, and as of when."""

    __slots__ = ("as_of_s", "tokens")

    def __init__(self, tokens: float, as_of_s: float) -> None:
        self.tokens = tokens
        self.as_of_s = as_of_s


class _Buckets:
    """A bucket a caller, all of one size, filled at one rate."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._of: dict[int, _Bucket] = {}

    def of(self, caller: int) -> _Bucket:
        """Return a caller's bucket as it is now; a new one is full."""
        now_s = self._clock()
        bucket = self._of.get(caller)
        if bucket is None:
            if len(self._of) >= _FORGET_AFTER:
                self._of.clear()
            bucket = self._of[caller] = _Bucket(self._burst, now_s)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.as_of_s) * self._per_s)
        bucket.as_of_s = now_s
        return bucket


class Gate:
    """Lets requests in while there is room, and merchants while they keep to their rate."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty and with full buckets; `clock` gives seconds."""
        self._limits = limits
        self._orders = _Buckets(limits.orders_per_s, limits.orders_burst, clock)
        self._refusals = _Buckets(limits.refusals_per_s, limits.refusals_per_s, clock)
        self.in_hand = 0
        self.held = 0

    @contextmanager
    def request(self) -> Iterator[None]:
        """Hold a place while a request is answered.

        Raises:
            Overloaded: all places are taken.

        """
        if self.in_hand >= self._limits.requests_max:
            raise Overloaded("too many requests are in hand; nothing was taken, try again")
        self.in_hand += 1
        try:
            yield
        finally:
            self.in_hand -= 1

    def spend(self, merchant_id: int, orders: int) -> None:
        """Take tokens from a merchant's bucket; more at once than it holds empties it.

        Raises:
            RateLimited: there are too few; the error says when there will be enough.

        """
        rate, burst = self._limits.orders_per_s, self._limits.orders_burst
        bucket = self._orders.of(merchant_id)
        needed = min(orders, burst)
        if bucket.tokens < needed:
            raise RateLimited(
                f"this merchant may send {rate:g} orders a second, {burst} at once; "
                "nothing was taken",
                retry_after_s=(needed - bucket.tokens) / rate,
                limit=rate,
                burst=burst,
            )
        bucket.tokens -= orders

    def refusal_waits_s(self, caller: int) -> float:
        """Count a refusal; return for how long its answer is to be held back."""
        rate = self._limits.refusals_per_s
        bucket = self._refusals.of(caller)
        bucket.tokens = max(bucket.tokens - 1, -rate * _HELD_MAX_S)
        return max(0.0, -bucket.tokens / rate)

    async def refuse(self, caller: int) -> None:
        """Return when a caller may be told no: at once, unless it has heard it often of late."""
        wait_s = self.refusal_waits_s(caller)
        if not wait_s or self.held >= _HELD_MAX:
            return
        self.held += 1
        try:
            await asyncio.sleep(wait_s)
        finally:
            self.held -= 1
