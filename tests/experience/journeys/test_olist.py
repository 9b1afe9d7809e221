"""The reader; and rates per merchant from the CSVs by a second path that shares nothing with it."""

import csv
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from penstock.db.transaction import Transaction
from penstock.experience.journeys.import_history import import_past_orders
from penstock.experience.journeys.olist import read
from penstock.experience.journeys.olist_files import utc
from penstock.experience.journeys.past_order import BadRow, PastOrder
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load
from penstock.kernel.errors import Invalid, NotFound

OWN = Path(__file__).parents[1] / "samples/olist"
SHARED = Path(os.environ.get("PENSTOCK_SHARED") or Path(__file__).parents[3] / "../shared")
REAL = SHARED / "bench/olist_sample"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ORDERS, ITEMS = "olist_orders_dataset.csv", "olist_order_items_dataset.csv"
REVIEWS = "olist_order_reviews_dataset.csv"


def order(number: int) -> str:
    return f"0bde4{number:027x}"


def seller(number: int) -> str:
    return f"5e11e4{number:026x}"


def good(folder: Path) -> dict[tuple[str, str], PastOrder]:
    orders = [row for row in read(folder, NOW) if isinstance(row, PastOrder)]
    keyed = {(o.merchant, o.order_ref): o for o in orders}
    assert len(keyed) == len(orders)
    return keyed


