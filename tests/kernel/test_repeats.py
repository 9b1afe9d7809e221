"""Repeats are what a look back from each item finds, in a time that does not depend on it."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.kernel.repeats import repeats


@given(st.lists(st.integers(0, 5)))
def test_each_place_whose_item_came_before(items):
    assert repeats(items) == {i for i, item in enumerate(items) if item in items[:i]}


class Counted:
    """Counts how often it is compared."""

    compared = 0

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        Counted.compared += 1
        return self is other


def test_no_item_is_compared_with_all_before_it():
    assert not repeats([Counted() for _ in range(2_000)])
    assert Counted.compared < 2_000
