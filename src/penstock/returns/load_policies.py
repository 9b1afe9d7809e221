"""Put return policies in force, the shipped ones or the operator's own."""

from collections.abc import Sequence
from datetime import date
from importlib import resources
from itertools import combinations
from typing import Annotated

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError, Invalid
from penstock.returns.vocabulary import Fault, Reason

EVERYWHERE = "*"
Weight = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a market grants for one reason.

    `country` is ISO 3166-1 alpha-2, or `*` for every country without one of its own. The weights
    say who pays which share of the processor's fee; `missing_percent` of the price is refunded
    for units that the processor did not find. Both dates belong to it.
    """

    country: str
    reason: Reason
    window_days: Annotated[int, msgspec.Meta(ge=0, le=3650)]
    fault: Fault
    source: str
    merchant_weight: Weight = 0
    platform_weight: Weight = 0
    carrier_weight: Weight = 0
    shopper_weight: Weight = 0
    missing_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    effective_from: date = date(2020, 1, 1)
    effective_to: date | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policy: tuple[Policy, ...]


@query
async def store_policies(
    tx: Transaction,
    *,
    countries: list[str],
    reasons: list[str],
    window_days: list[int],
    faults: list[str],
    merchant_weights: list[int],
    platform_weights: list[int],
    carrier_weights: list[int],
    shopper_weights: list[int],
    missing_percents: list[int],
    sources: list[str],
    effective_from: list[date],
    effective_to: list[date | None],
) -> int | None:
    """Store policies by country, reason and first day; count those that are new or changed."""


def shipped_policies() -> tuple[Policy, ...]:
    """Return the policies that come with Penstock (`policies.toml`)."""
    text = resources.files(__package__).joinpath("policies.toml").read_bytes()
    return msgspec.toml.decode(text, type=_File).policy


async def load_policies(tx: Transaction, policies: Sequence[Policy] | None = None) -> int:
    """Put policies in force, the shipped ones where none are given; return how many changed.

    A policy with the same country, reason and first day is replaced: returns that were decided by
    it keep the decision, and are settled by its new weights. For a change from a day on, end the
    old one and add another.

    Raises:
        Invalid: a country is unknown, nobody pays, or two of one country and reason overlap.

    """
    chosen = shipped_policies() if policies is None else tuple(policies)
    if wrong := problems(chosen):
        raise Invalid(errors=wrong)
    changed = await store_policies(
        tx,
        countries=[p.country for p in chosen],
        reasons=[p.reason for p in chosen],
        window_days=[p.window_days for p in chosen],
        faults=[p.fault for p in chosen],
        merchant_weights=[p.merchant_weight for p in chosen],
        platform_weights=[p.platform_weight for p in chosen],
        carrier_weights=[p.carrier_weight for p in chosen],
        shopper_weights=[p.shopper_weight for p in chosen],
        missing_percents=[p.missing_percent for p in chosen],
        sources=[p.source for p in chosen],
        effective_from=[p.effective_from for p in chosen],
        effective_to=[p.effective_to for p in chosen],
    )
    return changed or 0


def problems(policies: Sequence[Policy]) -> tuple[FieldError, ...]:
    """Return every rule that the policies break, alone or against each other."""
    wrong = []
    for i, p in enumerate(policies):
        if p.country != EVERYWHERE and p.country not in COUNTRIES:
            detail = f"{p.country!r} is no country of ISO 3166-1; use a code such as GB, or '*'"
            wrong.append(FieldError(f"/policy/{i}/country", "unknown_country", detail))
        if not p.merchant_weight + p.platform_weight + p.carrier_weight + p.shopper_weight:
            detail = "give at least one weight, for somebody has to pay the way back"
            wrong.append(FieldError(f"/policy/{i}", "nobody_pays", detail))
        if p.effective_to is not None and p.effective_to < p.effective_from:
            detail = f"it ends before it begins, on {p.effective_from}"
            wrong.append(FieldError(f"/policy/{i}/effective_to", "ends_too_early", detail))
    for (i, one), (j, other) in combinations(enumerate(policies), 2):
        if (one.country, one.reason) == (other.country, other.reason) and _overlap(one, other):
            detail = f"its days overlap those of policy {i}; end that one before {j} begins"
            wrong.append(FieldError(f"/policy/{j}/effective_from", "overlaps", detail))
    return tuple(wrong)


def _overlap(one: Policy, other: Policy) -> bool:
    return one.effective_from <= (other.effective_to or date.max) and other.effective_from <= (
        one.effective_to or date.max
    )
