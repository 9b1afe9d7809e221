"""The S-shape, on paper."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from penstock.warehouse.walk import walk


def test_up_one_aisle_and_down_the_next():
    assert walk(["B-01-01", "A-09-01", "B-07-01", "A-02-02", "A-02-01", "C-03-01", "A-02-01"]) == [
        "A-02-01", "A-02-02", "A-09-01", "B-07-01", "B-01-01", "C-03-01",
    ]  # fmt: skip


def test_an_aisle_without_a_pick_is_not_walked():
    assert walk(["A-01-01", "A-09-01", "C-01-01", "C-09-01"]) == [
        "A-01-01", "A-09-01", "C-09-01", "C-01-01",
    ]  # fmt: skip


def test_aisles_follow_one_another_as_people_count_them():
    assert walk(["AA-01-01", "Z-01-01", "B-01-01"]) == ["B-01-01", "Z-01-01", "AA-01-01"]
    assert walk(["10-01-01", "9-01-01"]) == ["9-01-01", "10-01-01"]


def test_a_bin_outside_the_aisles_comes_last():
    assert walk(["", "DOCK", "A-01-01", "A-1"]) == ["A-01-01", "", "A-1", "DOCK"]


bins = st.builds(
    "{}-{:02}-{:02}".format,
    st.sampled_from(["A", "B", "C", "D", "AA"]),
    st.integers(1, 12),
    st.integers(1, 4),
)


@given(st.lists(bins))
def test_every_bin_once_and_no_turn_within_an_aisle(names):
    walked = walk(names)
    assert sorted(walked) == sorted(set(names))
    assert walked == walk(reversed(names))
    aisles = [name.split("-")[0] for name in walked]
    visited = list(dict.fromkeys(aisles))
    assert len([1 for a, b in pairwise(aisles) if a != b]) == max(0, len(visited) - 1)
    for turn, aisle in enumerate(visited):
        bays = [int(name.split("-")[1]) for name in walked if name.split("-")[0] == aisle]
        assert bays == sorted(bays, reverse=turn % 2 == 1)
