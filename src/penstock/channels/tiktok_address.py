"""A TikTok Shop recipient, whose towns stand in district levels that differ by country."""

import re

from penstock.channels.order import Address
from penstock.channels.tiktok_payload import Recipient, plain

UNKNOWN = "-"
"""Stands where TikTok Shop gives nothing and a consignee needs something: seen, not mistaken."""

_TOWN = re.compile(r"\b(city|town|municipality)\b", re.IGNORECASE)
_LEVEL = re.compile(r"L([0-9])")
_WORD = re.compile(r"\w+")
_CITY_STATES = {"HK": "Hong Kong", "MO": "Macao", "SG": "Singapore"}


def consignee(to: Recipient, *, email: str, withheld: bool) -> Address:
    """Build the consignee.

    The town is the first of these that there is: the level that is named city, town or
    municipality (US: L3, Indonesia: L2); L2 (Thailand and Viet Nam write the district there);
    the smallest area; the country, if it is a city-state; else `UNKNOWN`, because a guess out of
    the free text may send a parcel astray. L1 is the region. Areas smaller than the town, and a
    detail that says more than the lines, go to line2.

    Where the address is `withheld`, name and street may be `UNKNOWN` too; else they stay blank,
    which the rules of an order refuse.
    """
    country = plain(to.region_code).upper()
    districts = _districts(to)
    town, city = _town(districts, country)
    detail = plain(to.address_detail)
    numbered = (to.address_line1, to.address_line2, to.address_line3, to.address_line4)
    lines = [line for line in map(plain, numbered) if line]
    lines = lines or [detail or plain(to.full_address)]
    for addition in (detail, *(name for level, _title, name in districts if level > town)):
        if not _words(addition) <= _words(" ".join(lines)):
            lines.append(addition)
    filler = UNKNOWN if withheld else ""
    names = f"{plain(to.first_name)} {plain(to.last_name)}".strip()
    return Address(
        name=plain(to.name) or names or filler,
        line1=lines[0] or filler,
        line2=", ".join(lines[1:]),
        city=city or UNKNOWN,
        region=next((name for level, _title, name in districts if level == 1 != town), ""),
        postal_code=plain(to.postal_code),
        country=country,
        phone=plain(to.phone_number),
        email=email,
    )


def _districts(to: Recipient) -> list[tuple[int, str, str]]:
    found = []
    for district in to.district_info or ():
        level = _LEVEL.fullmatch(plain(district.address_level))
        name = plain(district.address_name)
        if level and name:
            found.append((int(level[1]), plain(district.address_level_name), name))
    return sorted(found)


def _town(districts: list[tuple[int, str, str]], country: str) -> tuple[int, str]:
    areas = [area for area in districts if area[0] > 0]
    named = [area for area in areas if _TOWN.search(area[1])]
    second = [area for area in areas if area[0] == 2]
    if chosen := named or second or areas:
        return chosen[-1][0], chosen[-1][2]
    if country in _CITY_STATES:
        return 0, next((name for _level, _title, name in districts), _CITY_STATES[country])
    return 0, ""


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
