"""Forecast every merchant each day, and warn before a band is lost: once for each danger."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.foresee.ahead import (
    Ahead,
    Look,
    ahead_of,
    lines_of,
    lines_told,
    look_ahead,
    read_ahead,
    reason,
    worth_saving,
)
from penstock.experience.foresee.policy import SavePolicy, load_save_policy
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.profile import Band, Profile

Announce = Callable[..., Awaitable[None]]
"""`db.outbox.announce`."""
TOPIC = "score.band_in_danger"
BATCH = 10
"""Forecasts of one transaction; each reads months of a merchant's journeys."""
_EVERY = timedelta(hours=20)
_SCORED_WITHIN = timedelta(days=3)
_LINES_TOLD = 3


class ForecastDue(msgspec.Struct, frozen=True):
    """A merchant to forecast by a profile."""

    merchant_id: int
    profile: str


@query
async def forecasts_due(
    tx: Transaction,
    *,
    scored_since: date,
    made_before: datetime,
    profiles: Sequence[str],
    limit: int,
) -> list[ForecastDue]:
    """List who is to be forecast, the longest ago first."""


@query
async def keep_forecast(
    tx: Transaction, *, merchant: int, profile: str, now: datetime, days: str
) -> None:
    """Keep a forecast, given as JSON."""


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


async def forecast_daily(tx: Transaction, now: datetime, *, announce: Announce) -> int:
    """Forecast whoever is due, and warn; return how many. What is kept is what was said then."""
    policy = load_save_policy()
    due = await forecasts_due(
        tx, scored_since=(now - _SCORED_WITHIN).date(), made_before=now - _EVERY,
        profiles=shipped(), limit=BATCH,
    )  # fmt: skip
    for one in due:
        profile = load(one.profile)
        read = await read_ahead(tx, profile, merchant=one.merchant_id, now=now)
        look = look_ahead(read, profile, merchant=one.merchant_id, now=now)
        days: Sequence[object] = () if look is None else look.foresight.days
        await keep_forecast(
            tx, merchant=one.merchant_id, profile=one.profile, now=now,
            days=msgspec.json.encode(days).decode(),
        )  # fmt: skip
        if look is not None:
            await give_warnings(tx, profile, look, policy, one.merchant_id, now, announce)
    return len(due)


async def give_warnings(
    tx: Transaction, profile: Profile, look: Look, policy: SavePolicy, merchant: int,
    now: datetime, announce: Announce,
) -> list[str]:  # fmt: skip
    """Warn of bands that are held and likely lost soon; return those warned of for the first time.

    A warning ends once the danger is small again, or the band is lost; after that a new danger is
    warned of anew.
    """
    ahead = ahead_of(profile, look, now)
    standing = await standing_warnings(tx, merchant=merchant, profile=profile.code)
    over = [
        band.code
        for band in profile.bands
        if band.code in standing
        and (
            not _held(ahead, band) or danger_of(ahead, band, policy) <= policy.warning.below_chance
        )
    ]
    if over:
        await end_warnings(tx, merchant=merchant, profile=profile.code, bands=over, now=now)
    warned = []
    for band in profile.bands:
        chance = danger_of(ahead, band, policy)
        if band.code in standing or not _held(ahead, band) or chance < policy.warning.above_chance:
            continue
        within = policy.warning.within_days
        because = reason(profile, look, within)
        new = await warn(
            tx, merchant=merchant, profile=profile.code, band=band.code, now=now, chance=chance,
            within_days=within, because=because,
        )  # fmt: skip
        if new is not None:
            savings = worth_saving(profile, look, policy, _LINES_TOLD)
            lines = await lines_of(tx, savings, merchant=merchant, now=now, limit=_LINES_TOLD)
            told = {
                "profile": profile.code, "band": band.code, "title": band.title,
                "at": float(band.at), "score": ahead.score, "chance": chance,
                "within_days": within, "because": because, "save": lines_told(lines),
            }  # fmt: skip
            await announce(
                tx, topic=TOPIC, merchant_ids=[merchant], subject_ids=[0], at=now,
                payloads=[msgspec.json.encode(told).decode()],
            )  # fmt: skip
            warned.append(band.code)
    return warned


def danger_of(ahead: Ahead, band: Band, policy: SavePolicy) -> float:
    """Return the chance to be below a band on the worst of the days that are looked at."""
    soon = ahead.days[: policy.warning.within_days]
    return max((day.below.get(band.code, 0.0) for day in soon if day.scored >= 0.5), default=0.0)


def _held(ahead: Ahead, band: Band) -> bool:
    return ahead.score is not None and ahead.score >= float(band.at)
