"""C1: everything is killed -9 at random, and no order is lost, doubled, oversold or undersold."""

import pytest

SEED = 20261111


def holds(found):
    print(found)
    assert found["violations"] == found["corrupt"] == 0, found["examples"]
    assert found["answered"] == found["orders"] > 0
    for what in ("lost", "doubled", "oversold", "undersold"):
        assert found[what] == 0, found


def test_kills_for_a_minute(namespace):
    found = namespace.play("rig.py", "--seconds", 60, "--seed", SEED, timeout_s=220)
    holds(found)
    assert found["recoveries"] > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_3000_kills_in_10_minutes(namespace, seed):
    found = namespace.play(
        "rig.py", "--seconds", 600, "--kills-per-s", 10, "--seed", seed, timeout_s=1_500
    )
    holds(found)
    assert found["kills"] >= 3_000
