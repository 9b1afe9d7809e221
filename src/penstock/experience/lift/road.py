"""How long the way to the door takes: what carriers were seen to need, drawn again."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from penstock.experience.drivers.array import Places, Vector, np
from penstock.experience.lift.snapshot import Road

PARCELS_MIN = 20
"""Fewer parcels than these of a carrier tell nothing of it."""
LOST = 10_000
"""Stands in for a number of days where a parcel did not arrive."""


class Fates(msgspec.Struct, frozen=True, kw_only=True):
    """What befell a carrier's parcels: days over the contract's, second of the day, how often.

    `known_of` says whose they were: this very lane's, the same country's, or the carrier's at all.
    """

    days_over: Places
    door_s: Vector
    share: Vector
    parcels: int
    known_of: str


def fates_of(roads: Sequence[Road], vendor: str, node_id: int, country: str) -> Fates | None:
    """Return a carrier's fates on a lane, or on what is nearest to it with enough parcels.

    None: nowhere enough to tell.
    """
    of_vendor = [road for road in roads if road.vendor == vendor]
    for known_of, some in (
        ("this lane", [r for r in of_vendor if (r.node_id, r.country) == (node_id, country)]),
        (f"other lanes to {country}", [r for r in of_vendor if r.country == country]),
        ("all its lanes", of_vendor),
    ):
        parcels = sum(road.parcels for road in some)
        if parcels >= PARCELS_MIN:
            return _fates(some, parcels, known_of)
    return None


def _fates(roads: Sequence[Road], parcels: int, known_of: str) -> Fates:
    held: dict[tuple[int, float], int] = defaultdict(int)
    for road in roads:
        days = LOST if road.days_over is None else road.days_over
        held[days, road.door_s or 0.0] += road.parcels
    keys = sorted(held)
    return Fates(
        days_over=np.array([days for days, _ in keys], dtype=int),
        door_s=np.array([door for _, door in keys], dtype=float),
        share=np.array([held[key] for key in keys], dtype=float) / parcels,
        parcels=parcels,
        known_of=known_of,
    )


def drawn(fates: Fates, luck: Vector) -> tuple[Places, Vector]:
    """Return for each draw (0 to 1) the days over the contract's and the second of the day.

    The luckier the draw the sooner, so that the same draw compares two carriers like with like.
    """
    place = np.searchsorted(np.cumsum(fates.share), luck, side="right")
    place = np.minimum(place, len(fates.share) - 1)
    return fates.days_over[place], fates.door_s[place]
