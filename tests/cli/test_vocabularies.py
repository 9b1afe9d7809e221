"""Vendors' words: put from a file, told by line what is wrong with it, listed and shown."""

from pathlib import Path

GOOD = """[puffin.parcel]
COLLECTED = { event = "scanned" }
CARDED = { event = "attempt_failed", fault = "consignee", reason = "nobody_home" }
"""


def test_words_are_put_listed_and_shown(penstock):
    Path("puffin.toml").write_text(GOOD)
    put = penstock("vocabularies put puffin.toml")
    assert (put.code, put.out) == (0, "2 codes of puffin are known from now on\n")
    assert "puffin" in penstock("vocabularies list").out
    shown = penstock("vocabularies show puffin")
    assert "CARDED" in shown.out
    assert "nobody_home" in shown.out
    missing = penstock("vocabularies show puffn")
    assert missing.code == 2
    assert "there is: " in missing.err


def test_a_wrong_file_is_told_by_line(penstock):
    Path("puffin.toml").write_text(GOOD.replace('"scanned"', '"scaned"').replace("fault", "falt"))
    refused = penstock("vocabularies put puffin.toml")
    assert refused.code == 2
    assert "puffin.toml, line 2" in refused.err
    assert "scanned" in refused.err
    assert "did you mean fault?" in refused.err
    assert penstock("vocabularies put nothing.toml").code == 2
