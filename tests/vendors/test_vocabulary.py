"""Words that an operator adds go before those that come with the program, code by code."""

from datetime import UTC, datetime

from penstock import lending
from penstock.gateways.effects import VendorEvent
from penstock.gateways.statuses import meaning, shipped_vocabularies
from penstock.gateways.vocabulary_file import read_vocabulary_file
from penstock.vendors.vocabulary import list_vocabularies, put_vocabularies, vocabulary_of, words_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def put(tx, text):
    return await put_vocabularies(tx, read_vocabulary_file(text, "words"), NOW)


async def test_what_was_added_lies_over_what_was_shipped(tx):
    await put(tx, '[swift.parcel]\nHANDED_IN = { event = "scanned" }\nLOST = { event = "info" }')
    words = await words_of(tx, "swift")
    assert meaning(words, "swift", "parcel", "HANDED_IN").event == "scanned"
    assert meaning(words, "swift", "parcel", "LOST").event == "info"
    assert meaning(words, "swift", "parcel", "DELIVERED").event == "delivered"
    assert meaning(shipped_vocabularies(), "swift", "parcel", "HANDED_IN") is None
    assert await words_of(tx, "meridian") == shipped_vocabularies()


async def test_a_vocabulary_again_takes_the_place_of_what_was_added(tx):
    await put(tx, '[puffin.parcel]\nA = { event = "scanned" }')
    assert await put(tx, '[puffin.parcel]\nB = { event = "lost", fault = "carrier" }') == 1
    words = await words_of(tx, "puffin")
    assert meaning(words, "puffin", "parcel", "A") is None
    assert meaning(words, "puffin", "parcel", "B").fault == "carrier"
    (puffin,) = [v for v in await list_vocabularies(tx) if v.vocabulary == "puffin"]
    assert (puffin.codes, puffin.added, puffin.spoken_by) == ({"parcel": 1}, 1, ())


async def test_an_event_is_read_by_what_was_added_until_now(tx):
    await tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at, vocabulary)"
        " VALUES ('puffin', 'P', 'returns_processor', 'sandbox', '', '2026-01-01', 'birds'),"
        " ('swift', 'S', 'carrier', 'sandbox', '', '2026-01-01', '')"
    )
    assert await vocabulary_of(tx, vendor="puffin") == "birds"
    assert await vocabulary_of(tx, vendor="swift") == "swift"
    assert await vocabulary_of(tx, vendor="nobody") is None
    event = VendorEvent(
        event_id="e", topic="return", about="r/1", code="CAME", occurred_at="2026-11-20T11:00:00Z"
    )
    assert await lending.hear(tx, "puffin", [event], NOW) == [("e", "unknown_code")]
    await put(tx, '[birds.return]\nCAME = { event = "received" }')
    assert await lending.hear(tx, "puffin", [event], NOW) == [("e", "unknown_return")]
