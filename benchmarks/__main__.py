"""Run every benchmark, or those that are named."""

import argparse
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.result import Absent, publish
from penstock.kernel.errors import Misconfigured

_SEED = 20261111


def main() -> int:
    known = {
        file.stem: import_module(f"benchmarks.{file.stem}")
        for file in sorted(Path(__file__).parent.glob("[a-z]*.py"))
    }
    known = {name: module for name, module in known.items() if hasattr(module, "measure")}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"one or more of: {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="coarse, in seconds; keeps no copy")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--seed", type=int, default=_SEED)
    wanted = parser.parse_args()
    if unknown := set(wanted.name) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    for name in wanted.name or known:
        module = known[name]
        say(f"{name}: {(module.__doc__ or '').partition(chr(10))[0]}")
        if wanted.list:
            continue
        try:
            report = module.measure(seed=wanted.seed, quick=wanted.quick)
        except Absent as missing:
            say(f"{name}: left out: {missing}")
            continue
        except Misconfigured as problem:
            say(f"{name}: {problem}")
            return 2
        publish(name, report, seed=wanted.seed, quick=wanted.quick, at=datetime.now(UTC))
    return 0


def say(text: str) -> None:
    """Keep standard output for results."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
