"""`penstock score recompute` and `use`, as they are typed."""


def test_counts_are_held_against_the_orders(penstock, made):
    assert "no counts are kept yet" in penstock("score recompute --check").out
    for command in ("score recompute", "score recompute --check"):
        assert "every count is as it was kept" in penstock(command).out


def test_a_merchant_is_scored_by_one_more_profile(penstock, made):
    async def merchant(make):
        await make.merchant()

    made(merchant)
    assert "from now on" in penstock("score use merchant-1 amazon").out
    assert "already" in penstock("score use merchant-1 amazon").out
    ran = penstock("score use merchant-1 nothing")
    assert ran.code == 2
    assert "no shipped score profile 'nothing'" in ran.err
