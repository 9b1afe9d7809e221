"""Brakes by rule: rules as data with effective dates, held against what was counted last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.repeats import repeats
from penstock.streams.brake import EVERY_SKU
from penstock.streams.buyer_limit import HoldReceipt
from penstock.streams.set_brake import VALUE_MAX, BrakeWish, release_brakes, set_brake
from penstock.streams.tell import Announce

Measure = Literal["late_percent", "backlog_age_min", "stock_out_min"]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
AT_LEAST_MIN_MAX = 24 * 60
_SAID = {
    "late_percent": "{measured:.0f} % of what is under way is foreseen late, over {threshold:g} %",
    "backlog_age_min": "the oldest order waits {measured:.0f} min, over {threshold:g} min",
    "stock_out_min": "stock lasts {measured:.0f} min more, under {threshold:g} min",
}


class BrakeRule(msgspec.Struct, frozen=True, kw_only=True):
    """When to brake by itself: `measure` beyond `threshold` sets a brake of this kind and value.

    `late_percent` is the share of orders under way that are foreseen late, `backlog_age_min` the
    minutes for which the oldest unserved order has waited: these brake the whole stream.
    `stock_out_min` is for how many minutes a SKU's stock lasts, and brakes the SKU when it is
    less. A brake stays on for `at_least_min` minutes, and is released when the measure is back.
    `stream` is the code of the stream that it is for, empty for all.
    """

    code: str
    measure: Measure
    threshold: float
    kind: Literal["pause", "throttle", "cap"]
    value: int = 0
    at_least_min: int = 10
    stream: str = ""
    effective_from: Instant | None = None
    effective_to: Instant | None = None


class Held(msgspec.Struct, frozen=True):
    """A rule held against a live stream or SKU; `set_at` is when its brake was set, if it is on.

    `holds` is None where the rule is no longer in force and only its brake is left.
    """

    merchant_id: int
    stream: str
    sku_id: int
    rule: str
    measure: str
    threshold: float
    measured: float
    holds: bool | None
    kind: str
    value: int
    set_at: datetime | None
    may_end_at: datetime | None


@query
async def held_rules(tx: Transaction, *, now: datetime) -> list[Held]:
    """Hold every rule in force against every live stream, and find the brakes set by rules."""


@query
async def store_rules(
    tx: Transaction,
    *,
    merchant_id: int,
    codes: list[str],
    streams: list[str],
    measures: list[str],
    thresholds: list[float],
    kinds: list[str],
    amounts: list[int],
    at_least: list[int],
    effective_from: list[datetime],
    effective_to: list[datetime | None],
) -> int | None:
    """Put rules in force, each ending the one before it of its code; count those that are new."""


@query
async def show_rules(tx: Transaction, *, merchant_id: int) -> str | None:
    """Put a merchant's rules together as JSON."""


@query
async def stream_codes(tx: Transaction, *, merchant_id: int, codes: list[str]) -> list[str]:
    """Find which of these streams there are."""


async def put_rules(
    tx: Transaction, merchant_id: int, rules: Sequence[BrakeRule], now: datetime
) -> int:
    """Put rules in force from their day on, or from now; return how many are new or changed.

    A rule of a code that is there ends the earlier one when it begins: what was in force when is
    kept. With `effective_to` in the past or now a rule ends.

    Raises:
        Invalid: every rule that is broken, by line.

    """
    named = sorted({rule.stream for rule in rules if rule.stream})
    known = await stream_codes(tx, merchant_id=merchant_id, codes=named) if named else []
    if wrong := problems(rules, known, now):
        raise Invalid(errors=wrong)
    changed = await store_rules(
        tx,
        merchant_id=merchant_id,
        codes=[rule.code for rule in rules],
        streams=[rule.stream for rule in rules],
        measures=[rule.measure for rule in rules],
        thresholds=[rule.threshold for rule in rules],
        kinds=[rule.kind for rule in rules],
        amounts=[rule.value for rule in rules],
        at_least=[rule.at_least_min for rule in rules],
        effective_from=[rule.effective_from or now for rule in rules],
        effective_to=[rule.effective_to for rule in rules],
    )
    return changed or 0


async def rules_of(tx: Transaction, merchant_id: int) -> tuple[BrakeRule, ...]:
    """Return every rule that a merchant has or had, by code and first day."""
    found = await show_rules(tx, merchant_id=merchant_id)
    return msgspec.json.decode(found or "[]", type=tuple[BrakeRule, ...])


def problems(
    rules: Sequence[BrakeRule], streams: Sequence[str], now: datetime
) -> tuple[FieldError, ...]:
    """Return every rule that `rules` break; `streams` are those that there are."""
    wrong = []
    twice, there = repeats(rule.code for rule in rules), set(streams)
    for i, rule in enumerate(rules):
        at = f"/rules/{i}"
        if not rule.code.strip():
            wrong.append(FieldError(f"{at}/code", "missing", "give the rule a code of its own"))
        if i in twice:
            wrong.append(FieldError(f"{at}/code", "twice", "name each rule once"))
        if rule.stream and rule.stream not in there:
            detail = f"there is no stream {rule.stream!r}; leave it empty for all streams"
            wrong.append(FieldError(f"{at}/stream", "unknown_stream", detail))
        if not 0 <= rule.threshold <= VALUE_MAX:
            detail = f"use 0 to {VALUE_MAX}"
            wrong.append(FieldError(f"{at}/threshold", "out_of_range", detail))
        least = 1 if rule.kind == "throttle" else 0
        if not least <= rule.value <= (0 if rule.kind == "pause" else VALUE_MAX):
            detail = "a pause has no value, a throttle 1 or more orders a minute, a cap its units"
            wrong.append(FieldError(f"{at}/value", "out_of_range", detail))
        if not 1 <= rule.at_least_min <= AT_LEAST_MIN_MAX:
            detail = f"use 1 to {AT_LEAST_MIN_MAX} minutes"
            wrong.append(FieldError(f"{at}/at_least_min", "out_of_range", detail))
        if rule.effective_to is not None and rule.effective_to < (rule.effective_from or now):
            detail = "a rule ends after it begins"
            wrong.append(FieldError(f"{at}/effective_to", "out_of_range", detail))
    return tuple(wrong)


async def brake_by_rule(
    tx: Transaction, now: datetime, *, hold_receipt: HoldReceipt, announce: Announce
) -> int:
    """Set the brakes whose rules hold and release those that hold no longer; return how many."""
    done = 0
    for held in await held_rules(tx, now=now):
        if held.holds and held.set_at is None:
            wish = BrakeWish(
                kind=held.kind,  # type: ignore[arg-type]  # the column's CHECK knows no other
                value=held.value,
                sku_id=held.sku_id,
                because=_SAID[held.measure].format(
                    measured=held.measured, threshold=held.threshold
                ),
                by=f"rule {held.rule}",
                rule=held.rule,
            )
            brake = await set_brake(
                tx, held.merchant_id, held.stream, wish, now,
                hold_receipt=hold_receipt, announce=announce,
            )  # fmt: skip
            done += not brake.repeated
        elif not held.holds and held.may_end_at is not None and held.may_end_at <= now:
            done += len(await _release(tx, held, now, announce))
    return done


async def _release(
    tx: Transaction, held: Held, now: datetime, announce: Announce
) -> Sequence[object]:
    because = "the rule has ended" if held.holds is None else "the measure is back"
    return await release_brakes(
        tx, held.merchant_id, held.stream, now,
        because=because, by=f"rule {held.rule}", announce=announce,
        sku_id=held.sku_id if held.sku_id != EVERY_SKU else None, rule=held.rule,
    )  # fmt: skip
