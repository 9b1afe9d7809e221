"""The limits of cartons hold for every order, and the choice is small and stable."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.warehouse.cartonize import OWN, Carton, Filled, Unit, cartonize

SMALL = Carton("small", 200, 100, 100, 50, 2_000)
LARGE = Carton("large", 400, 300, 200, 300, 10_000)
FLAT = Carton("flat", 500, 300, 30, 80, 3_000)
SHELF = (SMALL, LARGE, FLAT)

sides = st.integers(1, 500)
units = st.builds(Unit, sides, sides, sides, st.integers(1, 4_000))
kinds = st.lists(st.tuples(units, st.integers(1, 8)), min_size=1, max_size=6)
shelves = st.lists(
    st.tuples(sides, sides, sides, st.integers(0, 500), st.integers(1, 20_000)), max_size=5
).map(lambda rows: [Carton(f"c{i}", *row) for i, row in enumerate(rows)])


def holds(carton, contents):
    """The rule once more, unit by unit."""
    inside = sorted((carton.length_mm, carton.width_mm, carton.height_mm))
    volume = sum(u.length_mm * u.width_mm * u.height_mm for u in contents)
    return (
        all(
            side <= wall
            for u in contents
            for side, wall in zip(
                sorted((u.length_mm, u.width_mm, u.height_mm)), inside, strict=True
            )
        )
        and sum(u.weight_g for u in contents) <= carton.load_g
        and (len(contents) == 1 or volume <= 0.8 * inside[0] * inside[1] * inside[2])
    )


def contents_of(filled, kinds):
    return [unit for (unit, _), n in zip(kinds, filled.counts, strict=True) for _ in range(n)]


def volume(carton):
    return carton.length_mm * carton.width_mm * carton.height_mm


@given(kinds, shelves)
def test_every_unit_is_in_one_carton_that_may_hold_it_and_no_smaller_could(kinds, shelf):
    answer = cartonize(kinds, shelf)
    assert [sum(f.counts[i] for f in answer) for i in range(len(kinds))] == [n for _, n in kinds]
    by_name = {carton.carton: carton for carton in shelf}
    for filled in answer:
        contents = contents_of(filled, kinds)
        weight_g = sum(unit.weight_g for unit in contents)
        fitting = [carton for carton in shelf if holds(carton, contents)]
        if filled.carton == OWN:
            assert len(contents) == 1
            assert not fitting
            assert filled.weight_g == weight_g
        else:
            chosen = by_name[filled.carton]
            assert contents
            assert chosen in fitting
            assert volume(chosen) == min(volume(carton) for carton in fitting)
            assert filled.weight_g == weight_g + chosen.tare_g


@given(kinds, shelves)
def test_one_carton_where_one_can_hold_all_and_never_one_that_could_join_an_earlier(kinds, shelf):
    answer = cartonize(kinds, shelf)
    everything = [unit for unit, n in kinds for _ in range(n)]
    if any(holds(carton, everything) for carton in shelf):
        assert len(answer) == 1
    assert len(answer) <= len(everything)
    boxed = [contents_of(f, kinds) for f in answer if f.carton != OWN]
    for i, later in enumerate(boxed):
        for earlier in boxed[:i]:
            assert not any(holds(carton, earlier + later) for carton in shelf)


@given(kinds, shelves, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_shelf_does_not_matter(kinds, shelf, random):
    shuffled = list(range(len(kinds)))
    random.shuffle(shuffled)
    answer = cartonize([kinds[i] for i in shuffled], list(reversed(shelf)))

    def boxes(answer, kinds):
        return sorted((f.carton, sorted(map(repr, contents_of(f, kinds)))) for f in answer)

    assert boxes(answer, [kinds[i] for i in shuffled]) == boxes(cartonize(kinds, shelf), kinds)


def test_counts_are_told_in_the_order_of_the_question():
    little, big = Unit(10, 10, 10, 5), Unit(190, 90, 90, 1_990)
    answer = cartonize([(little, 3), (big, 1)], [SMALL])
    assert answer == (Filled("small", (2, 1), 2_050), Filled("small", (1, 0), 55))


def test_a_unit_may_fill_its_carton_alone_but_not_with_others():
    exact = Unit(100, 200, 100, 100)
    assert [f.carton for f in cartonize([(exact, 1)], SHELF)] == ["small"]
    half = Unit(100, 100, 100, 100)
    assert [f.carton for f in cartonize([(half, 2)], SHELF)] == ["large"]


def test_thin_things_go_flat_and_what_fits_nowhere_goes_as_it_is():
    poster = Unit(30, 480, 290, 200)
    ladder = Unit(2_000, 400, 100, 9_000)
    answer = cartonize([(ladder, 2), (poster, 1)], SHELF)
    assert [(f.carton, f.counts) for f in answer] == [
        ("flat", (0, 1)), (OWN, (1, 0)), (OWN, (1, 0)),
    ]  # fmt: skip


def test_an_empty_shelf_leaves_everything_in_its_own_packaging():
    assert [f.carton for f in cartonize([(Unit(1, 1, 1, 1), 3)], [])] == [OWN] * 3


def test_thousands_alike_are_quick():
    brick = Unit(100, 100, 50, 900)
    answer = cartonize([(brick, 10_000)], SHELF)
    assert {f.counts for f in answer} == {(11,), (1,)}
    assert sum(f.counts[0] for f in answer) == 10_000
