"""The Numenta Anomaly Benchmark: its corpus read from the archive, and its scoring.

The scoring is that of Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms: the
Numenta Anomaly Benchmark" (ICMLA 2015), in the conventions of NAB 1.1: of each labelled window the
best-placed detection counts, weighed by a sigmoid of its position; every detection outside costs,
the less the closer it follows a window; a window without any costs its whole weight; the first
15 % of a file (of 5,000 rows at most) are for learning. One threshold is chosen for all files, and
100 is a detector that finds every window at its first row, 0 one that says nothing.
"""

import csv
import io
import json
import math
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

PROBATION = 0.15
PROBATION_ROWS_MAX = 5_000
_FAR = 3.0


class Profile(msgspec.Struct, frozen=True):
    """What a detection, a miss and a false alarm weigh."""

    detected: float
    missed: float
    false: float


STANDARD = Profile(1.0, 1.0, 0.11)
PROFILES = {
    "standard": STANDARD,
    "reward_low_FP_rate": Profile(1.0, 1.0, 0.22),
    "reward_low_FN_rate": Profile(1.0, 2.0, 0.11),
}


class File(msgspec.Struct, frozen=True):
    """A series with its labels: `windows` are pairs of row numbers, both inside."""

    name: str
    times: list[datetime]
    values: list[float]
    windows: list[tuple[int, int]]

    @property
    def group(self) -> str:
        """The data set that the file belongs to."""
        return self.name.partition("/")[0]

    @property
    def probation(self) -> int:
        """How many rows are for learning."""
        return int(min(PROBATION * len(self.values), PROBATION * PROBATION_ROWS_MAX))


class Corpus(msgspec.Struct, frozen=True):
    """The files, and what the archive says that other detectors scored: detector → profile."""

    files: list[File]
    published: dict[str, dict[str, float]]


class Outcome(msgspec.Struct, frozen=True):
    """A threshold and what it earns: `raw` points, which `score` puts on the scale to 100."""

    threshold: float
    raw: float
    score: float
    found: int
    windows: int
    false_alarms: int


def load(archive: Path) -> Corpus:
    """Read the corpus.

    Raises:
        FileNotFoundError: the archive is not there.

    """
    with tarfile.open(archive) as tar:
        parts = {
            str(PurePosixPath(member.name)): member
            for member in tar.getmembers()
            if member.isfile()
        }

        def part(name: str) -> IO[bytes]:
            found = tar.extractfile(parts[name])
            assert found is not None
            return found

        labels = json.load(part("labels/combined_windows.json"))
        files = [_file(name, part(f"data/{name}"), labels[name]) for name in sorted(labels)]
        return Corpus(files, json.load(part("results/final_results.json")))


def _file(name: str, data: IO[bytes], labels: Sequence[Sequence[str]]) -> File:
    rows = list(csv.reader(io.TextIOWrapper(data, "utf-8")))[1:]
    times = [datetime.fromisoformat(row[0]) for row in rows]
    first = {at: i for i, at in reversed(list(enumerate(times)))}
    windows = [
        (first[datetime.fromisoformat(a)], first[datetime.fromisoformat(b)]) for a, b in labels
    ]
    return File(name, times, [float(row[1]) for row in rows], windows)


def sigmoid(place: float) -> float:
    """Return the worth of a detection: 0.99 at a window's left end (-1), 0 at its right end (0)."""
    return -1.0 if place >= _FAR else 2 / (1 + math.exp(5 * place)) - 1


def worths(file: File, profile: Profile) -> tuple[list[float], list[int]]:
    """Return by row what a detection there is worth, and its window's number (-1: none)."""
    rows = len(file.values)
    worth, window = [0.0] * rows, [-1] * rows
    most = sigmoid(-1.0)
    for number, (first, last) in enumerate(file.windows):
        for i in range(first, last + 1):
            place = -(last - i + 1) / (last - first + 1)
            worth[i], window[i] = profile.detected * sigmoid(place) / most, number
    past: tuple[int, int] | None = None
    for i in range(rows):
        if window[i] >= 0:
            past = file.windows[window[i]]
        else:
            place = _FAR if past is None else (i - past[1]) / (past[1] - past[0])
            worth[i] = profile.false * sigmoid(place)
    return worth, window


class _Tally:
    """The points of all detections so far, as the threshold comes down."""

    def __init__(self, windows: int, profile: Profile) -> None:
        self.windows, self.missed = windows, profile.missed
        self.most = windows * profile.detected
        self.raw = -windows * profile.missed
        self.best: dict[tuple[str, int], float] = {}
        self.false_alarms = 0

    def add(self, name: str, window: int, worth: float) -> None:
        if window < 0:
            self.raw += worth
            self.false_alarms += 1
            return
        before = self.best.get((name, window), -self.missed)
        if worth > before:
            self.raw += worth - before
            self.best[name, window] = worth

    def outcome(self, threshold: float) -> Outcome:
        least = -self.windows * self.missed
        score = 100 * (self.raw - least) / (self.most - least) if self.windows else 0.0
        found = len(self.best)
        return Outcome(threshold, self.raw, score, found, self.windows, self.false_alarms)


def _detections(
    files: Iterable[File], scores: Mapping[str, Sequence[float]], profile: Profile, least: float
) -> Iterable[tuple[float, str, int, float]]:
    for file in files:
        worth, window = worths(file, profile)
        said = scores[file.name]
        for i in range(file.probation, len(said)):
            if said[i] >= least:
                yield said[i], file.name, window[i], worth[i]


def _windows(files: Iterable[File]) -> int:
    return sum(len(file.windows) for file in files)


def optimise(
    files: Sequence[File], scores: Mapping[str, Sequence[float]], profile: Profile = STANDARD
) -> Outcome:
    """Find the threshold at which the scores of all files together earn most.

    Each score that occurs is tried; what scores 0 is never a detection.
    """
    tally = _Tally(_windows(files), profile)
    best = tally.outcome(1.1)
    threshold = 1.1
    found = _detections(files, scores, profile, math.ulp(0.0))
    for score, name, window, worth in sorted(found, key=lambda d: (-d[0], d[1])):
        if score != threshold:
            if tally.raw > best.raw:
                best = tally.outcome(threshold)
            threshold = score
        tally.add(name, window, worth)
    return tally.outcome(threshold) if tally.raw > best.raw else best


def at_threshold(
    files: Sequence[File],
    scores: Mapping[str, Sequence[float]],
    threshold: float,
    profile: Profile = STANDARD,
) -> Outcome:
    """Return what the scores of some files earn at a given threshold."""
    tally = _Tally(_windows(files), profile)
    for _, name, window, worth in _detections(files, scores, profile, threshold):
        tally.add(name, window, worth)
    return tally.outcome(threshold)
