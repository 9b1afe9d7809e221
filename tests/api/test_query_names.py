"""A parameter that an operation does not know is refused, not passed over."""

import pytest


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/scores?asof=2026-01-01", "no parameter 'asof': use as_of merchant profile"),
        ("/v1/orders?merchants=x", "no parameter 'merchants': use"),
        ("/v1/broken-steps?merchant=x", "no parameter 'merchant': there is none here"),
        ("/v1/streams/x?limit=1", "no parameter 'limit': use merchant"),
    ],
)
async def test_an_unknown_name_is_refused_with_those_that_there_are(api, path, said):
    answer = await api.client.get(path, headers=await api.key())
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["code"], error["detail"].startswith(said)) == ("unknown_parameter", True)


async def test_a_body_does_not_make_up_for_it(api):
    answer = await api.client.post(
        "/v1/surveys?round=r", json={"round": "r", "audience": "merchant"}, headers=await api.key()
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/round")


async def test_a_probe_may_add_what_it_likes(api):
    assert (await api.client.get("/health?x=1")).status_code == 200


async def test_a_stranger_is_told_nothing_but_that_a_key_is_needed(api):
    answer = await api.client.get("/v1/scores?asof=2026-01-01")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/orders:batch"])
async def test_receipt_refuses_it_as_all_others_do(api, path):
    answer = await api.client.post(f"{path}?merchnat=x", content=b"{}", headers=await api.key())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/merchnat")
    stranger = await api.client.post(f"{path}?merchnat=x", content=b"{}")
    assert stranger.status_code == 401
