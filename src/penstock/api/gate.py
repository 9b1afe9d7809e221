"""The gate before receipt: how many requests are in hand, and how fast each merchant may be.

All of it is arithmetic on a few numbers in this process, so that saying no costs next to nothing:
what is shed must be cheaper than what is served. The limits are a process's own; N processes
admit N times as much.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from penstock.kernel.errors import Overloaded, RateLimited

_FORGET_AFTER = 100_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Requests in hand at most; orders a second that a merchant may send, and at once."""

    requests_max: int
    orders_per_s: float
    orders_burst: int


class _Bucket:
    """Tokens of one merchant: what it may still send, and as of when."""

    __slots__ = ("as_of_s", "tokens")

    def __init__(self, tokens: float, as_of_s: float) -> None:
        self.tokens = tokens
        self.as_of_s = as_of_s


class Gate:
    """Lets requests in while there is room, and merchants while they keep to their rate."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty and with full buckets; `clock` gives seconds."""
        self._limits = limits
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}
        self.in_hand = 0

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
        now_s = self._clock()
        bucket = self._buckets.get(merchant_id)
        if bucket is None:
            if len(self._buckets) >= _FORGET_AFTER:
                self._buckets.clear()
            bucket = self._buckets[merchant_id] = _Bucket(burst, now_s)
        bucket.tokens = min(burst, bucket.tokens + (now_s - bucket.as_of_s) * rate)
        bucket.as_of_s = now_s
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
