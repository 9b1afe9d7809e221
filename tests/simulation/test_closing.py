"""The summary on a terminal, and the line of JSON."""

import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from penstock.simulation.amounts import amount_text, hours_text, percent_text
from penstock.simulation.closing import print_closing, result_line
from penstock.simulation.evening import Audit


def printed(evening, **given_parts):
    screen = Console(width=100, file=io.StringIO())
    print_closing(screen, evening, **given_parts)
    return screen.file.getvalue()


async def test_it_fits_a_hundred_columns(evening, scores, audit):
    lines = printed(evening, scores=scores, audit=audit).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 100
    assert not [line for line in lines if "…" in line and "not enough stock" not in line]
    text = "\n".join(lines)
    for shown in (
        "received", "400  orders", "0 oversold; ledger equals counters", "none broken",
        "Cinnabar Studio", "85.1", "pick and pack", "−5.8", "cinnabar-001740",
    ):  # fmt: skip
        assert shown in text
    assert "outside" not in text, "nothing was counted there"


async def test_trouble_is_told(evening, empty_evening):
    audit = Audit(differences=2, looks=3, broken=("I2 at 21 Nov: 3 of 2 [red]",))
    text = printed(evening, audit=audit)
    assert "2 counters differ from the ledger" in text
    assert "I2 at 21 Nov: 3 of 2 [red]" in text
    assert "No orders came this evening." in printed(empty_evening, audit=audit)


async def test_the_result_is_one_line(evening, audit, run):
    line = result_line(evening, audit, run)
    assert b"\n" not in line
    assert msgspec.json.decode(line) == {
        "orders_received": 400,
        "orders_refused": evening.refused,
        "delivered": evening.delivered,
        "returned": evening.returned,
        "oversold": 0,
        "audit_differences": 0,
        "invariants_broken": 0,
        "seconds": 87.5,
        "peak_mib": 612,
        "seed": 7,
    }


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_hundred_percent_is_all_of_it(part, whole):
    part = min(part, whole)
    assert (percent_text(part, whole) == "100%") == (part == whole)


@pytest.mark.parametrize(
    ("hours", "text"),
    [(0.0, "0 min"), (0.99, "59 min"), (1.0, "1.0 h"), (71.96, "72.0 h"), (72.0, "3.0 d")],
)
def test_durations_are_said_in_the_unit_that_fits(hours, text):
    assert hours_text(hours) == text


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [(123456, "USD", "$1,235"), (99, "GBP", "£1"), (1200, "JPY", "1,200 JPY")],
)
def test_amounts_are_in_whole_units(amount_minor, currency, text):
    assert amount_text(amount_minor, currency) == text
