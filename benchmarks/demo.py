"""The demo as a user runs it: seconds and memory of a whole evening, for three seeds."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.result import Report


def measure(*, seed: int, quick: bool) -> Report:
    """Play whole evenings (a small one if `quick`), each in a folder of its own."""
    seeds = [seed] if quick else [1, 2, 3]
    runs = [_play(quick, one) for one in seeds]
    return Report(
        figures={
            "seconds": median(run["seconds"] for run in runs),
            "seconds_goal": 120,
            "peak_mib": max(run["peak_mib"] for run in runs),
            "peak_mib_goal": 1024,
            "runs": runs,
        }
    )


def _play(quick: bool, seed: int) -> dict[str, int | float]:
    with tempfile.TemporaryDirectory(prefix="penstock-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the embedded server's own account must get to its data
        command = [sys.executable, "-m", "penstock", "demo", "--json", "--fresh"]
        command += ["--seed", str(seed), *(["--scale", "0.02", "--days", "5"] if quick else [])]
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PENSTOCK_DATA_FOLDER": str(Path(folder) / "data")},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])
