"""Scores: a merchant's own, all of them to an operator, as of a day, by shipped profiles only."""

from datetime import timedelta
from importlib import resources

from penstock.experience.profiles.load import shipped

SHIPPED = resources.files("penstock.experience") / "profiles/penstock_les.toml"


async def history(make, now):
    """Two merchants: one delivers in time, the other late."""
    for late in (-1, 1):
        merchant_id = await make.merchant()
        for number in range(1, 41):
            at = now - timedelta(days=10)
            await make.tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
                " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, $3, $3, $3, $4, $5, $6, $7)",
                merchant_id, number, at, at + timedelta(days=2),
                at + timedelta(days=2, hours=late), at + timedelta(days=5),
                at + timedelta(days=5, hours=late),
            )  # fmt: skip


async def test_scores_of_one_of_all_and_of_a_day(api):
    await api.made(lambda make: history(make, api.clock.at))
    operator, owner = await api.key(), await api.key("merchant", merchant_id=2)

    async def scores(who, about=""):
        answer = await api.client.get(f"/v1/scores{about}", headers=who)
        assert answer.status_code == 200, answer.text
        return {row["merchant"]: row for row in answer.json()}

    everybody = await scores(operator)
    assert list(everybody) == ["merchant-1", "merchant-2"]
    prompt, late = (float(row["score"]["points"]) for row in everybody.values())
    assert prompt > late
    (row, *_) = everybody.values()
    numbers = [row["score"]["points"], row["score"]["metrics"][0]["points_lost"]]
    assert all(isinstance(number, int | float) for number in numbers), "not text"
    lost = sum(float(m["points_lost"]) for m in everybody["merchant-2"]["score"]["metrics"])
    assert lost > 0
    assert await scores(owner) == {"merchant-2": everybody["merchant-2"]}
    assert await scores(owner, "?merchant=merchant-1") == await scores(owner)
    assert list(await scores(operator, "?merchant=merchant-1")) == ["merchant-1"]
    early = await scores(owner, "?as_of=2026-11-11")
    assert early["merchant-2"]["as_of"] == "2026-11-12T00:00:00Z"
    assert await scores(owner, "?as_of=2026-11-01") == {}
    for profile in shipped():
        (scored,) = (await scores(owner, f"?profile={profile}&as_of=2026-11-20")).values()
        assert scored["score"]["profile"] == profile
        assert scored["score"]["status"] != "final", "returns and the like may still come"


async def test_no_file_of_the_server_is_read_and_no_day_is_ahead(api, tmp_path):
    operator = await api.key()
    file = tmp_path / "mine.toml"
    file.write_bytes(SHIPPED.read_bytes())
    for profile in (str(file), "nothing", "../profiles/penstock_les.toml", ""):
        params = {"profile": profile}
        answer = await api.client.get("/v1/scores", params=params, headers=operator)
        problem = answer.json()
        assert (answer.status_code, problem["errors"][0]["pointer"]) == (422, "/profile")
        assert "penstock_les" in problem["detail"]
    for day in ("2026-11-21", "9999-12-31"):
        answer = await api.client.get(f"/v1/scores?as_of={day}", headers=operator)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/as_of")
