"""Which profile is in force for a channel, a market and a day; and where two would be at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import combinations

from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import Profile


@cache
def shipped_profiles() -> tuple[Profile, ...]:
    """Return the profiles that come with Penstock, read once."""
    return tuple(load(name) for name in shipped())


def in_force(profiles: Iterable[Profile], channel: str, market: str, day: date) -> Profile | None:
    """Return the profile by which `channel` judges orders to `market` (ISO 3166-1) on `day`.

    There is at most one among profiles that do not overlap; a profile without a channel judges
    for nobody.
    """
    return next(
        (
            profile
            for profile in profiles
            if profile.channel == channel != ""
            and (not profile.markets or market in profile.markets)
            and profile.in_force(day)
        ),
        None,
    )


def version_of(profiles: Iterable[Profile], family: str, day: date) -> Profile | None:
    """Return the version of `family` that is in force on `day`."""
    return next((p for p in profiles if family_of(p) == family and p.in_force(day)), None)


def family_of(profile: Profile) -> str:
    """Return the name that a profile's versions share; without one it is a family of its own."""
    return profile.family or profile.code


def overlaps(profiles: Sequence[Profile]) -> Iterator[tuple[Profile, Profile, str]]:
    """Yield each pair that would be in force at once, and what to do about it.

    Versions of one family, and profiles of one channel, must differ in their dates or in their
    markets; else nobody could say which of them judges an order.
    """
    for one, other in combinations(profiles, 2):
        if not _same_kind(one, other) or not _shared_markets(one, other):
            continue
        begins = max(one.effective_from, other.effective_from)
        ends = min(one.effective_to or date.max, other.effective_to or date.max)
        if begins <= ends:
            until = "" if ends == date.max else f" to {ends}"
            what = f"{one.code} and {other.code} are both in force from {begins}{until}"
            yield one, other, f"{what}: end one before the other, or give them different markets"


def _same_kind(one: Profile, other: Profile) -> bool:
    return family_of(one) == family_of(other) or one.channel == other.channel != ""


def _shared_markets(one: Profile, other: Profile) -> bool:
    return not one.markets or not other.markets or bool({*one.markets} & {*other.markets})
