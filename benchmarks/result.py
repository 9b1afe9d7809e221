"""One line of JSON for each measurement, and a copy with all that is needed to judge it."""

import os
import platform
import sys
from datetime import datetime
from pathlib import Path

import msgspec

RESULTS = Path(__file__).parent / "results"


class Absent(Exception):  # noqa: N818  a benchmark without its data is left out, not broken
    """What the benchmark reads is not here; the message says what to provide."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark hands back: its figures (units last) and the server that it used."""

    figures: dict[str, object]
    postgres: str | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its circumstances; `date` is the day on which it was measured."""

    benchmark: str
    date: str
    machine: str
    cpu_count: int
    python: str
    postgres: str | None
    seed: int
    quick: bool
    figures: dict[str, object]


def publish(name: str, report: Report, *, seed: int, quick: bool, at: datetime) -> None:
    """Print the result as one line, figures at its top level; keep it unless it was quick."""
    result = Result(
        benchmark=name,
        date=at.date().isoformat(),
        machine=_machine(),
        cpu_count=os.cpu_count() or 1,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        postgres=report.postgres,
        seed=seed,
        quick=quick,
        figures=report.figures,
    )
    line = msgspec.json.encode(result)
    flat = msgspec.to_builtins(result) | msgspec.to_builtins(report.figures)
    del flat["figures"]
    sys.stdout.write(f"{msgspec.json.encode(flat).decode()}\n")
    sys.stdout.flush()
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_bytes(msgspec.json.format(line, indent=2) + b"\n")


def _machine() -> str:
    """Name the system and the processor; never the host."""
    processor = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [row for row in cpuinfo.read_text().splitlines() if row.startswith("model name")]
        processor = models[0].partition(":")[2].strip() if models else processor
    return " ".join(filter(None, (platform.system(), platform.machine(), processor)))
