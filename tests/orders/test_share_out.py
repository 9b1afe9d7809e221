"""First received, first served, exactly; and nothing is kept back that somebody waits for."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.orders.share_out import WaitingLine, share_out

MARKET, STREAM, SKU = 1, 2, 9


def line(order, need, pool=MARKET, ahead=0):
    return WaitingLine(7, order, 0, SKU, pool, MARKET, need, ahead)


lines = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([MARKET, STREAM])), max_size=8).map(
    lambda asks: [line(i, need, pool) for i, (need, pool) in enumerate(asks)]
)
stock = st.fixed_dictionaries({}, optional={
    (MARKET, SKU): st.integers(0, 20), (STREAM, SKU): st.integers(0, 20),
})  # fmt: skip


@given(lines, stock)
def test_every_unit_is_taken_from_where_it_is(waiting, available):
    left = dict(available)
    shares = share_out(waiting, left)
    for pool in (MARKET, STREAM):
        own = sum(s.units - s.borrowed for s in shares if s.line.pool_id == pool)
        lent = sum(s.borrowed for s in shares) if pool == MARKET else 0
        assert available.get((pool, SKU), 0) - left.get((pool, SKU), 0) == own + lent
        assert left.get((pool, SKU), 0) >= 0
    assert all(0 <= s.borrowed <= s.units <= s.line.backordered for s in shares)
    assert not any(s.borrowed for s in shares if s.line.pool_id == MARKET)


@given(lines, stock)
def test_nobody_waits_for_what_a_later_line_got(waiting, available):
    left = dict(available)
    shares = share_out(waiting, left)
    for i, share in enumerate(shares):
        if share.units < share.line.backordered:
            assert left.get((MARKET, SKU), 0) == 0
            assert left.get((share.line.pool_id, SKU), 0) == 0
            later = [s for s in shares[i + 1 :] if s.line.pool_id == share.line.pool_id]
            assert not any(s.units for s in later)


def test_those_who_are_not_here_are_left_their_share():
    (share,) = share_out([line(5, 4, ahead=3)], {(MARKET, SKU): 5})
    assert share.units == 2
    (share,) = share_out([line(5, 4, ahead=9)], {(MARKET, SKU): 5})
    assert share.units == 0
