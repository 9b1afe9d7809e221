"""Say what changed between two moments: by metric, by cause, and by the orders behind it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from penstock.db.transaction import Transaction
from penstock.experience.explain.causes import Part, Sides, split
from penstock.experience.explain.told_at import told_at
from penstock.experience.explain.windows import NOTHING, Seen, see
from penstock.experience.journeys.clocks import clocks
from penstock.experience.measure.evaluate import scored_from
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score
from penstock.kernel.errors import FieldError, Invalid

_NAMED_MAX = 20
_DAYS_MAX = 3_653
Supplied = tuple[Mapping[str, Count], Mapping[str, Count]]


class OrdersBehind(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders of a kind moved a metric, and the first of them, those that weigh most.

    `kind`: bad orders that `entered` or `left` the window, and orders of both windows that
    `turned_bad` or `turned_good` by what became known in between.
    """

    metric: str
    kind: str
    orders: int
    order_refs: tuple[str, ...]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """A score then and now, and what makes the difference; gains are positive.

    The `change` of all `parts` sums to `change`, which is None where a side has no score: then
    there are no parts.
    """

    since: datetime
    until: datetime
    before: Score
    after: Score
    change: Decimal | None
    parts: tuple[Part, ...]
    orders: tuple[OrdersBehind, ...]


async def changes(
    tx: Transaction,
    old: Profile,
    new: Profile,
    *,
    merchant: int,
    until: datetime,
    days: int,
    known_to: datetime,
    supplied: Supplied | None = None,
) -> Changes | None:
    """Compare a merchant's score of `until` by `new` with that of `days` days before by `old`.

    Both are seen with what is known today; days are those of the profile's time zone, as its
    windows are. None: there was no order by the first moment. Without `supplied` (of either
    moment) it is what was supplied for their days.

    Raises:
        Invalid: the moments lie less than a day apart, or more than ten years.

    """
    if not 1 <= days <= _DAYS_MAX:
        detail = "compare with a day that lies before, by ten years at most"
        raise Invalid(detail, errors=(FieldError("/since", "out_of_range", detail),))
    zone = ZoneInfo(new.time_zone)
    since = (until.astimezone(zone) - timedelta(days=days)).astimezone(UTC)
    look = partial(see, tx, merchant=merchant, since=since, until=until, days=days)
    seen_new = await look(new)
    seen_old = seen_new if old == new else await look(old)
    if not seen_old.before or not seen_new.after:
        return None
    if supplied is None:
        supplied = (
            await told_at(tx, old, merchant=merchant, as_of=since),
            await told_at(tx, new, merchant=merchant, as_of=until),
        )
    before = scored_from(old, seen_old.before, as_of=since, known_to=known_to, supplied=supplied[0])
    after = scored_from(new, seen_new.after, as_of=until, known_to=known_to, supplied=supplied[1])
    change, parts = None, tuple[Part, ...]()
    if before.points is not None and after.points is not None:
        change = after.points - before.points
        parts = parts_of(
            before, after, _sides(old, seen_old, supplied), _sides(new, seen_new, supplied)
        )
    return Changes(
        since=since,
        until=until,
        before=before,
        after=after,
        change=change,
        parts=parts,
        orders=await _behind(tx, seen_new, merchant, until),
    )


def parts_of(before: Score, after: Score, old: Sides, new: Sides) -> tuple[Part, ...]:
    """Split the difference of two scores by metric and cause; both must have points.

    Where the gate gave one of them the fixed points of a growing shop, that is the whole reason.
    A formula with another scale adds the difference of its high ends as a part of its own.
    """
    assert before.points is not None
    assert after.points is not None
    change = after.points - before.points
    if "growth" in {before.status, after.status}:
        return (_alone("gate", "gate", change),) if change else ()
    told = {code: Decimal(0) for code in (*_lost(before), *_lost(after))}
    for code in told:
        told[code] = _lost(before).get(code, Decimal(0)) - _lost(after).get(code, Decimal(0))
    parts = split(old, new, told)
    scale = new.profile.scale.high - old.profile.scale.high
    if scale:
        parts = (*parts, _alone("scale", "profile", scale))
    return tuple(part for part in parts if part.change or part.by_cause)


def _lost(scored: Score) -> dict[str, Decimal]:
    metrics = {metric.code: metric.points_lost for metric in scored.metrics}
    return metrics | {change.code: change.points_lost for change in scored.adjustments}


def _alone(code: str, cause: str, change: Decimal) -> Part:
    return Part(code=code, change=change, by_cause={cause: change}, rounding=Decimal(0))


def _sides(profile: Profile, seen: Seen, supplied: Supplied) -> Sides:
    """Give the pure split what a profile counts; it takes up only codes that it knows."""
    known = {metric.code for metric in profile.metrics}
    known |= {bonus.code for bonus in profile.bonuses}
    known |= {misconduct.code for misconduct in profile.misconducts}
    first, then = ({c: n for c, n in s.items() if c in known} for s in supplied)
    change = {
        code: Count(
            numerator=then.get(code, NOTHING).numerator - first.get(code, NOTHING).numerator,
            denominator=then.get(code, NOTHING).denominator - first.get(code, NOTHING).denominator,
        )
        for code in first.keys() | then.keys()
    }
    return Sides(
        profile=profile,
        before={code: row.count for code, row in seen.before.items()} | first,
        added=seen.added() | {"supplied": change},
    )


async def _behind(
    tx: Transaction, seen: Seen, merchant: int, until: datetime
) -> tuple[OrdersBehind, ...]:
    """Name the orders that moved each metric."""
    moved = [
        (code, kind, sorted(orders, key=lambda order: (-orders[order], order)))
        for code in seen.after
        for kind, orders in seen.failed(code).items()
        if orders
    ]
    named = sorted({order for _, _, orders in moved for order in orders[:_NAMED_MAX]})
    refs = {
        order.fulfilment_order_id: order.order_ref
        for order in await clocks(tx, merchant=merchant, fulfilment_orders=named, as_of=until)
    }
    return tuple(
        OrdersBehind(
            metric=code,
            kind=kind,
            orders=len(orders),
            order_refs=tuple(refs[order] for order in orders[:_NAMED_MAX]),
        )
        for code, kind, orders in moved
    )
