import pytest

from penstock.kernel.errors import Misconfigured
from penstock.settings import read_settings

AMOUNTS = [
    "CONNECTIONS_MAX",
    "REQUESTS_MAX",
    "MERCHANT_ORDERS_PER_S",
    "MERCHANT_ORDERS_BURST",
    "WAITING_MAX_ORDERS",
    "BODY_MAX_BYTES",
    "BATCH_MAX_ORDERS",
]


@pytest.mark.parametrize("value", ["0", "-1", "many", "nan"])
@pytest.mark.parametrize("name", AMOUNTS)
def test_an_amount_that_admits_nobody_stops_the_start(name, value):
    with pytest.raises(Misconfigured, match=f"PENSTOCK_{name}: .*; correct it or unset it"):
        read_settings({f"PENSTOCK_{name}": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOLD_OUT_MS", "-1"),
        ("ARCHIVE_KEEP_MONTHS", "-1"),
        ("PORT", "65536"),
        ("CONNECTIONS_MAX", "1"),
    ],
)
def test_what_lies_out_of_range_stops_the_start(name, value):
    with pytest.raises(Misconfigured, match=f"PENSTOCK_{name}"):
        read_settings({f"PENSTOCK_{name}": value})


def test_what_is_set_is_read():
    found = read_settings({"PENSTOCK_MERCHANT_ORDERS_PER_S": "0.5", "PENSTOCK_SOLD_OUT_MS": "0"})
    assert (found.merchant_orders_per_s, found.sold_out_ms) == (0.5, 0)
