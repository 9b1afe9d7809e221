"""What follows from a band, or from a metric beyond its limit, in figures that can be acted on."""

from decimal import Decimal

from penstock.experience.profiles.part import Part


class Effect(Part, frozen=True, kw_only=True):
    """The consequences for a merchant; one that is None is not in force.

    `volume_percent` caps the orders of a day, in percent of the daily mean of the days that the
    policy says which acts on it; 100 is no cap. `settlement_days` lie between delivery and pay-out.
    `return_share_percent` is the merchant's share of return shipping. `streams` says whether it
    may hold livestreams. It all lasts for at least `days`, or (None) as long as the score stays.
    """

    volume_percent: Decimal | None = None
    probation: bool | None = None
    settlement_days: int | None = None
    return_share_percent: Decimal | None = None
    streams: bool | None = None
    days: int | None = None
