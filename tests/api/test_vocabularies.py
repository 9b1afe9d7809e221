"""Vendors' words over HTTP: effective with the next event, refused by line."""

WORDS = """[swift.parcel]
HANDED_IN = { event = "scanned" }
"""
EVENT = {
    "event_id": "e-1", "topic": "parcel", "about": "SW1", "code": "HANDED_IN",
    "occurred_at": "2026-11-20T11:00:00Z",
}  # fmt: skip


async def carrier(make):
    await make.tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', '2026-01-01')"
    )


async def test_words_are_put_and_shown_over_those_that_come_with_it(api):
    operator = await api.key()
    await api.made(carrier)
    put = await api.client.put("/v1/vocabularies", content=WORDS, headers=operator)
    assert (put.status_code, put.json()) == (200, {"codes": 1})
    shown = (await api.client.get("/v1/vocabularies/swift", headers=operator)).json()["parcel"]
    assert shown["HANDED_IN"]["event"] == "scanned"
    assert shown["NOBODY_HOME"]["fault"] == "consignee"
    listed = (await api.client.get("/v1/vocabularies", headers=operator)).json()
    (swift,) = [row for row in listed if row["vocabulary"] == "swift"]
    assert (swift["added"], swift["spoken_by"]) == (1, ["swift"])
    missing = await api.client.get("/v1/vocabularies/swfit", headers=operator)
    assert (missing.status_code, "swift" in missing.json()["detail"]) == (404, True)


async def test_what_is_wrong_is_told_by_line(api):
    operator = await api.key()
    wrong = WORDS + 'LOST = { event = "lots" }\n[swift.parcels]\nX = 1\n'
    answer = await api.client.put("/v1/vocabularies", content=wrong, headers=operator)
    told = {(e["pointer"], e["line"]) for e in answer.json()["errors"]}
    assert answer.status_code == 422
    assert told == {("/swift/parcel/LOST/event", 3), ("/swift/parcels", 4)}
    for raw, status in ((b"", 400), (b"[", 400), (b"\xff", 400), (b"# nothing", 422)):
        answer = await api.client.put("/v1/vocabularies", content=raw, headers=operator)
        assert answer.status_code == status, raw


async def test_a_vendor_that_there_is_not_says_nothing(api):
    operator = await api.key()
    for topic in ("parcel", "weather"):
        body = {"events": [EVENT | {"topic": topic}]}
        answer = await api.client.post(
            "/v1/vendor-events?vendor=nobody", json=body, headers=operator
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_what_no_reader_of_toml_reads_is_refused(api):
    operator = await api.key()
    for raw, said in (
        (b"a = " + b"[" * 5_000, "line 1: nested too deeply"),
        (b"[a.b]\nc = " + b"9" * 5_000, "line 2: a number has too many digits"),
    ):
        answer = await api.client.put("/v1/vocabularies", content=raw, headers=operator)
        assert (answer.status_code, said in answer.json()["detail"]) == (400, True)
    marked = b"\xef\xbb\xbf" + WORDS.encode()
    put = await api.client.put("/v1/vocabularies", content=marked, headers=operator)
    assert put.status_code == 200
