"""A vocabulary file is read whole or refused with every line at fault."""

import pytest

from penstock.gateways.statuses import meaning
from penstock.gateways.vocabulary_file import read_vocabulary_file
from penstock.kernel.errors import Invalid, Malformed

GOOD = """# ours
[puffin.parcel]
COLLECTED = { event = "scanned" }
CARDED = { event = "attempt_failed", fault = "consignee", reason = "nobody_home" }

[puffin.return]
"07" = { event = "received" }
"""


def test_a_good_file_is_read():
    words = read_vocabulary_file(GOOD, "words.toml")
    carded = meaning(words, "puffin", "parcel", "CARDED")
    assert carded is not None
    assert (carded.event, carded.fault) == ("attempt_failed", "consignee")
    assert meaning(words, "puffin", "return", "07") is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "words"),
    [
        ('"scanned"', '"scaned"', 3, "bad_choice", "scanned"),
        ('event = "scanned"', "", 3, "required", "event"),
        ("fault =", "falt =", 4, "unknown_field", "did you mean fault?"),
        ('"consignee"', '"nobody"', 4, "bad_choice", "consignee"),
        ('reason = "nobody_home"', "reason = 5", 4, "wrong_type", "text"),
        ('{ event = "scanned" }', '"scanned"', 3, "wrong_type", "event"),
        ("[puffin.return]", "[puffin.returns]", 6, "bad_choice", "return"),
        ("nobody_home", "x" * 300, 4, "too_long", "255"),
        ('"07"', '""', 7, "bad_name", "255"),
    ],
)
def test_what_is_wrong_has_its_line(old, new, line, code, words):
    with pytest.raises(Invalid) as refused:
        read_vocabulary_file(GOOD.replace(old, new), "words.toml")
    (error,) = refused.value.errors
    assert (error.line, error.code) == (line, code)
    assert words in error.detail
    assert f"words.toml, line {line}" in str(refused.value)


def test_every_fault_is_told_at_once():
    wrong = GOOD.replace('"scanned"', '"x"').replace("[puffin.return]", "[puffin.parcels]")
    with pytest.raises(Invalid) as refused:
        read_vocabulary_file(wrong, "words.toml")
    assert [error.line for error in refused.value.errors] == [3, 6]


@pytest.mark.parametrize("text", ["[puffin", "a = ", 'a = "x"\na = "y"\n'])
def test_what_is_no_toml_is_told_with_its_place(text):
    with pytest.raises(Malformed, match=r"words\.toml, line \d: .* \(at "):
        read_vocabulary_file(text, "words.toml")


@pytest.mark.parametrize("text", ["", "# nothing", "puffin = 1", "[puffin]"])
def test_what_holds_no_words_is_refused(text):
    with pytest.raises(Invalid):
        read_vocabulary_file(text, "words.toml")
