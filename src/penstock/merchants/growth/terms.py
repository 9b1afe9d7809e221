"""Which policies apply to an order at receipt: the most particular one in force."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

import msgspec

from penstock.merchants.growth.policy import (
    ANY_CHANNEL,
    Capacity,
    Hold,
    Merge,
    Policy,
    Reservation,
)

Kind = TypeVar("Kind", Capacity, Hold, Merge)
_ZERO = timedelta(0)


class Terms(msgspec.Struct, frozen=True):
    """The policies in force, the weightiest first: an operator's, then the latest begun."""

    capacities: tuple[Capacity, ...] = ()
    holds: tuple[Hold, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    merges: tuple[Merge, ...] = ()

    def hold(self, channel: str, own: timedelta) -> timedelta:
        """Return the remorse hold after payment: the channel's or the merchant's, the longer."""
        policy = _for_channel(self.holds, channel)
        return own if policy is None else max(own, timedelta(minutes=policy.minutes))

    def capacity(self, channel: str) -> Capacity | None:
        """Return by how much orders above the capacity are extended; None: not at all."""
        return _for_channel(self.capacities, channel)

    def reservation(self, channel: str, stream: str) -> timedelta:
        """Return how long an unpaid order keeps its stock; 0 where unpaid orders are refused.

        `stream` is the code of its stream, empty outside streams. A policy for that stream goes
        before one for streams at large, that before one for anywhere, and then the channel's own
        before the one for every channel.
        """
        fitting = [p for p in self.reservations if _fits(p, channel, stream)]
        best = min(fitting, key=_reservation_rank, default=None)
        return _ZERO if best is None else timedelta(minutes=best.minutes)

    def merge_window(self, channel: str) -> timedelta:
        """Return within which time orders of one buyer in one stream belong together."""
        policy = _for_channel(self.merges, channel)
        return _ZERO if policy is None else timedelta(minutes=policy.window_minutes)


@lru_cache(maxsize=256)
def terms_of(policies: str) -> Terms:
    """Return the terms that a JSON array of policies comes to, the weightiest first.

    Receipt gets the same text for days, so it is read once.
    """
    read = msgspec.json.decode(policies, type=tuple[Policy, ...])
    return Terms(
        tuple(p for p in read if isinstance(p, Capacity)),
        tuple(p for p in read if isinstance(p, Hold)),
        tuple(p for p in read if isinstance(p, Reservation)),
        tuple(p for p in read if isinstance(p, Merge)),
    )


def held_until(paid_at: datetime, hold: timedelta, now: datetime) -> datetime | None:
    """Return until when an order paid at `paid_at` is held; None where that is over already."""
    until = paid_at + hold
    return until if until > now else None


def _for_channel(policies: Iterable[Kind], channel: str) -> Kind | None:
    fitting = [p for p in policies if p.channel in {channel, ANY_CHANNEL}]
    return min(fitting, key=lambda p: p.channel == ANY_CHANNEL, default=None)


def _fits(policy: Reservation, channel: str, stream: str) -> bool:
    if policy.channel not in {channel, ANY_CHANNEL}:
        return False
    if policy.stream:
        return policy.stream == stream
    return policy.placed == "anywhere" or (policy.placed == "in_stream") == bool(stream)


def _reservation_rank(policy: Reservation) -> tuple[bool, bool, bool]:
    return (not policy.stream, policy.placed == "anywhere", policy.channel == ANY_CHANNEL)
