"""The paper's chain on merchants' weeks: IT infrastructure and service quality on the stages.

Chen, Liu, Tan, Pang & Duan (IJPE 287 (2025) 109698): IT infrastructure works on order receipt and
on pick and pack, logistics service quality on transport and delivery. The paper's items and
coefficients are not public; the indicators here are ours.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from penstock.experience.drivers.known import MerchantWeek
from penstock.experience.drivers.path_model import Block, PathModel
from penstock.experience.drivers.pls import Path, estimate
from penstock.experience.drivers.pls_bootstrap import Spread, bootstrap
from penstock.kernel.errors import Invalid

ROWS_MIN = 30
ORDERS_MIN = 10
"""Orders a week: of fewer a share says little."""
_ROUNDS = 200
_BLOCKS: Mapping[str, tuple[str, ...]] = {
    "it_infrastructure": ("receipt_speed", "labelled_at_once"),
    "order_receipt": ("kept", "accepted_at_once"),
    "pick_and_pack": ("dispatched_in_time", "hand_over_speed"),
    "ship_and_transport": ("transit_in_time", "transit_speed"),
    "order_delivery": ("delivered_in_time", "sound"),
}
_PATHS = (
    ("it_infrastructure", "order_receipt"),
    ("it_infrastructure", "pick_and_pack"),
    ("service_quality", "ship_and_transport"),
    ("service_quality", "order_delivery"),
    ("order_receipt", "pick_and_pack"),
    ("pick_and_pack", "ship_and_transport"),
    ("ship_and_transport", "order_delivery"),
)


class StageModel(msgspec.Struct, frozen=True, kw_only=True):
    """Paths between the stages with their bootstrap intervals, or why there are none.

    `left_out` names indicators and constructs that the data do not bear, each with its reason.
    """

    rows: int
    paths: tuple[Path, ...]
    spreads: tuple[Spread, ...]
    r_squared: dict[str, float]
    left_out: tuple[str, ...]
    because: str


def stage_model(
    weeks: Sequence[MerchantWeek], quality: Mapping[int, Mapping[str, float]], *, seed: int
) -> StageModel:
    """Estimate the chain on merchants' weeks; `quality` is merchant → dimension → mean answer."""
    columns, left_out, rows = _columns(weeks, quality)
    blocks = []
    for construct, names in {**_BLOCKS, "service_quality": _dimensions(quality)}.items():
        kept = tuple(name for name in names if name in columns)
        if kept:
            blocks.append(Block(construct, kept))
        else:
            left_out.append(f"{construct}: none of its indicators varies")
    known = {block.construct for block in blocks}
    paths = tuple(path for path in _PATHS if set(path) <= known)
    linked = {construct for path in paths for construct in path}
    model = PathModel(tuple(b for b in blocks if b.construct in linked), paths)
    because = ""
    if rows < ROWS_MIN:
        because = f"{rows} merchant-weeks of {ORDERS_MIN} orders or more: {ROWS_MIN} are needed"
    elif not paths:
        because = "no two constructs of the chain vary: there is nothing to relate"
    if not because:
        try:
            fit = estimate(model, columns)
            spread = bootstrap(model, columns, seed=seed, rounds=_ROUNDS)
            return StageModel(
                rows=rows,
                paths=tuple(fit.paths),
                spreads=tuple(spread.paths),
                r_squared={s.name: s.original for s in spread.r_squared},
                left_out=tuple(left_out),
                because="",
            )
        except Invalid as refused:
            because = str(refused)
    return StageModel(
        rows=rows, paths=(), spreads=(), r_squared={}, left_out=tuple(left_out), because=because
    )


def _dimensions(quality: Mapping[int, Mapping[str, float]]) -> tuple[str, ...]:
    return tuple(sorted({f"lsq_{name}" for means in quality.values() for name in means}))


def _columns(
    weeks: Sequence[MerchantWeek], quality: Mapping[int, Mapping[str, float]]
) -> tuple[dict[str, list[float]], list[str], int]:
    """Return indicators as columns over the weeks in which all of them are known, and how many.

    An indicator unknown in more than half of the weeks, or the same in all, is left out.
    """
    table: dict[str, list[float]] = {}
    for names in _BLOCKS.values():
        for name in names:
            table[name] = [_value(week, name) for week in weeks]
    for name in _dimensions(quality):
        code = name.removeprefix("lsq_")
        table[name] = [quality.get(week.merchant_id, {}).get(code, math.nan) for week in weeks]
    left_out = []
    for name, column in list(table.items()):
        known = [value for value in column if not math.isnan(value)]
        if 2 * len(known) < max(1, len(column)):
            left_out.append(f"{name}: unknown in most weeks")
            del table[name]
    whole = [i for i in range(len(weeks)) if not any(math.isnan(c[i]) for c in table.values())]
    table = {name: [column[i] for i in whole] for name, column in table.items()}
    for name, column in list(table.items()):
        if len({round(value, 12) for value in column}) < 2:
            left_out.append(f"{name}: the same in every week")
            del table[name]
    return table, left_out, len(whole)


def _value(week: MerchantWeek, name: str) -> float:
    """Return an indicator; speeds are turned so that high is good."""
    slow = {"receipt_speed": "receipt_s", "hand_over_speed": "hand_over_h",
            "transit_speed": "transit_h"}  # fmt: skip
    told: float | None = getattr(week, slow.get(name, name))
    if told is None:
        return math.nan
    return -math.log1p(max(0.0, told)) if name in slow else told
