"""Orders on a terminal: imported, mended and imported again, found, and shown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

HEADER = (
    "channel,channel_order_id,currency,ordered_at,paid_at,name,line1,city,country,"
    "sku,quantity,unit_price"
)
AT = "2026-11-20T11:00:00Z"


def row(number, *, sku="LAMP", quantity="1", currency="USD"):
    return f"web,{number},{currency},{AT},{AT},Ada,1 High St,Austin,US,{sku},{quantity},19.99"


def csv(*rows):
    return "\n".join([HEADER, *rows, ""])


class Stopped:
    """A clock that stands on the day of these orders."""

    def now(self):
        return datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("penstock.cli.session.clock_of", lambda _: Stopped())


def test_what_was_refused_is_mended_and_imported_as_it_is(penstock, sells):
    bad = [row("2", quantity="two"), row("3", sku="LAMB"), row("4", currency="EUR")]
    Path("orders.csv").write_text(csv(row("1"), *bad))
    ran = penstock("orders import orders.csv --merchant merchant-1")
    assert ran.code == 1
    assert "3 refused" in ran.out
    refused = Path("orders.refused.csv")
    lines = refused.read_text().splitlines()
    assert lines[0] == f"refused_line,refused_code,refused_because,{HEADER}"
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["3", "wrong_type"], ["4", "unknown_sku"], ["5", "wrong_currency"],
    ]  # fmt: skip
    assert "sku: the merchant has no SKU 'LAMB'" in lines[2]
    mended = refused.read_text().replace(",two,", ",2,").replace(",LAMB,", ",LAMP,")
    refused.write_text(mended.replace(",EUR,", ",USD,"))
    again = penstock("orders import orders.refused.csv --merchant merchant-1")
    assert (again.code, "accepted" in again.out) == (0, True)
    assert len(json.loads(penstock("orders list --json").out)["orders"]) == 4


def test_the_same_file_again_is_unchanged_and_says_the_same_ids(penstock, sells):
    Path("orders.csv").write_text(csv(row("1"), row("2")))
    told = [
        json.loads(penstock("orders import orders.csv --merchant merchant-1 --json").out)
        for _ in range(2)
    ]
    assert [t["counts"] for t in told] == [{"accepted": 2}, {"unchanged": 2}]
    ids = [[o["order_id"] for o in t["orders"]] for t in told]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2
    assert told[0]["refused_file"] is None


def test_an_order_twice_in_a_file_is_taken_once(penstock, sells):
    one = {
        "channel": "web", "channel_order_id": "1", "currency": "USD", "ordered_at": AT,
        "paid_at": AT, "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1}],
        "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    }  # fmt: skip
    Path("orders.ndjson").write_text("\n".join([json.dumps(one)] * 2))
    told = json.loads(penstock("orders import orders.ndjson --merchant merchant-1 --json").out)
    assert told["counts"] == {"accepted": 1, "unchanged": 1}


def test_errors_point_at_the_columns_of_the_file(penstock, sells):
    Path("orders.csv").write_text(csv(row("1"), row("2", sku="LAMB")))
    told = json.loads(penstock("orders import orders.csv --merchant merchant-1 --json").out)
    (error,) = told["orders"][1]["errors"]
    assert (error["pointer"], error["line"]) == ("/sku", 3)
    Path("shop.json").write_text(json.dumps({"orders": [{
        "id": 7, "currency": "USD", "created_at": AT, "financial_status": "paid",
        "line_items": [{"price": "1.00", "quantity": 1, "sku": "LAMB"}],
        "shipping_address": {"name": "A", "address1": "1", "city": "B", "country_code": "US"},
    }]}))  # fmt: skip
    told = json.loads(penstock("orders import shop.json --merchant merchant-1 --json").out)
    (error,) = told["orders"][0]["errors"]
    assert error["pointer"] == "/line_items/0/sku"
    assert "shop.refused.json" in told["refused_file"]


def test_the_merchant_is_asked_for_before_the_file(penstock, sells):
    ran = penstock("orders import nowhere.csv --merchant kettel")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "no merchant 'kettel'; there is: merchant-1" in ran.err
    ran = penstock("orders import nowhere.csv --merchant merchant-1")
    assert (ran.code, "cannot read nowhere.csv" in ran.err) == (2, True)


def test_a_file_that_cannot_be_read_is_told_once(penstock, sells):
    for content in (b"", b"{", csv(row("1")).replace("sku", "skuu").encode(), b"\xff\xfe,"):
        Path("orders.csv").write_bytes(content)
        ran = penstock("orders import orders.csv --merchant merchant-1")
        assert ran.code == 2
        assert ran.err.count("\n") == 1, ran.err
    Path("orders.csv").write_text(csv(row("1")).replace("sku", "skuu"))
    assert "did you mean sku?" in penstock("orders import orders.csv --merchant merchant-1").err


def test_where_the_refused_cannot_be_written_is_one_line(penstock, sells):
    Path("orders.csv").write_text(csv(row("1", sku="LAMB")))
    ran = penstock("orders import orders.csv --merchant merchant-1 --refused no/where.csv")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "the good orders are taken" in ran.err


def test_orders_are_listed_page_by_page_and_shown_by_either_number(penstock, sells):
    assert "no such order" in penstock("orders list").out
    Path("orders.csv").write_text(csv(*[row(f"A-{n}") for n in range(3)]))
    penstock("orders import orders.csv --merchant merchant-1")
    page = json.loads(penstock("orders list --limit 2 --json").out)
    assert [o["channel_order_id"] for o in page["orders"]] == ["A-2", "A-1"]
    told = penstock(f"orders list --after {page['next_after']} --merchant merchant-1")
    assert "A-0" in told.out
    assert "A-1" not in told.out
    assert "--after" in penstock("orders list --limit 1 --status open --channel web").out
    assert "A-1" in penstock("orders list --number A-1 --since 2026-11-20 --until 2026-11-21").out
    wrong = penstock("orders list --status opne")
    assert (wrong.code, "status must be one of" in wrong.err) == (2, True)
    order_id = page["orders"][0]["order_id"]
    by_id, by_number = penstock(f"orders show {order_id}"), penstock("orders show A-2")
    assert by_id.out == by_number.out
    assert "web A-2" in by_id.out
    assert json.loads(penstock("orders show A-2 --channel web --json").out)["order_id"] == order_id
    missing = penstock("orders show A-9")
    assert (missing.code, missing.err.count("\n")) == (2, 1)


def test_a_number_that_several_have_is_asked_after(penstock, sells):
    text = csv(row("1"))
    Path("a.csv").write_text(text)
    Path("b.csv").write_text(text.replace("web,1", "app,1"))
    for name in "ab":
        assert penstock(f"orders import {name}.csv --merchant merchant-1").code == 0
    ran = penstock("orders show 1 --merchant merchant-1")
    assert ran.code == 2
    assert "several orders have the number 1" in ran.err
    assert "app 1" in penstock("orders show 1 --channel app").out


RESERVATION = """
[[policy]]
kind = "reservation"
code = "wait"
minutes = 30
effective_from = 2026-11-20
source = "ours"
"""


def test_an_unpaid_order_is_refused_or_kept_until_it_is_paid(penstock, sells):
    unpaid, paid = csv(row("1").replace(f",{AT},{AT},", f",{AT},,")), csv(row("1"))

    def imported(text):
        Path("orders.csv").write_text(text)
        ran = penstock("orders import orders.csv --merchant merchant-1 --json")
        return ran.code, json.loads(ran.out)

    code, told = imported(unpaid)
    assert (code, told["counts"]) == (1, {"not_paid": 1})
    refused = Path("orders.refused.csv").read_text().splitlines()[1].split(",")
    assert refused[:2] == ["2", "not_paid"]
    assert "paid_at: the order is not paid yet" in refused[2]
    Path("wait.toml").write_text(RESERVATION)
    assert penstock("policies load wait.toml --because peak").code == 0
    code, told = imported(unpaid)
    assert (code, told["counts"]) == (0, {"accepted": 1})
    assert told["orders"][0]["detail"].startswith("reserved until 2026-11-20 12:30:00 UTC")
    assert imported(unpaid)[1]["counts"] == {"unchanged": 1}
    code, payment = imported(paid)
    assert (code, payment["counts"]) == (0, {"accepted": 1})
    assert payment["orders"][0]["order_id"] == told["orders"][0]["order_id"]
    for text in (paid, unpaid):
        assert imported(text)[1]["counts"] == {"unchanged": 1}
