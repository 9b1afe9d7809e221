"""Which customs authority a country's border belongs to; far fewer than there are countries."""

from typing import Final

EU_MEMBERS: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
"""The 27 member states, ISO 3166-1 alpha-2 (Greece is GR here, EL in VAT numbers)."""

_MEMBER_OF: Final = {"US": ("US",), "PR": ("US",), "GB": ("GB",), "IM": ("GB",), "MC": ("EU", "FR")}

CURRENCY: Final = {"US": "USD", "EU": "EUR", "GB": "GBP"}
"""The currency in which each jurisdiction's charges are counted."""

EXPECTED_LEVIES: Final = {"US": ("duty",), "EU": ("duty", "vat"), "GB": ("duty", "vat")}
"""What each border levies at all: a date without a rule for one of these is a gap, not a zero."""


def jurisdiction(country: str) -> str | None:
    """Name the customs jurisdiction whose rules a consignment to `country` meets, if we ship any.

    `country` is ISO 3166-1 alpha-2. Puerto Rico clears under the rules of the US, the Isle of Man
    under those of Great Britain, Monaco under those of the EU with French VAT. None for the rest:
    Northern Ireland (XI) follows EU rules for some goods and UK rules for others, and the overseas
    parts of France, Spain, Denmark and Finland stand outside the EU's customs or VAT territory, so
    a guess would be wrong for one half of the parcels.
    """
    found = authorities(country)
    return found[0] if found else None


def authorities(country: str) -> tuple[str, ...]:
    """Return the jurisdiction and then, in the EU, the member state that adds VAT and its fees."""
    if country in EU_MEMBERS:
        return ("EU", country)
    return _MEMBER_OF.get(country, ())


def in_northern_ireland(country: str, postal_code: str) -> bool:
    """Tell an address in Northern Ireland, which ISO 3166 counts in GB, by its BT postcode."""
    return country == "XI" or (country == "GB" and postal_code.strip().upper().startswith("BT"))
