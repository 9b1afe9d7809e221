"""When an order's clock starts, how long it may run, and what stops it: by market, as data.

Channels mean different things by "dispatched": the carrier's first scan, the label, the pick-up.
So which milestone stops a clock is said by the profile, market by market.
"""

from typing import Literal

from penstock.experience.profiles.part import Part

Start = Literal["promise", "ordered", "paid", "accepted", "dispatched"]
Stop = Literal["packed", "labelled", "dispatched", "scanned", "delivered"]


class Clock(Part, frozen=True, kw_only=True):
    """The clock of orders to `markets`; without any, of all that no other of its metric names.

    From `promise` the deadline is the one that the order was promised (of delivery where delivery
    stops the clock, else of dispatch). From another milestone it lies `hours` later, or at the end
    of the `days`-th working day after the milestone's local day, by `calendar` (see
    `working_days`) and on the clock of `time_zone` (empty: the profile's).
    """

    start: Start
    stop: Stop
    markets: tuple[str, ...] = ()
    days: int | None = None
    hours: int | None = None
    calendar: str = "every_day"
    time_zone: str = ""
