"""The audit: 0 while counters equal their ledgers, 1 and a row for each that does not."""


def test_the_audit_tells_what_differs(penstock, sells, made):
    sound = penstock("audit")
    assert (sound.code, "0 differences" in sound.out) == (0, True)

    async def lose(make):
        await make.tx.fetch("UPDATE inventory.node_stock SET on_hand = on_hand - 1")

    made(lose)
    broken = penstock("audit")
    assert broken.code == 1
    assert "node_free" in broken.out
