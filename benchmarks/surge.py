"""Surge detection: the detector of `penstock.planning.surge` on the Numenta Anomaly Benchmark.

One set of parameters for all 58 files, most of which are no counts of orders at all. That set was
chosen looking at this corpus, so its score is also told *held out*: configurations are drawn at
random, and each data set is judged by the one, and by the threshold, that do best on the others.
The scoring is held against the published score of a detector that we can repeat, against saying
nothing (0) and against saying the right thing at the right time (100).
"""

import os
import random
import sys
import time
from pathlib import Path

import msgspec

from benchmarks import multinomial
from benchmarks.nab import (
    PROFILES,
    Corpus,
    File,
    Outcome,
    at_threshold,
    load,
    optimise,
)
from benchmarks.result import Absent, Report
from penstock.planning.surge import ALARM, Tuning, new_watch, observe

SHARED = Path(os.environ.get("PENSTOCK_SHARED") or Path(__file__).parents[1] / "../shared")
ARCHIVE = SHARED / "bench/nab/nab_v1.1_data_labels.tar.gz"
APART = {
    "realTweets": "realTweets/",
    "elb_request_count": "realAWSCloudwatch/elb_request_count",
    "nyc_taxi": "realKnownCause/nyc_taxi",
}
DRAWS = 48
CHOICES: dict[str, tuple[float, ...]] = {
    "window": (6, 12, 24, 48),
    "rest": (15, 30, 60),
    "memory": (5_000, 10_000, 20_000),
    "level_weight": (0.0025, 0.005, 0.01, 0.02),
    "day_weight": (0.1, 0.2, 0.4),
    "slots": (6, 12, 24, 48),
    "point_margin": (0.02, 0.04, 0.08, 0.16),
    "window_margin": (0.01, 0.02, 0.04, 0.08),
}
Scores = dict[str, list[float]]


def measure(*, seed: int, quick: bool) -> Report:
    try:
        corpus = load(ARCHIVE)
    except FileNotFoundError as missing:
        raise Absent(
            f"there is no NAB archive at {ARCHIVE}: set PENSTOCK_SHARED to the folder with "
            "bench/nab"
        ) from missing
    began = time.process_time()
    scores = {file.name: watch(file, Tuning()) for file in corpus.files}
    cpu_s = time.process_time() - began
    points = sum(len(file.values) for file in corpus.files)
    best = optimise(corpus.files, scores)
    figures: dict[str, object] = {
        "nab_standard": round(best.score, 2),
        "nab_standard_goal": 60,
        "threshold": round(best.threshold, 4),
        "at_own_threshold": round(at_threshold(corpus.files, scores, ALARM).score, 2),
        "other_profiles": {
            name: round(optimise(corpus.files, scores, profile).score, 2)
            for name, profile in PROFILES.items()
            if name != "standard"
        },
        "data_sets": by_group(corpus, scores, best.threshold),
        "apart": {
            name: told([f for f in corpus.files if f.name.startswith(start)], scores, best)
            for name, start in APART.items()
        },
        "scorer": validate(corpus),
        "cpu_us_a_point": round(cpu_s / points * 1e6, 2),
        "points": points,
        "tuned_on_this_corpus": True,
    }
    if not quick:
        figures["held_out"] = hold_out(corpus, random.Random(seed))
    figures["published_standard"] = {
        name: round(scored["standard"], 2) for name, scored in corpus.published.items()
    }
    return Report(figures=figures)


def watch(file: File, tuning: Tuning) -> list[float]:
    """Return the detector's scores of a file, each by what came before it."""
    tuning = msgspec.structs.replace(tuning, warm_up=file.probation)
    memory = new_watch(tuning)
    return [
        observe(memory, tuning, value, (at.hour * 60 + at.minute) / 1440).score
        for at, value in zip(file.times, file.values, strict=True)
    ]


def told(files: list[File], scores: Scores, best: Outcome) -> dict[str, object]:
    outcome = at_threshold(files, scores, best.threshold)
    figures: dict[str, object] = {
        "found": outcome.found,
        "windows": outcome.windows,
        "false_alarms": outcome.false_alarms,
    }
    if outcome.windows:
        return {"score": round(outcome.score, 2), **figures}
    return {"raw": round(outcome.raw, 2), **figures}


def by_group(corpus: Corpus, scores: Scores, threshold: float) -> dict[str, object]:
    best = Outcome(threshold, 0.0, 0.0, 0, 0, 0)
    return {
        group: told([f for f in corpus.files if f.group == group], scores, best)
        for group in sorted({f.group for f in corpus.files})
    }


def validate(corpus: Corpus) -> dict[str, object]:
    """Score three detectors of which the answer is known."""
    nothing = {f.name: [0.0] * len(f.values) for f in corpus.files}
    perfect = {f.name: list(nothing[f.name]) for f in corpus.files}
    for file in corpus.files:
        for first, last in file.windows:
            perfect[file.name][max(first, min(file.probation, last))] = 1.0
    known = {f.name: multinomial.detect(f.values) for f in corpus.files}
    return {
        "null": round(optimise(corpus.files, nothing).score, 2),
        "perfect": round(optimise(corpus.files, perfect).score, 2),
        "relativeEntropy": round(optimise(corpus.files, known).score, 2),
        "relativeEntropy_published": round(corpus.published["relativeEntropy"]["standard"], 2),
    }


def hold_out(corpus: Corpus, seeded: random.Random) -> dict[str, object]:
    """Judge each data set by what was chosen, from random configurations, on the others."""
    drawn = [draw(seeded) for _ in range(DRAWS)]
    runs = [{f.name: watch(f, tuning) for f in corpus.files} for tuning in drawn]
    groups = sorted({f.group for f in corpus.files})
    raw, windows, told_by_group = 0.0, 0, {}
    for group in groups:
        others = [f for f in corpus.files if f.group != group]
        left_out = [f for f in corpus.files if f.group == group]
        chosen, run = max(
            ((optimise(others, run), run) for run in runs), key=lambda pair: pair[0].score
        )
        outcome = at_threshold(left_out, run, chosen.threshold)
        raw += outcome.raw
        windows += outcome.windows
        told_by_group[group] = told(left_out, run, chosen)
    alone = sorted(optimise(corpus.files, run).score for run in runs)
    return {
        "nab_standard": round(100 * (raw + windows) / (2 * windows), 2),
        "data_sets": told_by_group,
        "configurations": DRAWS,
        "each_alone": {
            "worst": round(alone[0], 2),
            "median": round(alone[len(alone) // 2], 2),
            "best": round(alone[-1], 2),
        },
    }


def draw(seeded: random.Random) -> Tuning:
    chosen = {name: seeded.choice(values) for name, values in CHOICES.items()}
    whole = {name: int(chosen[name]) for name in ("window", "rest", "slots")}
    return msgspec.convert({**chosen, **whole}, Tuning)


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "surge")
    sys.exit(main())
