"""A score formula as data: versioned, effective-dated, each part with its source."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from penstock.experience.profiles.effect import Effect
from penstock.experience.profiles.metric_clock import Clock
from penstock.experience.profiles.part import Part

ORDERS = "orders"
"""The code under which the gate's count of orders is measured and handed to `score`."""

Fault = Literal["seller", "buyer", "carrier", "platform", "unknown"]
SubProcess = Literal[
    "order_receipt", "pick_and_pack", "ship_and_transport", "order_delivery", "outside"
]


class Step(Part, frozen=True, kw_only=True):
    """`points` are reached at `at` or better (for a per-order mapping: at `at` or less)."""

    at: Decimal
    points: Decimal


class Steps(Part, frozen=True, kw_only=True, tag_field="kind", tag="steps"):
    """A value earns the best step it reaches, or `otherwise`."""

    steps: tuple[Step, ...]
    otherwise: Decimal


class Linear(Part, frozen=True, kw_only=True, tag_field="kind", tag="linear"):
    """Points between the (value, points) pairs lie on straight lines; beyond the ends they stay."""

    points: tuple[tuple[Decimal, Decimal], ...]


class PerOrder(Part, frozen=True, kw_only=True, tag_field="kind", tag="per_order"):
    """Each order earns the points of the first step that its quantity fits under.

    The metric is the orders' mean, so the numerator of its count is the sum of their points.
    """

    steps: tuple[Step, ...]
    otherwise: Decimal


class Floor(Part, frozen=True, kw_only=True):
    """Small samples: at least `points` while bad events ≤ `bad_max` and orders < `orders_below`."""

    points: Decimal
    bad_max: int
    orders_below: int


class Limit(Part, frozen=True, kw_only=True):
    """A value worse than `at` has a consequence of its own, whatever the score.

    Of fewer than `orders_min` orders counted it has none; `inclusive` ones begin at `at` itself.
    """

    at: Decimal
    consequence: str
    inclusive: bool = False
    orders_min: int = 0
    effect: Effect | None = None


class Metric(Part, frozen=True, kw_only=True):
    """Numerator over denominator, mapped to points.

    A metric is `supplied` from outside (ratings, chat), or it names a `population` and either a
    `numerator` predicate or a `quantity`: words of `vocabulary`. `weight` is in percent of the
    dimension; 0 reports without scoring. `window_days` and `exclusions` override the profile's.

    `clocks` go with the words that begin with `clock_`, `faults` (whose doing counts against the
    merchant) with those that end in `_by_fault`. The window ends `delay_days` before the day of
    the score. A quantity that no per-order mapping turns into points is a plain mean of seconds,
    divided by `per`: 3600 makes it hours.
    """

    code: str
    title: str
    sub_process: SubProcess
    weight: Decimal
    better: Literal["higher", "lower"]
    mapping: Steps | Linear | PerOrder
    supplied: bool = False
    population: str = ""
    numerator: str = ""
    quantity: str = ""
    unit: str = ""
    per: int = 1
    window_days: int | None = None
    delay_days: int = 0
    exclusions: tuple[str, ...] | None = None
    faults: tuple[Fault, ...] = ()
    clocks: tuple[Clock, ...] = msgspec.field(name="clock", default=())
    floor: Floor | None = None
    limits: tuple[Limit, ...] = msgspec.field(name="limit", default=())

    @property
    def is_mean(self) -> bool:
        """Whether our journeys tell its plain mean, not a rate or a mean of points."""
        return bool(self.quantity) and not isinstance(self.mapping, PerOrder)


class Dimension(Part, frozen=True, kw_only=True):
    """A group of metrics; `weight` is in percent of the score."""

    code: str
    title: str
    weight: Decimal
    metrics: tuple[Metric, ...] = msgspec.field(name="metric")


