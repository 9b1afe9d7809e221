from datetime import UTC, datetime

from hypothesis import strategies as st

from penstock.channels.order import Address, NewLine, NewOrder
from penstock.kernel.money import CURRENCIES

_ANY = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
# Colons, quotes, separators and line ends are what a reader stumbles over.
TEXT = st.text(st.one_of(st.sampled_from(':"\\,;\n\r\t é€'), _ANY), max_size=12)
SOLID = TEXT.filter(lambda text: bool(text) and not text.isspace())
MINOR = st.integers(0, 10**12)
TIMES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  Hypothesis wants naive bounds
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001  likewise
    timezones=st.just(UTC),
)


def _orders() -> st.SearchStrategy[NewOrder]:
    address = st.builds(
        Address,
        name=SOLID,
        line1=SOLID,
        city=SOLID,
        country=st.sampled_from(["GB", "US", "VN"]),
        line2=TEXT,
        region=TEXT,
        postal_code=TEXT,
        phone=TEXT,
        email=TEXT,
    )
    line = st.builds(
        NewLine, sku=SOLID, quantity=st.integers(1, 10**5), unit_price_minor=st.integers(0, 10**9)
    )
    return st.builds(
        NewOrder,
        channel=SOLID,
        channel_order_id=SOLID,
        currency=st.sampled_from(sorted(CURRENCIES)),
        ordered_at=TIMES,
        ship_to=address,
        lines=st.lists(line, min_size=1, max_size=4).map(tuple),
        paid_at=st.none() | TIMES,
        policy=st.sampled_from(["all_or_nothing", "available", "backorder"]),
        stream=TEXT,
        shipping_minor=MINOR,
        buyer_id=TEXT,
        note=TEXT,
    )


# Tests ask for st.from_type(NewOrder) and get orders that keep every rule.
st.register_type_strategy(NewOrder, _orders())
