"""A world of merchants to forecast in, made without a thought of how forecasts are made.

A merchant has a floor that works its orders one after another and is closed on Sundays, so that
what it did not manage today is late tomorrow; demand with weekdays, drift, and streams that bring
days' worth in an evening; days on which people are ill. Carriers are shared by all merchants and
have bad weeks. Stock runs out after streams, the link to the channel fails for hours, parcels are
lost, and returns come weeks later.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEVER = np.inf
LANES = ("BR", "CL", "PE")
_SUNDAY = 6


@dataclass(frozen=True)
class Journeys:
    """One merchant's orders; clocks in hours from the world's first Monday, infinity for never."""

    ordered: Floats
    accepted: Floats
    allocated: Floats
    released: Floats
    picked: Floats
    packed: Floats
    dispatched: Floats
    dispatch_by: Floats
    deliver_by: Floats
    transit_by: Floats
    delivered: Floats
    cancelled: Floats
    cancel_by_seller: NDArray[np.bool_]
    lost: Floats
    returned: Floats
    return_by_carrier: NDArray[np.bool_]
    lane: NDArray[np.int64]
    streamed: Floats
    """Orders of each day that a stream brought."""


def carriers(days: int, chance: np.random.Generator) -> Floats:
    """Lane × day: how many times longer than usual a parcel that is under way takes."""
    slow = np.ones((len(LANES), days + 60))
    for lane in range(len(LANES)):
        day = 0
        while True:
            day += int(chance.exponential(40)) + 5
            if day >= days:
                break
            length = int(chance.integers(4, 12))
            peak = chance.uniform(1.3, 2.2)
            slow[lane, day : day + length] = peak
            slow[lane, day + length : day + length + 3] = 1 + (peak - 1) / 2
            day += length
        drift = np.cumsum(chance.normal(0, 0.01, days + 60))
        slow[lane] *= np.exp(drift - drift.mean())
    return slow


def demand(days: int, level: float, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Orders of each day, and how many of them a stream brought."""
    weekday = np.exp(chance.normal(0, 0.15, 7))
    drift = np.exp(np.cumsum(chance.normal(0, 0.02, days)))
    usual = level * weekday[np.arange(days) % 7] * drift / drift.mean()
    streams = np.zeros(days)
    for day in np.flatnonzero(chance.random(days) < chance.uniform(0.0, 0.05)):
        streams[day] += level * chance.lognormal(1.0, 0.6)
    return chance.poisson(usual * chance.lognormal(0, 0.12, days)).astype(float), chance.poisson(
        streams
    ).astype(float)