def bad(folder: Path) -> list[tuple[str, int, str]]:
    return [(row.file, row.line, row.code) for row in read(folder, NOW) if isinstance(row, BadRow)]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OWN, tmp_path / "olist"))


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace `old`, which stands once, and return its line."""
    text = (folder / file).read_text("utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_an_order_is_one_for_each_seller() -> None:
    orders = good(OWN)
    both = [key for key in orders if key[1] == order(4)]
    assert sorted(merchant for merchant, _ in both) == [seller(1), seller(2)]
    first, second = (orders[seller(n), order(4)] for n in (1, 2))
    assert first.dispatched_at == second.dispatched_at
    assert (first.dispatch_by_at, second.dispatch_by_at) == (
        datetime(2017, 2, 14, 17, 45, 12, tzinfo=UTC),
        datetime(2017, 2, 12, 17, 45, 12, tzinfo=UTC),
    )
    assert (first.freight_minor, second.freight_minor, first.currency) == (1500, 725, "BRL")


def test_the_earliest_limit_of_a_sellers_items_binds() -> None:
    both = good(OWN)[seller(2), order(13)]
    assert both.dispatch_by_at == utc("2017-02-21 12:00:00")
    assert both.freight_minor == 1700


def test_cancelled_and_unavailable_are_cancellations_known_from_the_last_milestone() -> None:
    orders = good(OWN)
    told = {
        number: (orders[seller(s), order(number)].cancelled_at, fault)
        for number, s, fault in ((5, 1, "unknown"), (6, 2, "unknown"), (7, 3, "seller"))
        if orders[seller(s), order(number)].cancel_fault == fault
    }
    assert told == {
        5: (utc("2017-02-10 08:21:07"), "unknown"),
        6: (utc("2017-02-11 22:10:16"), "unknown"),
        7: (utc("2017-02-12 13:25:59"), "seller"),
    }
    assert orders[seller(3), order(14)].cancelled_at == utc("2017-03-01 11:11:11")
    assert orders[seller(2), order(9)].cancelled_at is None


def test_the_latest_review_counts() -> None:
    first = good(OWN)[seller(1), order(1)]
    assert (first.review_score, first.reviewed_at) == (3, utc("2017-02-19 08:30:00"))
    assert good(OWN)[seller(3), order(10)].review_score is None


def test_what_is_missing_stays_missing() -> None:
    orders = good(OWN)
    assert orders[seller(3), order(11)].paid_at is None
    assert orders[seller(1), order(12)].dispatched_at is None
    assert orders[seller(1), order(12)].delivered_at is not None
    assert orders[seller(1), order(12)].consignee_region == "AM"


def test_an_order_without_items_has_no_seller() -> None:
    assert bad(OWN) == [(ORDERS, 9, "no_seller")]


@pytest.mark.parametrize(
    ("local", "at"),
    [
        ("2017-02-18 22:59:59", datetime(2017, 2, 19, 0, 59, 59, tzinfo=UTC)),
        ("2017-02-18 23:41:47", datetime(2017, 2, 19, 1, 41, 47, tzinfo=UTC)),  # of two, the first
        ("2017-02-19 00:00:00", datetime(2017, 2, 19, 3, 0, tzinfo=UTC)),
        ("2017-10-14 23:59:59", datetime(2017, 10, 15, 2, 59, 59, tzinfo=UTC)),
        ("2017-10-15 00:00:00", datetime(2017, 10, 15, 3, 0, tzinfo=UTC)),  # there was none
        ("2017-10-15 00:30:00", datetime(2017, 10, 15, 3, 30, tzinfo=UTC)),
        ("2017-10-15 01:00:00", datetime(2017, 10, 15, 3, 0, tzinfo=UTC)),
    ],
)
def test_brazilian_summer_time(local: str, at: datetime) -> None:
    assert utc(local) == at


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "lost"),
    [
        (ORDERS, "2017-02-06 11:47:33", "06/02/2017 11:47:33", "bad_value", 1),
        (ORDERS, "2017-02-06 11:47:33", "", "bad_value", 1),
        (ORDERS, "2017-02-06 11:47:33", "2017-02-06T11:47+03", "bad_value", 1),
        (ORDERS, "2017-02-06 11:47:33", "0001-01-01 00:00:00", None, 0),
        (ORDERS, "2017-02-06 11:47:33", "9999-12-31 23:59:59", "bad_value", 1),
        (ORDERS, "2017-02-27 10:12:05", "2027-02-27 10:12:05", "bad_value", 1),  # not yet
        (ORDERS, "2017-02-27 00:00:00", "2027-02-27 00:00:00", None, 0),  # a promise may be
        (ORDERS, "processing", "melted", "bad_value", 1),
        (ORDERS, ",processing", "", "malformed", 1),
        (ORDERS, f"{order(10)},", f"{order(9)},", "duplicate", 1),
        (ITEMS, "2017-02-07 09:30:00", "soon", "bad_value", 1),
        (ITEMS, "12.10", "-12.10", "bad_value", 1),
        (ITEMS, "12.10", "NaN", "bad_value", 1),
        (ITEMS, "12.10", "1e99", "bad_value", 1),
        (ITEMS, "12.10", "12.105", "bad_value", 1),
        (ITEMS, f"{seller(1)},2017-02-07", "\0,2017-02-07", "bad_value", 1),
        (ITEMS, f"{seller(1)},2017-02-07", "\ufffd,2017-02-07", "bad_value", 1),
        (ORDERS, "2017-02-10 16:40:00", "2017-01-10 16:40:00", "bad_value", 1),
        (REVIEWS, "4e71e000000000000000000000000003", "x,y", "malformed", 0),
        (REVIEWS, ",1,Atraso", ",6,Atraso", "bad_value", 0),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_rest_goes_on(
    copy: Path, file: str, old: str, new: str, code: str | None, lost: int
) -> None:
    line = edit(copy, file, old, new)
    told = [row for row in bad(copy) if row[2] not in {"no_seller", "orphan"}]
    if code is None:
        assert not told
    else:
        assert (file, line, code) in told
    assert len(good(copy)) == len(good(OWN)) - lost


def test_lines_are_counted_through_texts_of_several_lines(copy: Path) -> None:
    line = edit(copy, REVIEWS, "2017-02-22 20:20:20", "never")
    assert (REVIEWS, line, "bad_value") in bad(copy)
    assert line == 7  # the second review spans two lines


def test_items_without_their_order_are_told(copy: Path) -> None:
    edit(copy, ORDERS, f"{order(4)},", "0bde5,")
    assert (ITEMS, 5, "orphan") in bad(copy)


def test_a_quote_that_never_closes_loses_its_own_row_alone(copy: Path) -> None:
    rows = (copy / ORDERS).read_text("utf-8").splitlines(keepends=True)
    rows[3:3] = ['"unclosed, x\n', '"' + "x" * 200_000 + "\n", "a,b\n"]
    rows.append('"' + "x" * 200_000)
    (copy / ORDERS).write_text("".join(rows), "utf-8")
    malformed = [(row[0], row[1]) for row in bad(copy) if row[2] == "malformed"]
    assert malformed == [(ORDERS, line) for line in (4, 5, 6, len(rows))]
    assert good(copy) == good(OWN)


def test_a_header_without_end_is_no_olist(copy: Path) -> None:
    (copy / ORDERS).write_text('"' + "y" * 200_000, "utf-8")
    with pytest.raises(Invalid, match="is this the Olist data set"):
        list(read(copy, NOW))


def test_a_folder_that_is_no_olist_is_refused(copy: Path) -> None:
    edit(copy, ITEMS, "shipping_limit_date", "limit")
    with pytest.raises(Invalid, match="no column shipping_limit_date"):
        list(read(copy, NOW))
    (copy / ITEMS).write_text("")
    with pytest.raises(Invalid, match="no column"):
        list(read(copy, NOW))
    (copy / ITEMS).unlink()
    with pytest.raises(NotFound, match=ITEMS):
        list(read(copy, NOW))


Rates = dict[str, tuple[int, int]]


def independent(folder: Path, as_of: str) -> dict[str, Rates]:
    """Numerators and denominators per seller at a local time, on the CSVs' own local texts.

    Times of one fixed-width form sort as text, so no calendar is needed.
    """
    limits: dict[str, dict[str, str]] = {}
    for row in plain(folder / ITEMS):
        mine = limits.setdefault(row["order_id"], {})
        limit = row["shipping_limit_date"]
        mine[row["seller_id"]] = min(limit, mine.get(row["seller_id"], limit))
    tally: Counter[tuple[str, str, int]] = Counter()
    for row in plain(folder / ORDERS):
        bought, carried = row["order_purchase_timestamp"], row["order_delivered_carrier_date"]
        arrived, promised = (
            row["order_delivered_customer_date"],
            row["order_estimated_delivery_date"],
        )
        gone = ""
        if row["order_status"] in {"canceled", "unavailable"}:
            gone = max(bought, row["order_approved_at"], carried, arrived)
        if bought > as_of:
            continue
        for who, limit in limits.get(row["order_id"], {}).items():
            tally[who, "cancellation", 0] += 1
            tally[who, "cancellation", 1] += bool(gone) and gone <= as_of
            left_before = bool(gone) and gone < limit and not (carried and carried <= gone)
            if limit <= as_of and not left_before:
                tally[who, "late_dispatch", 0] += 1
                tally[who, "late_dispatch", 1] += not carried or carried > limit
            left_before = bool(gone) and gone < promised and not (arrived and arrived <= gone)
            if promised <= as_of and not left_before:
                tally[who, "on_time_delivery", 0] += 1
                tally[who, "on_time_delivery", 1] += bool(arrived) and arrived <= promised
    rates: dict[str, Rates] = {}
    for who, metric, _ in tally:
        rates.setdefault(who, {})[metric] = tally[who, metric, 1], tally[who, metric, 0]
    return rates


def plain(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        yield from csv.DictReader(text)


def expected_points(rates: Rates) -> float | None:
    weights = {"late_dispatch": 30, "on_time_delivery": 50, "cancellation": 20}
    told = {metric: hit / all_ for metric, (hit, all_) in rates.items() if all_}
    if not told:
        return None
    good = {m: rate if m == "on_time_delivery" else 1 - rate for m, rate in told.items()}
    return 100 * sum(weights[m] * good[m] for m in good) / sum(weights[m] for m in good)


async def compare(tx: Transaction, folder: Path, dates: list[str]) -> int:
    """Import `folder`, score every merchant at every date, and return the scores compared."""
    orders = [row for row in read(folder, NOW) if isinstance(row, PastOrder)]
    ids = {who: 1000 + n for n, who in enumerate(sorted({o.merchant for o in orders}))}
    batch = [(ids[o.merchant], o) for o in orders]
    assert (await import_past_orders(tx, "olist", batch)).added == len(orders)
    assert (await import_past_orders(tx, "olist", batch)).unchanged == len(orders)
    profile = load("marketplace")
    compared = 0
    for local in dates:
        as_of = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("America/Sao_Paulo"))
        scores = await evaluate(tx, profile, as_of=as_of, known_to=as_of)
        wanted = independent(folder, local)
        assert {ids[who] for who in wanted} == scores.keys()
        for who, rates in wanted.items():
            scored = scores[ids[who]]
            told = {m.code: (m.numerator, m.denominator) for m in scored.metrics}
            nothing = dict.fromkeys(told, (0, 0))
            assert told == {**nothing, **rates}, (local, who)
            assert not any(m.excluded for m in scored.metrics)
            points = expected_points(rates)
            assert points is not None
            assert float(scored.points or 0) == pytest.approx(points, abs=0.00501), (local, who)
            compared += 1
    return compared


OWN_DATES = [
    *(f"2017-02-{day:02} 12:00:00" for day in range(1, 29)),
    *(f"2017-03-{day:02} 00:00:00" for day in range(1, 31)),
    "2019-01-01 00:00:00",
]


async def test_every_merchant_of_our_own_sample_agrees(tx: Transaction) -> None:
    assert await compare(tx, OWN, OWN_DATES) == 3 * len(OWN_DATES) - 5 - 12


def test_our_own_sample_by_hand() -> None:
    assert independent(OWN, "2017-04-01 00:00:00") == {
        seller(1): {
            "cancellation": (1, 5),
            "late_dispatch": (2, 4),  # order 2 handed over late, order 12 never scanned
            "on_time_delivery": (3, 4),
        },
        seller(2): {
            "cancellation": (1, 5),
            "late_dispatch": (2, 4),
            "on_time_delivery": (2, 4),  # order 3 is late by hours, order 9 never arrived
        },
        seller(3): {
            "cancellation": (2, 4),
            "late_dispatch": (2, 3),
            "on_time_delivery": (1, 3),
        },
    }


real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the Olist sample is not there: set PENSTOCK_SHARED to its folder"
)


@real
async def test_every_merchant_of_the_olist_sample_agrees(tx: Transaction) -> None:
    dates = ["2017-03-01 12:00:00", "2017-11-25 12:00:00", "2018-05-10 09:30:00"]
    dates += ["2018-10-18 00:00:00", "2020-06-01 00:00:00"]
    assert await compare(tx, REAL, dates) > 1610 * 2


@real
def test_the_olist_sample_is_read_to_the_last_order() -> None:
    assert Counter(code for _, _, code in bad(REAL)) == {"no_seller": 775}
    orders = good(REAL)
    assert len(orders) == 7433
    delivered = {
        o.order_ref: o.delivered_at > o.deliver_by_at
        for o in orders.values()
        if o.status == "delivered" and o.delivered_at and o.deliver_by_at
    }
    assert sum(delivered.values()) / len(delivered) == pytest.approx(0.080, abs=0.0005)
