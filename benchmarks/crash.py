"""Processes of every kind killed -9 at random while orders come: what is lost, doubled, oversold.

The rig is that of the tests (`tests/crash/rig.py`): eight clients, two API processes, a worker and
the embedded PostgreSQL in a namespace of their own. Ten minutes, quick 20 s.
"""

import sys
from pathlib import Path

from benchmarks.result import Absent, Report

RIG = Path(__file__).parents[1] / "tests/crash"


def measure(*, seed: int, quick: bool) -> Report:
    """Kill, and report what was found."""
    sys.path.insert(0, str(RIG))
    from namespace import hindrance, play

    if found := hindrance():
        raise Absent(found)
    figures = play("rig.py", "--seconds", 20 if quick else 600, "--seed", seed, timeout_s=1_500)
    return Report(postgres="18 (embedded)", figures=figures)


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "crash")
    sys.exit(main())
