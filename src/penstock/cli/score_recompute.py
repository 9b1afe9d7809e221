"""`penstock score recompute` and `use`: the counts that daily scores are made of, and whose."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from penstock.cli.session import console, merchant_id_of, session
from penstock.db.transaction import OPERATOR
from penstock.experience.profiles.load import load, shipped
from penstock.experience.profiles.use_profile import use_profile
from penstock.experience.tallies.recompute import Recomputed
from penstock.experience.tallies.recompute import recompute as count_anew
from penstock.kernel.errors import NotFound


def recompute(
    *, check: Annotated[bool, Parameter(help="only say what differs; mend nothing")] = False
) -> None:
    """Count all orders anew, and bring the kept counts of every score profile to it."""
    found = asyncio.run(_recompute(check))
    if not found.measures:
        console.print("no counts are kept yet: workers begin to, or this command without --check")
        return
    if not found.differing:
        console.print(f"{found.measures} measures counted anew: every count is as it was kept")
        return
    told = "differ" if check else "differed and are mended"
    more = "at least " if len(found.differing) == found.shown else ""
    console.print(f"{more}{len(found.differing)} counts {told}; the first:")
    for row in found.differing[:10]:
        console.print(
            f"  merchant {row.merchant_id}, measure {row.measure_id}, {row.entered_on}:"
            f" {row.orders:+} orders, {row.points:+} points",
            highlight=False,
        )
    if check:
        raise SystemExit(1)


async def _recompute(check: bool) -> Recomputed:
    async with session() as opened:
        return await count_anew(opened.database, opened.now, mend=not check)


def use(
    merchant: Annotated[str, Parameter(help="the merchant's code")],
    profile: Annotated[str, Parameter(help="a shipped profile")],
) -> None:
    """Score a merchant every day by one more profile, beside Penstock's own."""
    if profile not in shipped():
        raise NotFound(f"no shipped score profile '{profile}': use one of {', '.join(shipped())}")
    new = asyncio.run(_use(merchant, load(profile).code))
    console.print(
        f"{merchant} is scored by {profile} from now on" if new
        else f"{merchant} is scored by {profile} already"
    )  # fmt: skip


async def _use(code: str, profile: str) -> bool:
    async with session() as opened:
        merchant_id = await merchant_id_of(opened.database, code)
        day = opened.now.date()
        done = await opened.database.run(
            OPERATOR,
            lambda tx: use_profile(tx, merchant_id=merchant_id, profile=profile, from_day=day),
        )
        return done is not None
