import pytest

from penstock.customs.territory import EU_MEMBERS, authorities, in_northern_ireland, jurisdiction


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("US", "US"), ("PR", "US"), ("GB", "GB"), ("IM", "GB"), ("DE", "EU"), ("GR", "EU"),
        ("MC", "EU"), ("XI", None), ("CH", None), ("RE", None), ("CN", None), ("EL", None),
    ],
)  # fmt: skip
def test_jurisdiction(country: str, expected: str | None) -> None:
    assert jurisdiction(country) == expected


def test_members_add_their_own_rules_to_the_unions() -> None:
    assert len(EU_MEMBERS) == 27
    assert authorities("RO") == ("EU", "RO")
    assert authorities("MC") == ("EU", "FR")
    assert authorities("JP") == ()


def test_northern_ireland_is_told_by_its_postcode() -> None:
    assert in_northern_ireland("GB", "bt1 5gs")
    assert not in_northern_ireland("GB", "B1 1BB")
    assert not in_northern_ireland("US", "BT1")
