"""A hundredfold step of orders: how long the oldest waits, with one worker and with those needed.

Orders come over HTTP, in real time: a trickle, then a hundred times as many, then the trickle. A
tireless floor packs what is released, and a carrier sells the labels, slowly: each of its answers
takes a tenth of a second and 40 ms a label, but it answers any number of requests at once, as
carriers do. So a worker spends most of its time waiting outside, which is what makes more of them
worth while on few cores; where a step computes, more processes than cores would gain nothing. That
`release` runs each second, and not every five minutes, is the one thing that is hurried.

Three runs on a database of their own each: one worker; `--workers auto`; and `auto` with the step
scheduled as a stream. Measured is the age of the oldest order that waits for allocation or parcel
that waits for its label, asked for or not.
"""

import asyncio
import sys
from itertools import pairwise
from pathlib import Path

from benchmarks.elastic_picture import picture
from benchmarks.elastic_run import (
    ANSWER_S,
    CALM_PER_S,
    LABEL_S,
    STEP,
    WORKERS_MAX,
    Run,
    Sample,
    Times,
    placed,
)
from benchmarks.result import Report
from benchmarks.server import ask, private_server

PICTURE = Path(__file__).parents[1] / "docs/pictures/elastic.png"
RUNS = {"one worker": "1", "elastic": "auto", "elastic, scheduled": "auto"}


def measure(*, seed: int, quick: bool) -> Report:
    times = Times(2, 10, 60) if quick else Times(10, 30, 180)
    found: dict[str, list[Sample]] = {}
    with private_server() as url:
        postgres = str(asyncio.run(ask(url, None, "SHOW server_version")))
        for number, (name, workers) in enumerate(RUNS.items()):
            scheduled = name.endswith("scheduled")
            run = Run(url, f"elastic_{number}", seed, times, workers, scheduled=scheduled)
            found[name] = asyncio.run(run.play())
    if not quick:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(picture(found, times))
    return Report(postgres=postgres, figures=figures(found, times))


def figures(found: dict[str, list[Sample]], times: Times) -> dict[str, object]:
    orders = placed(times)
    return {
        "orders": orders,
        "step": STEP,
        "calm_per_s": CALM_PER_S,
        "vendor_answers_after_s": f"{ANSWER_S} + {LABEL_S} a label",
        "workers_max": WORKERS_MAX,
        "runs": {
            name: {
                "oldest_s_max": round(max(s.oldest_s for s in samples), 1),
                "oldest_s_mean_in_step": round(
                    mean([s.oldest_s for s in samples if 0 <= s.at_s <= times.step_s]), 1
                ),
                "all_labelled_after_step_s": ended(samples, orders, times),
                "workers_most": max(s.workers for s in samples),
                "workers_at_start_of_step": next(s.workers for s in samples if s.at_s >= 0),
                "worker_seconds": round(
                    sum(
                        (after.at_s - before.at_s) * before.workers
                        for before, after in pairwise(samples)
                    )
                ),
            }
            for name, samples in found.items()
        },
        "samples": {
            name: [[round(s.at_s, 1), round(s.oldest_s, 1), s.waiting, s.workers] for s in samples]
            for name, samples in found.items()
        },
    }


def ended(samples: list[Sample], orders: int, times: Times) -> float | None:
    """Seconds from the end of the step until the last of its orders had a label."""
    return next((round(s.at_s - times.step_s, 1) for s in samples if s.labelled >= orders), None)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "elastic")
    sys.exit(main())