def merchant(days: int, slow: Floats, chance: np.random.Generator) -> Journeys:
    """Play one merchant from its first order to what is still open at the end."""
    level = float(chance.lognormal(3.4, 0.6))
    usual, streamed = demand(days, level, chance)
    ordered = np.concatenate(
        [24 * d + _hours(int(usual[d]), chance) for d in range(days)]
        + [24 * d + chance.uniform(18, 22, int(streamed[d])) for d in range(days)]
    )
    ordered.sort()
    n = len(ordered)
    outage = np.flatnonzero(chance.random(days) < 0.015) * 24 + 9.0
    accepted = ordered + chance.lognormal(3.0, 1.0, n) / 3600
    for begin in outage:
        held = (ordered >= begin) & (ordered < begin + 5)
        accepted[held] = begin + 5 + chance.uniform(0, 0.2, held.sum())
    busy = streamed[np.minimum((ordered // 24).astype(int), days - 1)] > level
    runs_out = chance.random(n) < np.where(busy, chance.uniform(0.0, 0.08), 0.004)
    gives_up = chance.random(n) < 0.012
    cancelled = np.where(runs_out | gives_up, ordered + chance.uniform(4, 48, n), NEVER)
    started, dispatched = _floor(ordered, cancelled, days, level, chance)
    cancelled = np.where(cancelled < dispatched, cancelled, NEVER)
    dispatched = np.where(np.isfinite(cancelled), NEVER, dispatched)
    worked = np.minimum(started, dispatched)
    return _on_the_way(
        chance, slow, ordered, accepted, worked, dispatched, cancelled, runs_out, streamed
    )


def _hours(count: int, chance: np.random.Generator) -> Floats:
    return np.clip(chance.normal(15, 4, count), 0.1, 23.9)


def _floor(
    ordered: Floats, cancelled: Floats, days: int, level: float, chance: np.random.Generator
) -> tuple[Floats, Floats]:
    """Work one order after another, as many a day as there are hands: when begun and done."""
    hands = level * chance.uniform(1.15, 1.9) * 7 / 6
    strength = chance.lognormal(0, 0.15, days + 90)
    day = 0
    while day < days:
        day += int(chance.exponential(50)) + 3
        length = int(chance.integers(3, 8))
        strength[day : day + length] *= chance.uniform(0.35, 0.8)
    forgotten = chance.random(len(ordered)) < chance.uniform(0.0, 0.02)
    started = np.full(len(ordered), NEVER)
    done = np.full(len(ordered), NEVER)
    waiting: list[int] = []
    at = 0
    for day in range(days + 80):
        cut_off = 24 * day + 16.0
        while at < len(ordered) and ordered[at] < cut_off:
            waiting.append(at)
            at += 1
        if day % 7 == _SUNDAY or not waiting:
            continue
        room = round(hands * strength[day])
        keep: list[int] = []
        worked = 0
        for i in waiting:
            if cancelled[i] < cut_off:
                continue
            if forgotten[i] and cut_off - ordered[i] < 24 * 3.5:
                keep.append(i)
            elif worked < room:
                worked += 1
                started[i] = max(cut_off - 8 + 8 * worked / max(room, 1), ordered[i] + 0.2)
                done[i] = cut_off + 1 + 0.5 * chance.random()
            else:
                keep.append(i)
        waiting = keep
    return started, np.maximum(done, started + 0.1)


def _on_the_way(
    chance: np.random.Generator,
    slow: Floats,
    ordered: Floats,
    accepted: Floats,
    worked: Floats,
    dispatched: Floats,
    cancelled: Floats,
    runs_out: NDArray[np.bool_],
    streamed: Floats,
) -> Journeys:
    n = len(ordered)
    lane = chance.choice(len(LANES), n, p=chance.dirichlet([3.0] * len(LANES)))
    promise = np.array([3.0, 4.0, 5.0])[lane]
    day = np.minimum(np.where(np.isfinite(dispatched), dispatched, 0) // 24, slow.shape[1] - 12)
    ahead = np.minimum(day[:, None] + np.arange(6), slow.shape[1] - 1).astype(int)
    pace = slow[lane[:, None], ahead].mean(axis=1)
    transit = promise * 0.62 * pace * chance.lognormal(0, 0.28, n)
    arrives = dispatched + 24 * transit
    arrives += np.where((np.nan_to_num(arrives, posinf=0) // 24) % 7 == _SUNDAY, 20.0, 0.0)
    gone = chance.random(n) < 0.003
    lost = np.where(gone, dispatched + chance.uniform(240, 480, n), NEVER)
    delivered = np.where(gone, NEVER, arrives)
    back = chance.random(n) < 0.04
    returned = np.where(back, delivered + chance.uniform(24, 480, n), NEVER)
    return Journeys(
        ordered=ordered, accepted=accepted,
        allocated=np.minimum(accepted + 0.1, worked), released=np.minimum(worked - 0.1, worked),
        picked=worked, packed=np.minimum(worked + 0.15, dispatched), dispatched=dispatched,
        dispatch_by=_working(ordered, 2), deliver_by=_working(ordered, 2) + 24 * promise,
        transit_by=_day_end(dispatched, promise), delivered=delivered,
        cancelled=cancelled, cancel_by_seller=runs_out, lost=lost, returned=returned,
        return_by_carrier=chance.random(n) < 0.2, lane=lane, streamed=streamed,
    )  # fmt: skip


def _working(ordered: Floats, days: int) -> Floats:
    """Return the last second of the day that is so many working days (not Sundays) later."""
    day = ordered // 24
    for _ in range(days):
        day = day + 1 + (((day + 1) % 7) == _SUNDAY)
    return day * 24 + 24 - 1 / 3600


def _day_end(at: Floats, days: Floats) -> Floats:
    there = np.isfinite(at)
    return np.where(there, (np.where(there, at, 0) // 24 + days + 1) * 24 - 1 / 3600, NEVER)
