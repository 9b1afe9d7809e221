"""The scale against the list."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.warehouse.cartonize import Carton, Unit
from penstock.warehouse.packing import OrderLine, plan_parcels, weight_agrees

BOX = Carton("box", 300, 200, 200, 100, 2_000)
LINES = (
    OrderLine(0, 11, 2, Unit(100, 100, 100, 700)),
    OrderLine(1, 12, 1, Unit(100, 50, 50, 300)),
)


def test_without_a_scan_parcels_weigh_what_they_should():
    (parcel,) = plan_parcels(LINES, [BOX], None)
    assert (parcel.carton, parcel.weight_g, parcel.counts) == ("box", 1_800, (2, 1))


def test_a_scan_is_the_weight_where_it_agrees():
    (parcel,) = plan_parcels(LINES, [BOX], 2_070)
    assert parcel.weight_g == 2_070
    assert plan_parcels(LINES, [BOX], 2_071) is None
    assert plan_parcels(LINES, [BOX], 1_530)[0].weight_g == 1_530
    assert plan_parcels(LINES, [BOX], 1_529) is None


def test_light_parcels_have_fifty_grams():
    assert weight_agrees(150, 100)
    assert weight_agrees(50, 100)
    assert not weight_agrees(151, 100)
    assert not weight_agrees(49, 100)
    assert not weight_agrees(0, 20)


def test_one_scan_is_shared_out_over_several_parcels():
    heavy = (OrderLine(0, 11, 4, Unit(100, 100, 100, 700)),)
    parcels = plan_parcels(heavy, [BOX], 3_300)
    assert [p.weight_g for p in parcels] == [1_650, 1_650]


@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_the_tolerance_is_fifteen_per_cent_or_fifty_grams(scanned_g, expected_g):
    off = abs(scanned_g - expected_g)
    assert weight_agrees(scanned_g, expected_g) == (off <= 50 or off / expected_g <= 0.15)


@given(st.integers(1, 40), st.integers(1, 1_900), st.floats(0.86, 1.14))
def test_no_gram_is_lost_in_sharing(quantity, weight_g, factor):
    lines = (OrderLine(0, 11, quantity, Unit(100, 100, 100, weight_g)),)
    expected = sum(p.weight_g for p in plan_parcels(lines, [BOX], None))
    scanned = round(expected * factor)
    parcels = plan_parcels(lines, [BOX], scanned)
    assert sum(p.weight_g for p in parcels) == scanned
    assert sum(p.counts[0] for p in parcels) == quantity
