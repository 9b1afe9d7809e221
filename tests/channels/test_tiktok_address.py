import pytest

from penstock.channels.tiktok_address import UNKNOWN, consignee
from penstock.channels.tiktok_payload import District, Recipient


def recipient(*districts: str, country: str = "US", **fields: str) -> Recipient:
    info = []
    for district in districts:
        level, title, name = district.split(":")
        info.append(District(address_level=level, address_level_name=title, address_name=name))
    return Recipient(
        **{"name": "N", "address_line1": "1 A St", **fields},
        region_code=country,
        district_info=info,
    )


@pytest.mark.parametrize(
    ("to", "region", "city", "line2"),
    [
        (recipient("L1:State:Texas", "L2:County:Travis", "L3:City:Austin"), "Texas", "Austin", ""),
        (
            recipient(
                "L4:Urban Community:Cilandak Barat",
                "L0:Country:Indonesia",
                "L1:province:Jakarta",
                "L2:city:South Jakarta",
                "L3:Sub-district:Cilandak",
                country="ID",
            ),
            "Jakarta",
            "South Jakarta",
            "Cilandak, Cilandak Barat",
        ),
        (recipient("L1::Bangkok", "L2::Pathum Wan", country="TH"), "Bangkok", "Pathum Wan", ""),
        (
            recipient("L1:Province:Ha Noi", "L2:District:Ba Dinh", "L3:Ward:Cong Vi", country="VN"),
            "Ha Noi",
            "Ba Dinh",
            "Cong Vi",
        ),
        (recipient("L1:Post Town:Leeds", country="GB"), "", "Leeds", ""),
        (recipient("L1:State:Johor", country="MY"), "", "Johor", ""),
        (recipient("L0:Country:Singapore", country="SG"), "", "Singapore", ""),
        (recipient(country="HK"), "", "Hong Kong", ""),
        (recipient("L0:Country:United Kingdom", country="GB"), "", UNKNOWN, ""),
        (recipient("?:City:Nowhere"), "", UNKNOWN, ""),
    ],
)
def test_the_town_is_found_in_the_levels(to: Recipient, region: str, city: str, line2: str) -> None:
    address = consignee(to, email="", withheld=False)
    assert (address.region, address.city, address.line2) == (region, city, line2)


def test_a_detail_is_added_only_where_it_says_more() -> None:
    same = recipient(address_line2="Flat 2", address_detail="1 A St, Flat 2")
    more = recipient(address_line2="Flat 2", address_detail="Rear door")
    assert consignee(same, email="", withheld=False).line2 == "Flat 2"
    assert consignee(more, email="", withheld=False).line2 == "Flat 2, Rear door"


def test_the_street_is_found_where_the_lines_are_blank() -> None:
    detail = recipient(address_line1='""', address_detail="9 B St", full_address="all of it")
    full = recipient(address_line1=" ", full_address="all of it")
    assert consignee(detail, email="", withheld=False).line1 == "9 B St"
    assert consignee(full, email="", withheld=False).line1 == "all of it"


def test_only_a_withheld_address_is_filled_with_the_unknown() -> None:
    blank = Recipient(region_code="us")
    kept, held = (consignee(blank, email="", withheld=w) for w in (False, True))
    assert (kept.name, kept.line1, kept.country) == ("", "", "US")
    assert (held.name, held.line1, held.city) == (UNKNOWN, UNKNOWN, UNKNOWN)
