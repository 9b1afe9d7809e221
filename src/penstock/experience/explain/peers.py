"""Where a merchant stands among others, without telling anything of one of them."""

from datetime import date

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

PEERS_MIN = 5
"""With fewer, a rank would say something of a single other merchant."""


class Ranked(msgspec.Struct, frozen=True):
    """A mid-rank from 0 to 100 by `code` (empty: the score itself), and among how many others."""

    code: str
    day: date
    peers: int
    percentile: float


class Rank(msgspec.Struct, frozen=True, kw_only=True):
    """What share of the peers, in whole percent, is worse; None: there are too few to tell."""

    peers: int
    percentile: int | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's rank by its score and by metric, on the last day that it had a final score.

    `peers_min` others must have a final score by the same profile in the same market that day.
    """

    day: date
    score: Rank
    metrics: dict[str, Rank]
    peers_min: int = PEERS_MIN


@query
async def peers(tx: Transaction, *, merchant: int, profile: str, day: date) -> list[Ranked]:
    """Rank a merchant's stored score and each of its metrics among its market's."""


async def standing(tx: Transaction, *, merchant: int, profile: str, day: date) -> Standing | None:
    """Return where a merchant stood, on `day` at the latest; None: it had no final score yet.

    It reads other merchants' scores, so it is run as the operator whoever asks; only ranks leave.
    """
    rows = {row.code: row for row in await peers(tx, merchant=merchant, profile=profile, day=day)}
    if "" not in rows:
        return None
    return Standing(
        day=rows[""].day,
        score=_rank(rows[""]),
        metrics={code: _rank(row) for code, row in rows.items() if code},
    )


def _rank(row: Ranked) -> Rank:
    few = row.peers < PEERS_MIN
    return Rank(peers=row.peers, percentile=None if few else int(row.percentile + 0.5))
