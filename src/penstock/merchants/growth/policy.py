"""The policies of controlled growth, as data: what each kind says, and when it is in force."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from penstock.kernel.repeats import repeats

ANY_CHANNEL = "*"
HOLD_MAX_MINUTES = 48 * 60
"""As long as an order may be `held` before it belongs on the exception list."""
RESERVATION_MAX_MINUTES = 7 * 24 * 60
WINDOW_MAX_MINUTES = 48 * 60

Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$")]
Channel = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]
Orders = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
Score = Annotated[float, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=WINDOW_MAX_MINUTES)]
Approval = Literal["auto", "approve", "off"]
"""Whether an act happens at once, waits for an operator, or is not even proposed."""


class _Policy(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """What all kinds say: `code` names the policy through its versions; both dates belong to it.

    `confidence`: "high" is the platform's own text, "medium" several secondary sources, "low" one,
    "own" a rule of Penstock.
    """

    code: Code
    effective_from: date
    effective_to: date | None = None
    source: str
    confidence: Literal["high", "medium", "low", "own"] = "own"
    note: str = ""


class Promotion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it takes to go up, all of it.

    Days since the first approval, days in the tier, deliveries, and a final score of the ladder's
    profile.
    """

    approved_days: Days = 0
    tier_days: Days = 0
    delivered_orders: Orders = 0
    score_min: Score


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rung: orders a UTC day (None: no cap of the tier's own), and the ways up and down."""

    tier: Code
    daily_cap: Orders | None = None
    promote: Promotion | None = None
    demote_below: Score | None = None


class Ladder(_Policy, frozen=True, kw_only=True, tag="ladder"):
    """Tiers from the lowest to the highest, moved along by a final score of `profile`.

    `enrols`: "named" has only merchants that an operator puts on it; "new" also whoever is first
    approved while it is in force. A score older than `score_age_days` counts as none, and without
    a score a merchant stays. After a move it stays for `settle_days`, and as long after an
    operator has turned one down. `approval` is for what a score earns or loses.
    """

    profile: str
    tiers: Annotated[tuple[Tier, ...], msgspec.Meta(min_length=1, max_length=50)]
    enrols: Literal["named", "new"] = "named"
    approval: Approval = "auto"
    score_age_days: Days = 14
    settle_days: Days = 7


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Below this score a merchant may take so many per cent of its mean."""

    score_below: Score
    percent: Annotated[int, msgspec.Meta(ge=1, le=100)]


class VolumeLimit(_Policy, frozen=True, kw_only=True, tag="volume_limit"):
    """For `limit_days` at most a band's share of the mean of the last `mean_days`, a UTC day.

    Merchants with fewer than `orders_min` orders in those days are left alone, and nobody is
    limited to less than `daily_min`, else no order could ever mend the score. Without `bands`
    those of the score profile count, as far as they say a percentage.
    """

    profile: str
    bands: Annotated[tuple[Band, ...], msgspec.Meta(max_length=20)] = ()
    approval: Approval = "auto"
    mean_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 28
    limit_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7
    orders_min: Orders = 30
    daily_min: Orders = 1
    score_age_days: Days = 14


class Capacity(_Policy, frozen=True, kw_only=True, tag="capacity"):
    """Orders beyond the declared order-handling capacity are taken, and due later.

    Each time that the capacity is filled once more, dispatch is due `days_per_fill` days later in
    the days that the order's SLA counts, at most `days_max`. A capacity holds from `notice_days`
    after it is declared, so that today's deadlines cannot be moved today.
    """

    channel: Channel = ANY_CHANNEL
    days_per_fill: Annotated[int, msgspec.Meta(ge=0, le=30)]
    days_max: Annotated[int, msgspec.Meta(ge=0, le=60)]
    notice_days: Annotated[int, msgspec.Meta(ge=0, le=90)] = 1


class Hold(_Policy, frozen=True, kw_only=True, tag="hold"):
    """An order of this channel is held for so long after its payment.

    A merchant's own longer hold stays.
    """

    channel: Channel = ANY_CHANNEL
    minutes: Annotated[int, msgspec.Meta(ge=0, le=HOLD_MAX_MINUTES)]


class Reservation(_Policy, frozen=True, kw_only=True, tag="reservation"):
    """An unpaid order is taken and keeps its stock for so long; `minutes = 0` refuses it."""

    channel: Channel = ANY_CHANNEL
    placed: Literal["anywhere", "in_stream", "outside_streams"] = "anywhere"
    stream: str = ""
    minutes: Annotated[int, msgspec.Meta(ge=0, le=RESERVATION_MAX_MINUTES)]


class Merge(_Policy, frozen=True, kw_only=True, tag="merge"):
    """Orders of one buyer in one stream to one address, near in time, belong together.

    The window is counted from the first of them; `window_minutes = 0` merges none.
    """

    channel: Channel = ANY_CHANNEL
    window_minutes: Minutes


class Act(_Policy, frozen=True, kw_only=True, tag="act"):
    """What the bands of the score profile `profile` say is done to merchants, kind by kind.

    `probation` puts on the lowest tier of the ladder in force. A better band is entered only
    `margin` points above its line, and after an act no other of its kind follows for
    `settle_days`, so that a score on a line does not send a merchant to and fro. What an operator
    has turned down is not proposed again for `silent_days`. A score older than `score_age_days`
    counts as none. Of several policies of this kind the weightiest alone acts.
    """

    profile: str
    probation: Approval = "off"
    settlement_days: Approval = "off"
    return_share: Approval = "off"
    streams: Approval = "off"
    margin: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0
    settle_days: Days = 7
    silent_days: Days = 28
    score_age_days: Days = 14


Policy = Ladder | VolumeLimit | Capacity | Hold | Reservation | Merge | Act


class PolicyProblem(msgspec.Struct, frozen=True):
    """A rule that a policy breaks: the path inside it, a stable code, and what to do."""

    path: tuple[str | int, ...]
    code: str
    detail: str


def problems(policy: Policy) -> Iterable[PolicyProblem]:
    """Yield every rule that `policy` breaks beyond the types of its fields."""
    if policy.effective_to is not None and policy.effective_to < policy.effective_from:
        detail = f"it ends before it begins, on {policy.effective_from}"
        yield PolicyProblem(("effective_to",), "ends_too_early", detail)
    if not policy.source.strip():
        yield PolicyProblem(("source",), "required", "say whose rule it is")
    match policy:
        case Ladder():
            yield from _ladder_problems(policy.tiers)
        case VolumeLimit():
            yield from _band_problems(policy.bands)
        case Reservation() if policy.stream and policy.placed == "outside_streams":
            detail = "a policy for one stream cannot be for orders outside streams"
            yield PolicyProblem(("placed",), "contradicts", detail)
        case _:
            pass


def _ladder_problems(tiers: Sequence[Tier]) -> Iterable[PolicyProblem]:
    twice = repeats(tier.tier for tier in tiers)
    for i, tier in enumerate(tiers):
        if i in twice:
            detail = f"{tier.tier!r} is there already; tiers have different names"
            yield PolicyProblem(("tiers", i, "tier"), "said_twice", detail)
        if i and _cap(tiers[i - 1]) > _cap(tier):
            detail = "a higher tier allows at least as many orders as the one before it"
            yield PolicyProblem(("tiers", i, "daily_cap"), "not_rising", detail)
        if i == len(tiers) - 1 and tier.promote is not None:
            detail = "there is no tier above the last one; leave it out"
            yield PolicyProblem(("tiers", i, "promote"), "leads_nowhere", detail)
        if i == 0 and tier.demote_below is not None:
            detail = "there is no tier below the first one; leave it out"
            yield PolicyProblem(("tiers", i, "demote_below"), "leads_nowhere", detail)
        above = tiers[i + 1].demote_below if i + 1 < len(tiers) else None
        if tier.promote is not None and above is not None and tier.promote.score_min < above:
            detail = (
                f"{tiers[i + 1].tier!r} demotes below {above:g}: a merchant would go to and fro"
            )
            yield PolicyProblem(("tiers", i, "promote", "score_min"), "to_and_fro", detail)


def _cap(tier: Tier) -> float:
    return float("inf") if tier.daily_cap is None else tier.daily_cap


def _band_problems(bands: Sequence[Band]) -> Iterable[PolicyProblem]:
    for i, (milder, harder) in enumerate(pairwise(bands), 1):
        if harder.score_below >= milder.score_below or harder.percent >= milder.percent:
            detail = (
                "go from the mildest band down: each for a lower score, with a lower percentage"
            )
            yield PolicyProblem(("bands", i), "not_falling", detail)
