"""What drives bad reviews: the public Olist history, delivered orders, judged out of fold.

`python -m benchmarks.drivers PATH` reads the folder of Olist's CSV files at PATH; without a path,
and within `python -m benchmarks`, it is `bench/olist_sample` in PENSTOCK_SHARED.

- `auc`: one or two stars against more, 5 folds by shopper, mean of repeats with other folds.
- `adds`: what each group of features brings when it comes in this order, and what is lost when it
  alone is left out; `fair_shares` of the four sub-processes (Shapley) beside what the order was
  like. One deal of folds, so that subsets are compared on the same rows.
- `history`: what earlier reviews of the merchant and the SKU add.
- `forward`: learnt from what was known when the last fifth of the orders began, judged on them.
- `reviewed_after_delivery`: the same risks on reviews that were not written before the parcel came.
- `effects`: stars lost to being late and to a slow hand-over, adjusted for what came before.
- `stars_by_delay`: with the error of the mean, beside what the full data set (95,830 deliveries)
  gives. Days count from the promised date's midnight.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from benchmarks.result import Absent, Report
from penstock.experience.drivers.array import Vector, np
from penstock.experience.drivers.delivery import GROUPS
from penstock.experience.drivers.effects import Effect, adjusted_effect
from penstock.experience.drivers.olist_deliveries import read_deliveries
from penstock.experience.drivers.reviews import (
    Table,
    judged,
    judged_by_others,
    judged_by_the_past,
    narrowed,
    table,
)
from penstock.experience.drivers.shapley import SUB_PROCESSES, shares
from penstock.experience.drivers.stars import Bucket, stars_by_delay
from penstock.kernel.errors import Refusal

SHARED = Path(os.environ.get("PENSTOCK_SHARED") or Path(__file__).parents[1] / "../shared")
SAMPLE = SHARED / "bench/olist_sample"
SEED = 20261111
FULL_DATA_STARS = (4.3225, 4.2782, 4.1574, 4.1410, 3.9169, 2.8093, 1.8917, 1.6995)
"""Means by bucket of the whole data set; github.com/danyaktn/olist-ecommerce-analytics."""
OWN = tuple(group for group in GROUPS if group not in SUB_PROCESSES)
BEFORE_DISPATCH = ("basket", "goods", "payment", "order_receipt")
WAYS = ("distance_km", "origin_latitude", "destination_latitude", "destination_longitude")


def measure(*, seed: int, quick: bool, path: Path = SAMPLE) -> Report:
    if not path.is_dir():
        raise Absent(
            f"no folder '{path.name}' of Olist's CSV files: give its path, or set PENSTOCK_SHARED"
        )
    if lacking := [name for name in ("numpy", "lightgbm") if find_spec(name) is None]:
        raise Absent(f"it needs {', '.join(lacking)}: install the extra 'analysis'")
    deliveries, unread = read_deliveries(path)
    whole = table(deliveries)
    started = time.process_time()
    risks = judged_by_others(whole, seed=seed)
    model_s = time.process_time() - started
    others = range(seed + 1, seed + (1 if quick else 5))
    repeats = [judged(whole.bad, judged_by_others(whole, seed=s)).auc for s in others]
    first = judged(whole.bad, risks)
    aucs = [first.auc, *repeats]
    figures: dict[str, object] = {
        "auc": rounded(statistics.fmean(aucs)),
        "auc_least": rounded(min(aucs)),
        "auc_most": rounded(max(aucs)),
        "auc_std_error": rounded(first.std_error),
        "auc_delay_alone": rounded(judged(whole.bad, column(whole, "delay_days")).auc),
        "deliveries": len(deliveries),
        "unread": unread,
        "bad_share": rounded(float(whole.bad.mean())),
        "features": len(whole.names),
        "model_cpu_s": round(model_s, 1),
        **stars(stars_by_delay(deliveries)),
        "effects": effects(whole, seed),
        "forward": forward(whole, seed),
        "reviewed_after_delivery": after_delivery(whole, risks),
    }
    if not quick:
        figures |= contributions(whole, seed, first.auc)
        figures["history"] = history(whole, seed, aucs)
    return Report(figures=figures)


def contributions(whole: Table, seed: int, everything: float) -> dict[str, object]:
    """Say what each group of features brings, in points of AUC."""
    known: dict[frozenset[str], float] = {frozenset(GROUPS): everything, frozenset(): 0.5}

    def auc(groups: frozenset[str]) -> float:
        if groups not in known:
            some = narrowed(whole, [group for group in GROUPS if group in groups])
            known[groups] = judged(whole.bad, judged_by_others(some, seed=seed)).auc
        return known[groups]

    adds, so_far = {}, frozenset[str]()
    for group in GROUPS:
        before, so_far = auc(so_far), so_far | {group}
        adds[group] = {
            "auc_so_far": rounded(auc(so_far)),
            "added": rounded(auc(so_far) - before),
            "lost_without": rounded(everything - auc(frozenset(GROUPS) - {group})),
        }
    fair = shares(SUB_PROCESSES, lambda some: auc(some | frozenset(OWN)))
    return {
        "adds": adds,
        "auc_without_sub_processes": rounded(auc(frozenset(OWN))),
        "fair_shares": {name: rounded(share) for name, share in fair.items()},
    }


def history(whole: Table, seed: int, without: Sequence[float]) -> dict[str, float]:
    seeds = range(seed, seed + len(without))
    aucs = [judged(whole.bad, judged_by_others(whole, seed=s, history=True)).auc for s in seeds]
    added = [auc - base for auc, base in zip(aucs, without, strict=False)]
    return {"auc": rounded(statistics.fmean(aucs)), "added": rounded(statistics.fmean(added))}


def forward(whole: Table, seed: int) -> dict[str, float]:
    said = judged_by_the_past(whole, seed=seed)
    alone = judged_by_the_past(whole, seed=seed, by="delay_days")
    return {
        "auc": rounded(said.auc),
        "std_error": rounded(said.std_error),
        "auc_delay_alone": rounded(alone.auc),
    }


def after_delivery(whole: Table, risks: Vector) -> dict[str, float]:
    """Judge the same risks on those alone who had their parcel when they wrote."""
    pairs = [(d.reviewed_at, d.delivered_at) for d in whole.deliveries]
    had = np.array([wrote is not None and wrote >= came for wrote, came in pairs])
    alone = judged(whole.bad[had], column(whole, "delay_days")[had])
    return {
        "reviews": int(had.sum()),
        "bad_share": rounded(float(whole.bad[had].mean())),
        "bad_share_before_delivery": rounded(float(whole.bad[~had].mean())),
        "auc": rounded(judged(whole.bad[had], risks[had]).auc),
        "auc_delay_alone": rounded(alone.auc),
    }


def effects(whole: Table, seed: int) -> dict[str, dict[str, object]]:
    """Adjust for what was so before the treatment, and for where the parcel went."""
    stars = np.array([d.stars for d in whole.deliveries], dtype=float)
    before = [name for group in BEFORE_DISPATCH for name in GROUPS[group]]
    hand_over = column(whole, "hand_over_days")
    return {
        "late": told(stars, column(whole, "delay_days") > 0, whole, [*before, *WAYS], seed),
        "slow_hand_over": told(stars, hand_over > 3, whole, [*before, *WAYS], seed),
    }


def told(
    stars: Vector, treated: Vector, whole: Table, names: Sequence[str], seed: int
) -> dict[str, object]:
    covariates = np.column_stack([ranked(column(whole, name)) for name in names])
    everyone, hit = (
        adjusted_effect(stars, treated, covariates, seed=seed, estimand=estimand)
        for estimand in ("all", "treated")
    )
    return {
        "treated": everyone.treated,
        "raw": rounded(everyone.raw),
        "on_all": interval(everyone),
        "on_the_treated": interval(hit),
        "e_value": rounded(everyone.e_value.estimate),
        "e_value_of_limit": rounded(everyone.e_value.limit),
    }


def interval(effect: Effect) -> list[float]:
    return [rounded(value) for value in (effect.effect, effect.low, effect.high)]


def ranked(values: Vector) -> Vector:
    """Return ranks from 0 to 1, unknown in the middle: long tails mislead straight lines."""
    known = np.sort(values[~np.isnan(values)])
    ranks = np.searchsorted(known, values, side="left") + np.searchsorted(known, values, "right")
    return np.where(np.isnan(values), 0.5, ranks / (2 * len(known)))


def column(whole: Table, name: str) -> Vector:
    return whole.values[:, whole.names.index(name)]


def stars(buckets: Sequence[Bucket]) -> dict[str, object]:
    """Hold the curve against the full data set: a mean may lie 1.96 of its errors away."""
    known = [bucket.mean for bucket in buckets if bucket.mean is not None]
    curve = [
        {
            "over_days": bucket.over_days,
            "to_days": bucket.to_days,
            "reviews": bucket.reviews,
            "mean": None if bucket.mean is None else rounded(bucket.mean),
            "std_error": None if bucket.std_error is None else rounded(bucket.std_error),
            "full_data": full,
            "within_error": bucket.mean is not None
            and bucket.std_error is not None
            and abs(bucket.mean - full) <= 1.96 * bucket.std_error,
        }
        for bucket, full in zip(buckets, FULL_DATA_STARS, strict=True)
    ]
    return {
        "stars_by_delay": curve,
        "stars_fall_with_delay": known == sorted(known, reverse=True),
        "stars_within_error": all(one["within_error"] for one in curve),
    }


def rounded(value: float) -> float:
    return round(value, 4)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drivers", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--quick", action="store_true", help="no contributions, no repeats")
    parser.add_argument("--seed", type=int, default=SEED)
    wanted = parser.parse_args()
    try:
        report = measure(seed=wanted.seed, quick=wanted.quick, path=wanted.path)
    except (Absent, Refusal) as problem:
        print(f"drivers: {problem}", file=sys.stderr)
        return 2
    print(msgspec.json.encode(report.figures).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
