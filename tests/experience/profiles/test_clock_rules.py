"""Each slip in a clock, a fault, a mean, a limit or a band is told at its own line."""

import pytest

from penstock.experience.profiles.load import parse
from penstock.kernel.errors import Invalid

# Each key stands on a line of its own, which is what the cases below replace.
GOOD = """
code = "mine"
title = "mine"
version = "1"
family = "mine"
channel = "somewhere"
markets = ["GB", "VN"]
effective_from = 2026-01-01
window_days = 30
lag_days = 7
time_zone = "UTC"

[scale]
low = 0
high = 100
decimals = 0

[gate]
population = "ordered"
orders_min = 30
below = "provisional"

[[dimension]]
code = "all"
title = "all"
weight = 100

[[dimension.metric]]
code = "late"
title = "late"
sub_process = "pick_and_pack"
weight = 40
better = "lower"
population = "clock_due"
numerator = "clock_missed"
delay_days = 7
mapping = { kind = "linear", points = [[0, 100], [1, 0]] }

[[dimension.metric.clock]]
markets = ["GB"]
start = "paid"
stop = "labelled"
days = 2
calendar = "GB-ENG"
time_zone = "Europe/London"

[[dimension.metric.clock]]
start = "promise"
stop = "scanned"

[[dimension.metric.limit]]
at = 0.10
consequence = "less"
orders_min = 30

[dimension.metric.limit.effect]
volume_percent = 90
days = 7

[[dimension.metric.limit]]
at = 0.30
consequence = "much less"

[[dimension.metric]]
code = "cancelled"
title = "cancelled"
sub_process = "order_receipt"
weight = 30
better = "lower"
population = "ordered"
numerator = "cancelled_by_fault"
faults = ["seller", "unknown"]
mapping = { kind = "linear", points = [[0, 100], [1, 0]] }

[dimension.metric.floor]
points = 80
bad_max = 3
orders_below = 500

[[dimension.metric]]
code = "slow"
title = "slow"
sub_process = "pick_and_pack"
weight = 30
better = "lower" # a mean
population = "dispatched"
quantity = "prepare_s"
per = 3600
mapping = { kind = "linear", points = [[12, 100], [96, 0]] }

[[band]]
code = "good"
title = "good"
at = 80

[band.effect]
settlement_days = 1
return_share_percent = 20

[[band]]
code = "poor"
title = "poor"
at = 0

[band.effect]
settlement_days = 8 # poor
streams = false
"""

BREAKS = [
    # what is replaced, by what, and what the error says on that line
    ('markets = ["GB"]', 'markets = ["GBR"]', "no country 'GBR'"),
    ('markets = ["GB"]', 'markets = ["US"]', "'US' is none of the profile's markets"),
    ('markets = ["GB"]', 'markets = ["GB", "GB"]', "'GB' has its clock already in clock 1"),
    ('start = "paid"', 'start = "payment"', "Invalid enum value 'payment'"),
    ('start = "paid"', 'start = "promise"', "a promise has its own deadline", "days = 2"),
    ('stop = "labelled"', 'stop = "accepted"', "Invalid enum value"),
    (
        'start = "paid"',
        'start = "dispatched"',
        "'labelled' does not come after 'dispatched'",
        'stop = "labelled"',
    ),
    ("days = 2", "days = -2", "must be between 0 and 366"),
    ("days = 2", "hours = 0", "must be between 1 and"),
    ("days = 2", "hours = 48", "goes with 'days'", 'calendar = "GB-ENG"'),
    ("days = 2", "days = 2.5", "Expected `int | null`"),
    ('calendar = "GB-ENG"', 'calendar = "GB-XYZ"', "no calendar 'GB-XYZ'"),
    (
        'time_zone = "Europe/London"',
        'time_zone = "London"',
        "no IANA time zone 'London'",
        'time_zone = "London"',
    ),
    ('stop = "scanned"', 'stop = "scanned"\ndays = 1', "a promise has its own", "days = 1"),
    ("delay_days = 7", "delay_days = -7", "must not be negative"),
    ("at = 0.10", "at = 10", "a rate lies between 0 and 1, not at 10"),
    ("at = 0.10", "at = 0.40", "list limits from mild to harsh", "at = 0.30"),
    ("orders_min = 30\n\n[dimension", "orders_min = -1\n\n[dimension", "must not be negative"),
    ("volume_percent = 90", "volume_percent = 900", "must be between 0 and 100"),
    ("days = 7\n\n", "days = 0\n\n", "must be at least 1"),
    (
        "volume_percent = 90",
        "volume_percent = 100",
        "says of nothing what follows",
        "[dimension.metric.limit.effect]",
    ),
    ('faults = ["seller", "unknown"]', 'faults = ["seller", "seller"]', "'seller' stands twice"),
    ('faults = ["seller", "unknown"]', 'faults = ["customs"]', "Invalid enum value 'customs'"),
    ('faults = ["seller", "unknown"]', "faults = []", "needs 'faults'", "[[dimension.metric]]"),
    (
        'numerator = "cancelled_by_fault"',
        'numerator = "cancelled"',
        "ends in '_by_fault'",
        'faults = ["seller", "unknown"]',
    ),
    ("bad_max = 3", "bad_max = -3", "must not be negative"),
    ('better = "lower" # a mean', 'better = "higher" # a mean', "is better when it is 'lower'"),
    (
        'quantity = "prepare_s"',
        'quantity = "pickup_h"',
        "not in seconds",
        'mapping = { kind = "linear", points = [[12',
    ),
    ("per = 3600", "per = 0", "must be at least 1"),
    ("at = 80", "at = 101", "lies outside the scale"),
    ("at = 80", "at = 0", "another band begins at 0 already", "at = 0"),
    ('code = "poor"', 'code = "good"', "'good' is used twice", 'code = "good"'),
    (
        "settlement_days = 8 # poor",
        "settlement_days = 0",
        "milder than that of a higher band",
        "[band.effect]",
    ),
    ("settlement_days = 1\n", "settlement_days = -1\n", "must be at least 0"),
    ("return_share_percent = 20", "return_share_percent = 120", "must be between 0 and 100"),
    ("streams = false", 'streams = "no"', "Expected `bool | null`"),
    ("streams = false", "stream = false", "did you mean 'streams'?"),
]


def test_the_profile_that_is_broken_below_is_good() -> None:
    assert parse(GOOD, "mine.toml").code == "mine"


@pytest.mark.parametrize("case", BREAKS, ids=[f"{old}→{new}" for old, new, *_ in BREAKS])
def test_a_slip_is_told_at_its_line(case: tuple[str, ...]) -> None:
    old, new, said, *elsewhere = case
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    with pytest.raises(Invalid) as refused:
        parse(text, "mine.toml")
    rows = ["", *text.splitlines()]
    # Where it is told, if not where the slip was made: what one line says may be wrong in another.
    place = elsewhere[0] if elsewhere else new.split("\n")[0]
    told = [(rows[e.line or 0], e.detail) for e in refused.value.errors]
    assert any(said in detail and row.startswith(place) for row, detail in told), told
