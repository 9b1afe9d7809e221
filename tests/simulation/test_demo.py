"""A short seeded evening through every stage; and, in the long suite, the whole one, killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from penstock.settings import Settings
from penstock.simulation.demo import run_demo


@pytest.fixture
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("demo")
    for above in (made, made.parent):
        above.chmod(0o711)  # the embedded server's own account must get there
    return made


async def nothing(*_):
    pass


async def test_a_small_evening_keeps_every_invariant(folder):
    ended = []

    async def finish(database, outcome):
        ended.append(outcome)

    settings = Settings(
        database_url=os.environ.get("PENSTOCK_DATABASE_URL", ""), data_folder=folder / "data"
    )
    outcome = await run_demo(
        settings, seed=7, scale=0.01, days=5, fresh=True, watch=nothing, finish=finish
    )
    assert outcome.position.finished
    assert outcome.looks >= 5 * 24
    assert outcome.broken == ()
    assert outcome.differences == ()
    assert ended == [outcome]
    assert {r.reason for r in outcome.turned_away} >= {"insufficient_stock"}


_STARTED = []


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    """A test that fails in the middle ends what it started, too."""
    yield
    while _STARTED:
        process = _STARTED.pop()
        if process.poll() is None:
            process.kill()
        process.communicate()


def start(folder, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "penstock", "demo", "--json", *arguments],
        cwd=folder,
        env=os.environ
        | {"PENSTOCK_DATA_FOLDER": str(folder / "data"), "PENSTOCK_DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _STARTED.append(process)
    return process


def result(process):
    out, err = process.communicate(timeout=1500)
    assert process.returncode == 0, err.decode()[-3000:]
    line = json.loads(out.decode().splitlines()[-1])
    del line["seconds"], line["peak_mib"]
    return line


def children(pid):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
    return found


def runs(pid):
    """Whether the process is there and more than an entry that nobody has collected."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds its processes in /proc")
def test_a_killed_evening_ends_as_if_nothing_had_happened(folder):
    """Server, database and the play itself are killed again and again, and started again."""
    arguments = ("--scale", "0.06", "--days", "6", "--seed", "11")
    undisturbed = result(start(folder, *arguments, "--fresh"))
    seed = int(os.environ.get("PENSTOCK_TEST_SEED", time.time_ns() % 2**32))
    print(f"PENSTOCK_TEST_SEED={seed}")
    chance = random.Random(seed)
    process = start(folder, *arguments, "--fresh")
    killed = {"server": 0, "database": 0, "play": 0}
    deadline = time.monotonic() + 900
    while sum(killed.values()) < 9 and time.monotonic() < deadline:
        time.sleep(chance.uniform(3.0, 8.0))
        if process.poll() == 0:
            break
        if process.poll() is not None:  # killed under it while it started: start it again
            process.communicate()
            process = start(folder, *arguments)
            continue
        what = chance.choice(sorted(killed))
        if what == "play":
            killed["play"] += kill(process.pid)
            process.communicate()
            process = start(folder, *arguments)
        elif what == "server":
            killed["server"] += any(kill(child) for child in children(process.pid))
        else:
            pid_file = folder / "data" / "demo" / "postgres" / "postmaster.pid"
            if pid_file.exists():
                killed["database"] += kill(int(pid_file.read_text().splitlines()[0]))
    print(f"killed: {killed}")
    assert sum(killed.values()) >= 3
    assert result(process) == undisturbed


@pytest.mark.long
def test_a_database_that_dies_at_any_moment_of_a_short_play_is_brought_back(folder):
    """Setting up and closing are as exposed as the play itself."""
    arguments = ("--scale", "0.005", "--days", "1", "--seed", "5", "--fresh")
    begun = time.monotonic()
    undisturbed = result(start(folder, *arguments))
    took_s = time.monotonic() - begun
    seed = int(os.environ.get("PENSTOCK_TEST_SEED", time.time_ns() % 2**32))
    print(f"PENSTOCK_TEST_SEED={seed}")
    chance = random.Random(seed)
    pid_file = folder / "data" / "demo" / "postgres" / "postmaster.pid"
    killed = 0
    for _ in range(8):
        process = start(folder, *arguments)
        until = time.monotonic() + chance.uniform(0.0, took_s)
        while process.poll() is None and (time.monotonic() < until or not pid_file.exists()):
            time.sleep(0.01)
        written = pid_file.read_text().splitlines() if pid_file.exists() else []
        killed += bool(written) and kill(int(written[0]))
        assert result(process) == undisturbed
    assert killed


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_whole_evening_keeps_every_invariant(folder, seed):
    line = result(start(folder, "--seed", str(seed), "--fresh"))
    assert line["orders_received"] - line["orders_refused"] >= 20_000
    assert (line["oversold"], line["audit_differences"], line["invariants_broken"]) == (0, 0, 0)


def test_ctrl_c_leaves_nothing_running(folder):
    process = start(folder, "--scale", "0.01", "--days", "5", "--fresh")
    pid_file = folder / "data" / "demo" / "postgres" / "postmaster.pid"
    until = time.monotonic() + 60
    while not (children(process.pid) and pid_file.exists()) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1.0)
    started = [*children(process.pid), int(pid_file.read_text().splitlines()[0])]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    until = time.monotonic() + 10
    while any(map(runs, started)) and time.monotonic() < until:
        time.sleep(0.1)
    assert [pid for pid in started if runs(pid)] == []