class Gate(Part, frozen=True, kw_only=True):
    """Fewer than `orders_min` orders of `population` in the window give no full score.

    `below`: `no_score`, `provisional` (computed, never final), or `growth`: a fixed
    `growth_points`, cut to `growth_cut_points` for misconduct or a metric below `pass_points`.
    """

    population: str
    orders_min: int
    below: Literal["no_score", "provisional", "growth"]
    window_days: int | None = None
    growth_points: Decimal | None = None
    growth_cut_points: Decimal | None = None
    pass_points: Decimal | None = None


class Bonus(Part, frozen=True, kw_only=True):
    """Points added once any event is supplied: to a dimension or, without one, to the total."""

    code: str
    title: str
    points: Decimal
    dimension: str = ""


class Misconduct(Part, frozen=True, kw_only=True):
    """Points taken from the total for each supplied event, up to `cap_points` in the window."""

    code: str
    title: str
    points: Decimal
    cap_points: Decimal | None = None


class Band(Part, frozen=True, kw_only=True):
    """What a score of `at` or more opens, and what follows from it."""

    code: str
    title: str
    at: Decimal
    effect: Effect | None = None


class Scale(Part, frozen=True, kw_only=True):
    """The score's range, and the decimals with which it is shown."""

    low: Decimal
    high: Decimal
    decimals: int


class Shown(Part, frozen=True, kw_only=True):
    """A rounded score of `at` or more is shown to consumers as `value`."""

    at: Decimal
    value: Decimal


class Profile(Part, frozen=True, kw_only=True):
    """A score formula. Both of its dates are inclusive.

    `window_days` 0 counts all that is known; `lag_days` is how long defects still arrive, so a
    score is final only once they have passed. The versions of one `family` follow one another.
    Only orders of `channel` to `markets` count, or all without them; an order whose channel is
    not known, as in an imported history, counts as the channel's.
    """

    code: str
    title: str
    version: str
    family: str = ""
    channel: str = ""
    markets: tuple[str, ...] = ()
    effective_from: date
    effective_to: date | None = None
    window_days: int
    lag_days: int
    time_zone: str
    exclusions: tuple[str, ...] = ()
    scale: Scale
    gate: Gate
    dimensions: tuple[Dimension, ...] = msgspec.field(name="dimension")
    bonuses: tuple[Bonus, ...] = msgspec.field(name="bonus", default=())
    misconducts: tuple[Misconduct, ...] = msgspec.field(name="misconduct", default=())
    bands: tuple[Band, ...] = msgspec.field(name="band", default=())
    display: tuple[Shown, ...] = ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics, in the order of the file."""
        return tuple(metric for dimension in self.dimensions for metric in dimension.metrics)

    def over(self, window_days: int) -> "Profile":
        """Return the same formula over another window, for every metric; 0 counts all."""
        dimensions = tuple(
            msgspec.structs.replace(
                dimension,
                metrics=tuple(
                    msgspec.structs.replace(metric, window_days=window_days)
                    for metric in dimension.metrics
                ),
            )
            for dimension in self.dimensions
        )
        gate = msgspec.structs.replace(self.gate, window_days=window_days)
        return msgspec.structs.replace(
            self, window_days=window_days, dimensions=dimensions, gate=gate
        )

    def anywhere(self) -> "Profile":
        """Return the same formula over orders of all channels and markets: a what-if."""
        return msgspec.structs.replace(self, channel="", markets=())

    def in_force(self, day: date) -> bool:
        """Whether the formula applied on `day`; scoring another day with it is a what-if."""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )


def assumptions(part: msgspec.Struct, where: str = "") -> Iterator[str]:
    """Yield where the profile assumes what its source does not publish, with the reason given."""
    if getattr(part, "assumed", False):
        note = getattr(part, "note", "")
        yield f"{where or 'profile'}: {note}" if note else where or "profile"
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        for index, item in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(item, msgspec.Struct):
                step = getattr(item, "code", "") or (
                    f"{field.encode_name}[{index}]" if isinstance(value, tuple) else field.name
                )
                yield from assumptions(item, f"{where}.{step}" if where else step)
