"""Every word tells how an order missed it, by the same SQL that counts it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.experience.explain.miss import missed
from penstock.experience.journeys.clocks import clocks
from penstock.experience.profiles.load import load
from penstock.experience.profiles.metric_clock import Clock
from penstock.experience.words.vocabulary import PREDICATES, QUANTITIES

AT = datetime(2026, 10, 20, 1, tzinfo=UTC)
LES = load("penstock_les")
KNOWN = (
    "ordered_at paid_at accepted_at packed_at labelled_at dispatch_by_at dispatched_at scanned_at"
    " transit_by_at deliver_by_at delivered_at cancelled_at lost_at returned_at"
).split()
MERCHANT = 7


def asking(**words):
    """A profile in Shanghai of one metric for each word, with the fields given for it."""
    (metric, *_), (dimension, *_) = LES.metrics, LES.dimensions
    metrics = [
        msgspec.structs.replace(metric, code=word, **{"numerator": "", "quantity": ""} | fields)
        for word, fields in words.items()
    ]
    dimension = msgspec.structs.replace(dimension, metrics=tuple(metrics))
    return msgspec.structs.replace(LES, time_zone="Asia/Shanghai", dimensions=(dimension,))


@pytest.fixture
def told(tx):
    """What words say of one order, by word."""

    async def tell(profile, **clock):
        row = {"merchant_id": MERCHANT, "fulfilment_order_id": 1, "order_ref": "o", **clock}
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await tx.fetch(
            f"INSERT INTO experience.journey ({', '.join(row)}) VALUES ({marks})", *row.values()
        )
        orders = await clocks(tx, merchant=MERCHANT, fulfilment_orders=[1], as_of=AT)
        found = await missed(tx, profile, orders, merchant=MERCHANT, as_of=AT)
        return {code: miss for (_, code), miss in found.items()}

    return tell


async def test_every_word_has_its_telling(told):
    by_market = (
        Clock(start="paid", stop="scanned", hours=2),
        Clock(start="ordered", stop="labelled", markets=("GB",), days=2, calendar="weekdays"),
    )
    words = {word: {"numerator": word, "faults": ("seller", "carrier")} for word in PREDICATES}
    words |= {word: {"quantity": word} for word in QUANTITIES}
    for word in ("clock_met", "clock_missed"):
        words[word] |= {"clocks": by_market}
    faults = {"cancel_fault": "seller", "return_fault": "carrier", "exception_fault": "seller"}
    found = await told(asking(**words), market="GB", **dict.fromkeys(KNOWN, AT), **faults)
    assert found.keys() == words.keys()
    for word, miss in found.items():
        assert miss.happened_at, word
        assert miss.counted_at, word
        assert (miss.took_s is not None) == (word in QUANTITIES), word
        assert word not in {miss.what, miss.what.replace(" ", "_")} or word == "cancelled"
    assert found["clock_met"].what == "label"


async def test_a_clock_of_working_days_ends_with_a_local_day(told):
    ordered = datetime(2026, 10, 16, 23, tzinfo=UTC)  # Saturday morning in Shanghai
    clock = Clock(start="ordered", stop="labelled", days=1, calendar="weekdays")
    profile = asking(labelled={"numerator": "clock_met", "clocks": (clock,)})
    miss = (await told(profile, ordered_at=ordered, market="CN", labelled_at=AT))["labelled"]
    assert miss.due_at == datetime(2026, 10, 19, 16, tzinfo=UTC) - timedelta(microseconds=1)
    assert (miss.what, miss.late_s) == ("label", 9 * 3600)


async def test_of_what_befell_an_order_that_is_told_for_which_it_counts(told):
    profile = asking(sound={"numerator": "lost_or_returned_logistics"})
    lost, returned = AT - timedelta(days=1), AT - timedelta(days=2)
    clock = {"ordered_at": AT - timedelta(days=9), "lost_at": lost, "returned_at": returned}
    miss = (await told(profile, **clock, return_fault="buyer"))["sound"]
    assert (miss.what, miss.counted_at, miss.fault) == ("lost", lost, "")
