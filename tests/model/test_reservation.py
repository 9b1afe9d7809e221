"""The reservation protocol, checked in all its interleavings by spin."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("reservation.pml")
pytestmark = pytest.mark.long


def verify(folder: Path, *flags: str) -> tuple[int, int]:
    """Return the errors that spin found, and the states that it stored."""
    for program in ("spin", "cc"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program} (Debian packages spin and gcc)")
    for command in (
        ["spin", *flags, "-a", str(MODEL)],
        ["cc", "-O2", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", "-o", "pan", "pan.c"],
    ):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    command = ["./pan", "-m200000", "-w24"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    errors = re.search(r"errors: (\d+)", done.stdout)
    states = re.search(r"(\d+) states, stored", done.stdout)
    assert errors is not None, done.stdout + done.stderr
    assert states is not None
    assert "Search not completed" not in done.stdout or int(errors[1]), done.stdout
    print(f"{states[1]} states, {errors[1]} errors")
    return int(errors[1]), int(states[1])


def test_never_oversold_no_lost_release_exactly_one_wins(tmp_path):
    errors, states = verify(tmp_path)
    assert errors == 0
    assert states > 1_000


def test_without_locks_the_model_finds_a_violation(tmp_path):
    errors, _ = verify(tmp_path, "-DWITHOUT_LOCKS")
    assert errors > 0
