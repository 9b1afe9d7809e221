"""The questionnaire as people and programs meet it."""

from datetime import timedelta

from penstock.experience.drivers.questionnaire import shipped

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
ITEMS = shipped().items("merchant")


async def invited(api, title="Aurora <script>alert(1)</script>"):
    async def shop(make):
        who = await make.merchant()
        await make.tx.fetch(
            "UPDATE merchants.merchant SET title = $2 WHERE merchant_id = $1", who, title
        )
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, delivered_at) VALUES ($1, 1, 'o-1', $2, $2)",
            who, api.clock.now(),
        )  # fmt: skip

    await api.made(shop)
    operator = await api.key()
    paths = []
    for audience in ("merchant", "shopper"):
        answer = await api.client.post(
            "/v1/surveys", params={"merchant": "merchant-1"}, headers=operator,
            json={"round": "spring", "audience": audience},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        paths.append(answer.json()[0]["path"])
    return paths


async def test_a_person_fills_in_the_form_once(api):
    path, about_an_order = await invited(api)
    page = await api.client.get(path, headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert all(item.code in page.text for item in ITEMS)
    assert "src=" not in page.text
    assert "http" not in page.text
    shopper = await api.client.get(about_an_order, headers=HTML)
    assert "<script>" not in shopper.text
    assert "Aurora &lt;script&gt;" in shopper.text
    sent = await api.client.post(path, data={ITEMS[0].code: "6"}, headers=HTML)
    assert (sent.status_code, "Thank you" in sent.text) == (200, True)
    for again in (
        await api.client.post(path, data={ITEMS[0].code: "1"}, headers=HTML),
        await api.client.get(path, headers=HTML),
    ):
        assert again.status_code == 409
        assert "once is enough" in again.text


async def test_a_program_answers_in_json(api):
    path, _ = await invited(api)
    asked = (await api.client.get(path, headers=JSON)).json()
    assert [item["code"] for item in asked["items"]] == [item.code for item in ITEMS]
    wrong = await api.client.post(path, json={ITEMS[0].code: 9}, headers=JSON)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "off_the_scale")
    sent = await api.client.post(path, json={ITEMS[0].code: 7}, headers=JSON)
    assert (sent.status_code, sent.json()) == (200, {"answered": 1})
    results = await api.client.get("/v1/surveys", headers=await api.key())
    told = {row["audience"]: row for row in results.json()}
    assert (told["merchant"]["asked"], told["merchant"]["answered"]) == (1, 1)
    assert told["shopper"]["withheld"]


async def test_what_is_over_or_was_never_sent_is_said_in_a_line(api):
    path, _ = await invited(api)
    api.clock.at += timedelta(days=15)
    over = await api.client.post(path, data={ITEMS[0].code: "6"}, headers=HTML)
    assert (over.status_code, "time for answers is over" in over.text) == (409, True)
    for odd in ("/surveys/1-1-00", "/surveys/x", "/surveys/%00", "/surveys/" + "9" * 300):
        for headers, kind in ((HTML, "text/html"), (JSON, "application/problem+json")):
            lost = await api.client.get(odd, headers=headers)
            assert lost.status_code == 404, odd
            assert lost.headers["content-type"].startswith(kind)


async def test_no_body_breaks_it(api):
    path, _ = await invited(api)
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
        for body in (
            b"", b"{", b"[]", b"null", b'{"a":1e999}', b'{"m_info_1":99999999999999999999}',
            b"\xff\xfe", b"\0=1", b"m_info_1=%00", b"m_info_1=x", b"a=1&" * 300, b"x" * 30_000,
            b'{"m_info_1":"6"}',
        ):  # fmt: skip
            answer = await api.client.post(
                path, content=body, headers={**JSON, "Content-Type": kind}
            )
            assert answer.status_code in {400, 422}, (kind, body[:20], answer.text)
    assert (await api.client.get(path, headers=JSON)).status_code == 200
