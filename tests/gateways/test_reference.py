"""A reference names one effect: plain text that no two lists of parts share."""

from hypothesis import example, given
from hypothesis import strategies as st

from penstock.gateways.reference import reference

parts = st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(), max_size=4)


@given(parts.filter(len), parts.filter(len))
@example(["a/b", "c"], ["a", "b/c"])
@example(["a%2Fb"], ["a/b"])
@example([""], ["", ""])
def test_different_parts_never_share_a_reference(one, other):
    same = [str(part) for part in one] == [str(part) for part in other]
    assert (reference(*one) == reference(*other)) == same


@given(parts)
def test_a_reference_is_printable_ascii(some):
    text = reference(*some)
    assert text.isascii()
    assert all(character.isprintable() and character != " " for character in text)
