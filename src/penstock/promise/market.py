"""The calendar of a market: the clock and the holidays that its shoppers and platforms count."""

from functools import cache

from penstock.kernel.calendar import Calendar

_ZONES = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CN": "Asia/Shanghai", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "FR": "Europe/Paris",
    "GB": "Europe/London", "ID": "Asia/Jakarta", "IE": "Europe/Dublin", "IT": "Europe/Rome",
    "JP": "Asia/Tokyo", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur",
    "NL": "Europe/Amsterdam", "PH": "Asia/Manila", "PL": "Europe/Warsaw", "SG": "Asia/Singapore",
    "TH": "Asia/Bangkok", "US": "America/New_York", "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip


@cache
def market_calendar(country: str) -> Calendar:
    """Return the calendar of `country` (ISO 3166-1 alpha-2).

    A country with several zones counts in that of its largest city; one that is not listed
    counts in UTC, with its own holidays.
    """
    return Calendar(country=country, zone=_ZONES.get(country, "UTC"))
