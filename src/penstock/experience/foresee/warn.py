"""Warn before a band is lost: once for each danger."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.foresee.ahead import (
    Ahead,
    Look,
    ahead_of,
    lines_of,
    lines_told,
    reason,
    worth_saving,
)
from penstock.experience.foresee.policy import SavePolicy
from penstock.experience.foresee.save import Saving
from penstock.experience.profiles.profile import Band, Profile

Announce = Callable[..., Awaitable[None]]
"""`db.outbox.announce`."""
TOPIC = "score.band_in_danger"
_LINES_TOLD = 3


class Telling(msgspec.Struct, frozen=True):
    """A forecast, and what to say of it.

    `danger` is the chance to lose each band that is held; why, and the first lines of the save
    list, are only there where that is to be warned of.
    """

    profile: Profile
    ahead: Ahead
    danger: dict[str, float]
    because: str
    savings: tuple[Saving, ...]


@query
async def standing_warnings(tx: Transaction, *, merchant: int, profile: str) -> list[str]:
    """List the bands that a warning stands for."""


@query
async def warn(
    tx: Transaction,
    *,
    merchant: int,
    profile: str,
    band: str,
    now: datetime,
    chance: float,
    within_days: int,
    because: str,
) -> str | None:
    """Give a warning, unless one stands; return the band if it is new."""


@query
async def end_warnings(
    tx: Transaction, *, merchant: int, profile: str, bands: list[str], now: datetime
) -> list[str]:
    """End warnings."""


def telling(profile: Profile, look: Look, policy: SavePolicy, now: datetime) -> Telling:
    """Reckon what there is to say of a forecast, before anybody asks what was said already."""
    ahead = ahead_of(profile, look, now)
    danger = {
        band.code: danger_of(ahead, band, policy) for band in profile.bands if _held(ahead, band)
    }
    if not any(chance >= policy.warning.above_chance for chance in danger.values()):
        return Telling(profile, ahead, danger, "", ())
    return Telling(
        profile,
        ahead,
        danger,
        reason(profile, look, policy.warning.within_days),
        tuple(worth_saving(profile, look, policy, _LINES_TOLD)),
    )


async def give_warnings(
    tx: Transaction, told: Telling, policy: SavePolicy, merchant: int, now: datetime,
    announce: Announce,
) -> list[str]:  # fmt: skip
    """Warn of bands that are held and likely lost soon; return those warned of for the first time.

    A warning ends once the danger is small again, or the band is lost; after that a new danger is
    warned of anew.
    """
    profile, within = told.profile, policy.warning.within_days
    standing = await standing_warnings(tx, merchant=merchant, profile=profile.code)
    over = [
        band.code
        for band in profile.bands
        if band.code in standing and told.danger.get(band.code, 0.0) <= policy.warning.below_chance
    ]
    if over:
        await end_warnings(tx, merchant=merchant, profile=profile.code, bands=over, now=now)
    warned = []
    for band in profile.bands:
        chance = told.danger.get(band.code, -1.0)  # (one that is not held cannot be lost)
        if band.code in standing or chance < policy.warning.above_chance:
            continue
        new = await warn(
            tx, merchant=merchant, profile=profile.code, band=band.code, now=now, chance=chance,
            within_days=within, because=told.because,
        )  # fmt: skip
        if new is not None:
            lines = await lines_of(tx, told.savings, merchant=merchant, now=now, limit=_LINES_TOLD)
            said = {
                "profile": profile.code, "band": band.code, "title": band.title,
                "at": float(band.at), "score": told.ahead.score, "chance": chance,
                "within_days": within, "because": told.because, "save": lines_told(lines),
            }  # fmt: skip
            await announce(
                tx, topic=TOPIC, merchant_ids=[merchant], subject_ids=[0], at=now,
                payloads=[msgspec.json.encode(said).decode()],
            )  # fmt: skip
            warned.append(band.code)
    return warned


def danger_of(ahead: Ahead, band: Band, policy: SavePolicy) -> float:
    """Return the chance to be below a band on the worst of the days that are looked at."""
    soon = ahead.days[: policy.warning.within_days]
    return max((day.below.get(band.code, 0.0) for day in soon if day.scored >= 0.5), default=0.0)


def _held(ahead: Ahead, band: Band) -> bool:
    return ahead.score is not None and ahead.score >= float(band.at)
