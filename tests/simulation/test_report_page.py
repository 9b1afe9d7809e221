"""The report: alone in the world, well formed, and safe from what its data says."""

import re
from collections import Counter
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.drawing.markup import Markup, tag
from penstock.simulation.evening_rows import Refused
from penstock.simulation.report_page import render

VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """Reads a page; what is opened must be closed in its turn."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.text = [], Counter(), Counter(), ""
        self.unnamed_pictures, self.attributes = 0, []

    def handle_starttag(self, name, attributes):
        given_attributes = dict(attributes)
        self.tags[name] += 1
        self.attributes += attributes
        self.ids[given_attributes.get("id")] += 1
        self.unnamed_pictures += given_attributes.get("role") == "img" and not (
            given_attributes.get("aria-label")
        )
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


@pytest.fixture(scope="session")
def page(evening, scores, audit, run):
    return render(evening, scores=scores, audit=audit, run=run)


def test_it_asks_for_nothing_from_anywhere(page):
    found = read(page)
    assert not found.tags.keys() & {"script", "link", "img", "iframe", "object", "image", "use"}
    assert not re.search(r"https?:|@import|@font-face|url\((?!#)", page)
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "src"]
    assert any("default-src 'none'" in (value or "") for _, value in found.attributes)


def test_it_is_well_formed_and_says_what_its_pictures_show(page):
    found = read(page)
    del found.ids[None]
    assert not [name for name, uses in found.ids.items() if uses > 1]
    assert found.tags["svg"] >= 9
    assert found.unnamed_pictures == 0
    assert (found.tags["h1"], found.tags["main"]) == (1, 1)


def test_it_shows_the_lanes_of_all_merchants(page):
    found = read(page)
    assert "92.4% of 330 deliveries in time" in page
    for told in ("harbour (US) → GB", "62 %", "99 %", "of 200"):
        assert told in found.text


def test_it_shows_the_evenings_numbers(page):
    text = read(page).text
    for shown in (
        "400 orders", "Aurora Lights", "Plodder Post", "85.1", "cinnabar-001740",
        "delivered 98 h late", "No score yet", "penstock demo --seed 7", "insufficient stock",
        "checked 336 times in virtual time, none broken",
    ):  # fmt: skip
        assert shown in text


async def test_data_stays_text(evening, scores, audit, run):
    evil = "</style></title><script>alert('1')</script>\"'&<b onclick=x>"
    wild = msgspec.structs.replace(
        evening,
        refusals=(Refused(evil, 3, evil),),
        carriers=tuple(msgspec.structs.replace(c, title=evil) for c in evening.carriers),
        hot_stock=tuple(msgspec.structs.replace(s, title=evil) for s in evening.hot_stock),
        sellers=tuple(
            msgspec.structs.replace(s, counts=msgspec.structs.replace(s.counts, title=evil))
            for s in evening.sellers
        ),
    )
    bad = [msgspec.structs.replace(s, title=evil, profile=evil) for s in scores]
    page = render(
        wild,
        scores=bad,
        audit=msgspec.structs.replace(audit, broken=(evil,)),
        run=msgspec.structs.replace(run, title=evil, command=evil),
    )
    found = read(page)
    assert not found.tags.keys() & {"script", "b onclick"}
    assert not [name for name, _ in found.attributes if name == "onclick"]
    assert evil in found.text


async def test_an_evening_without_anything_has_a_page(empty_evening, audit, run):
    text = read(render(empty_evening, audit=audit, run=run)).text
    assert "No orders came this evening." in text


@given(st.text(), st.text())
def test_text_comes_back_as_it_was(text, title):
    found = read(tag("p", text, [None, (text, tag("b", "&amp;"))], title=title))
    whole = (text + text + "&amp;").replace("\r\n", "\n").replace("\r", "\n")
    assert found.text.replace("\r\n", "\n").replace("\r", "\n") == whole
    assert found.attributes == [("title", title)]


def test_markup_is_escaped_once():
    assert tag("p", tag("b", "a & b")) == "<p><b>a &amp; b</b></p>"
    assert isinstance(tag("p"), Markup)
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'
