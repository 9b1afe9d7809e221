"""Once a day: merchants go up and down their ladders, and scores do what their bands say."""

from datetime import date, datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Action, tell
from penstock.merchants.growth.bands import RulesOf, no_rules
from penstock.merchants.growth.climb import climb
from penstock.merchants.growth.follow_bands import follow_bands
from penstock.merchants.growth.limit_volume import limit_volume


@query
async def withdraw_ended(tx: Transaction, *, today: date, at: datetime) -> list[Action]:
    """Withdraw what policies have proposed that are no longer in force."""


async def grow(tx: Transaction, now: datetime, *, rules_of: RulesOf = no_rules) -> int:
    """Let today's policies act on all merchants; return how many acts there were.

    `rules_of` tells what the bands of a score profile say.
    """
    await tell(tx, await withdraw_ended(tx, today=now.date(), at=now), now)
    acts = await climb(tx, now)
    acts += await limit_volume(tx, now, rules_of)
    return acts + await follow_bands(tx, now, rules_of)
