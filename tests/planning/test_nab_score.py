"""The benchmark's scoring: by hand, and against what others published."""

import importlib
import math
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("PENSTOCK_SHARED") or ROOT / "../shared")
ARCHIVE = SHARED / "bench/nab/nab_v1.1_data_labels.tar.gz"
real = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the NAB archive is not there: set PENSTOCK_SHARED to its folder"
)


@pytest.fixture(scope="module")
def nab():
    sys.path.insert(0, str(ROOT))
    try:
        yield importlib.import_module("benchmarks.nab")
    finally:
        sys.path.remove(str(ROOT))


@pytest.fixture
def file(nab):
    """Two hundred rows, thirty of them for learning, with a window from row 100 to row 119."""
    times = [datetime(2026, 1, 1) + timedelta(minutes=i) for i in range(200)]  # noqa: DTZ001  NAB's have no zone
    return nab.File("a/b.csv", times, [0.0] * 200, [(100, 119)])


def said(file, **rows):
    return {file.name: [rows.get(f"r{i}", 0.0) for i in range(200)]}


def test_nothing_said_is_0_and_the_first_row_of_each_window_is_100(nab, file):
    assert nab.optimise([file], said(file)).score == 0
    best = nab.optimise([file], said(file, r100=0.7))
    assert (best.score, best.threshold, best.found, best.false_alarms) == (100, 0.7, 1, 0)


def test_a_window_counts_once_by_its_best_row(nab, file):
    late = nab.at_threshold([file], said(file, r115=1.0), 0.5).raw
    assert late == pytest.approx((2 / (1 + math.exp(-5 * 5 / 20)) - 1) / 0.98661, abs=1e-5)
    assert nab.at_threshold([file], said(file, r105=1.0, r115=1.0), 0.5).raw == (
        nab.at_threshold([file], said(file, r105=1.0), 0.5).raw
    )


def test_a_false_alarm_costs_less_right_behind_a_window(nab, file):
    raw = [nab.at_threshold([file], said(file, **{f"r{i}": 1.0}), 0.5).raw for i in (50, 121, 199)]
    assert raw[0] == raw[2] == pytest.approx(-1.11)
    assert raw[1] == pytest.approx(-1 + 0.11 * (2 / (1 + math.exp(5 * 2 / 19)) - 1))


def test_while_learning_nothing_counts(nab, file):
    assert nab.at_threshold([file], said(file, r29=1.0), 0.5).raw == -1
    assert nab.at_threshold([file], said(file, r30=1.0), 0.5).raw == pytest.approx(-1.11)


def test_the_threshold_is_the_one_that_earns_most(nab, file):
    best = nab.optimise([file], said(file, r100=0.6, r40=0.9, r50=0.3, r60=0.2))
    assert (best.threshold, best.false_alarms) == (0.6, 1)
    low = nab.optimise([file], said(file, r100=0.6), nab.PROFILES["reward_low_FN_rate"])
    assert low.score == 100


@real
@pytest.mark.long
def test_a_published_score_is_met_to_the_hundredth(nab):
    multinomial = importlib.import_module("benchmarks.multinomial")
    corpus = nab.load(ARCHIVE)
    assert (len(corpus.files), sum(len(f.windows) for f in corpus.files)) == (58, 116)
    scores = {f.name: multinomial.detect(f.values) for f in corpus.files}
    published = corpus.published["relativeEntropy"]["standard"]
    assert nab.optimise(corpus.files, scores).score == pytest.approx(published, abs=0.005)


@real
def test_the_detector_finds_what_happened_to_new_yorks_taxis(nab):
    surge = importlib.import_module("benchmarks.surge")
    (taxis,) = (f for f in nab.load(ARCHIVE).files if f.name.endswith("nyc_taxi.csv"))
    outcome = nab.at_threshold([taxis], {taxis.name: surge.watch(taxis, surge.Tuning())}, 0.5)
    assert outcome.found == outcome.windows == 5
    assert outcome.score > 80
