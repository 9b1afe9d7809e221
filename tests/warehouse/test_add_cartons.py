"""The shelf of cartons."""

import pytest

from penstock.kernel.errors import Invalid
from penstock.warehouse.add_cartons import add_cartons, standard_cartons
from penstock.warehouse.cartonize import Carton

SQL = "SELECT carton, length_mm, width_mm, height_mm, tare_g, load_g FROM warehouse.carton"


def test_the_standard_cartons_are_what_their_file_says_of_them():
    cartons = standard_cartons()
    assert [c.carton for c in cartons] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    for carton in cartons:
        assert 600 * 400 % (carton.length_mm * carton.width_mm) == 0
        blank_m2 = (
            2 * (carton.length_mm + carton.width_mm) * (carton.width_mm + carton.height_mm) / 1e6
        )
        assert carton.tare_g == round(550 * blank_m2)
        assert carton.load_g + carton.tare_g < 31_500


async def test_twice_is_once_and_a_known_name_gets_the_new_measures(tx):
    assert await add_cartons(tx) == 6
    assert await add_cartons(tx) == 6
    assert len(await tx.fetch(SQL)) == 6
    wider = Carton("P1", 220, 160, 60, 90, 3_000)
    assert await add_cartons(tx, [wider]) == 1
    rows = await tx.fetch(SQL + " ORDER BY carton")
    assert tuple(rows[0]) == ("P1", 220, 160, 60, 90, 3_000)
    assert len(rows) == 6


async def test_what_cannot_be_a_carton_is_refused_by_field(tx):
    wrong = [
        Carton("own", 10, 10, 10, 0, 10),
        Carton("a", 0, 10, 10, -1, 10),
        Carton("a", 10, 10, 10, 0, 10),
    ]
    with pytest.raises(Invalid) as refused:
        await add_cartons(tx, wrong)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/cartons/0/carton", "bad_name"),
        ("/cartons/1/length_mm", "out_of_range"),
        ("/cartons/1/tare_g", "out_of_range"),
        ("/cartons/2/carton", "said_twice"),
    ]
    assert await tx.fetch(SQL) == []
