"""Brakes let through in the order of arrival, exactly as much as they allow."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.streams.brake import Brake, BrakeAsk, apply_brakes, takes_of

LAMP, VASE = 1, 2


def brake(kind, value=0, *, sku=0, number=1, stream=7, in_minute=0, taken=0):
    return Brake(number, stream, sku, kind, value, in_minute, taken)


def ask(*lines, stream=7, buyer="", admitted=()):
    return BrakeAsk(stream, lines or ((LAMP, 1),), buyer, admitted)


def outcomes(asks, *brakes, held=None):
    return [verdict.outcome for verdict in apply_brakes(asks, brakes, held)]


asks = st.lists(
    st.builds(
        BrakeAsk,
        st.sampled_from([None, 7, 8]),
        st.lists(st.tuples(st.sampled_from([LAMP, VASE]), st.integers(1, 5)), min_size=1,
                 max_size=3).map(tuple),
        st.sampled_from(["", "ada", "bob"]),
        st.lists(st.tuples(st.sampled_from([LAMP, VASE]), st.integers(1, 5)), max_size=2).map(
            tuple
        ),
    ),
    max_size=30,
)  # fmt: skip
brakes = st.lists(
    st.builds(
        Brake,
        st.integers(1, 99),
        st.sampled_from([7, 8]),
        st.sampled_from([0, LAMP, VASE]),
        st.sampled_from(["pause", "throttle", "cap", "ticket", "buyer_limit"]),
        st.integers(0, 12),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=4,
    unique_by=lambda b: b.brake_id,
)


def test_without_brakes_all_pass():
    assert outcomes([ask(), ask(stream=None)]) == ["", ""]
    assert outcomes([ask(stream=8), ask(stream=None)], brake("pause")) == ["", ""]


def test_a_pause_holds_its_sku_and_no_other():
    on = brake("pause", sku=LAMP)
    both = ask((VASE, 1), (LAMP, 1))
    told = apply_brakes([ask(), ask((VASE, 1)), both], [on])
    assert [(v.outcome, v.line) for v in told] == [("paused", 0), ("", -1), ("paused", 1)]
    assert told[0].brake is on
    assert outcomes([ask((VASE, 1))], brake("pause")) == ["paused"]


def test_a_throttle_counts_orders_of_this_minute():
    assert outcomes([ask()] * 4, brake("throttle", 5, in_minute=3)) == ["", "", *["throttled"] * 2]


def test_a_cap_counts_units_and_lets_smaller_orders_by():
    wishes = [ask((LAMP, 2)), ask((LAMP, 3)), ask((LAMP, 1)), ask((LAMP, 1))]
    assert outcomes(wishes, brake("cap", 10, taken=7)) == [
        "", "stream_cap_reached", "", "stream_cap_reached",
    ]  # fmt: skip


def test_what_one_brake_holds_back_uses_nothing_of_another():
    cap, pause = brake("cap", 1), brake("pause", sku=VASE, number=2)
    assert outcomes([ask((VASE, 1)), ask()], cap, pause) == ["paused", ""]


def test_a_buyer_has_so_many_and_no_more():
    on = brake("buyer_limit", 3, sku=LAMP, number=0)
    wishes = [ask((LAMP, 2), buyer="ada"), ask(buyer="ada"), ask(buyer="bob"), ask((LAMP, 9))]
    assert outcomes(wishes, on, held={(7, LAMP, "ada"): 1}) == ["", "buyer_limit_reached", "", ""]


def test_a_ticket_is_needed_and_passes_the_throttle():
    line, slow = brake("ticket", 60, sku=LAMP, number=0), brake("throttle", 1)
    let_in = ask(admitted=((LAMP, 1),))
    assert outcomes([ask(), let_in, let_in, ask((VASE, 1)), ask((VASE, 1))], line, slow) == [
        "ticket_required", "", "", "", "throttled",
    ]  # fmt: skip
    assert outcomes([ask((LAMP, 2), admitted=((LAMP, 1),))], line) == ["ticket_required"]
    assert outcomes([let_in], line, brake("pause")) == ["paused"]


@given(asks, brakes)
def test_no_brake_is_ever_passed(wishes, on):
    let = [v.outcome == "" for v in apply_brakes(wishes, on)]
    takes = takes_of(wishes, on, let)
    for b in on:
        through = [
            w for w, ok in zip(wishes, let, strict=True) if ok and w.stream_id == b.stream_id
        ]
        units = sum(u for w in through for sku, u in w.lines if b.sku_id in {0, sku})
        orders, counted = takes.get(b.brake_id, (0, 0))
        assert counted == units
        match b.kind:
            case "pause":
                assert not units
            case "cap":
                assert not units or b.taken + units <= b.value
            case "throttle":
                assert not orders or b.in_minute + orders <= b.value
            case "buyer_limit":
                for buyer in ("ada", "bob"):
                    mine = [w for w in through if w.buyer_id == buyer]
                    bought = sum(u for w in mine for sku, u in w.lines if b.sku_id in {0, sku})
                    assert bought <= b.value


@given(asks, brakes)
def test_an_order_is_held_back_only_by_what_is_about_it(wishes, on):
    for wish, verdict in zip(wishes, apply_brakes(wishes, on), strict=True):
        if verdict.outcome:
            assert verdict.brake in on
            assert verdict.brake.stream_id == wish.stream_id
            skus = {sku for sku, _ in wish.lines}
            assert verdict.brake.sku_id in {0, *skus}


@given(asks, brakes)
def test_those_behind_change_nothing_for_those_before(wishes, on):
    told = apply_brakes(wishes, on)
    assert apply_brakes(wishes[: len(wishes) // 2], on) == told[: len(wishes) // 2]
