"""Processes are started, retired when they have finished, healed, and never left behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from penstock.cli import supervise
from penstock.cli.supervise import Kind, Supervisor

SLEEPER = (
    "import sys; print('up', file=open(sys.argv[1], 'a'), flush=True);"
    " sys.stdin.read(); print('end', file=open(sys.argv[1], 'a'))"
)
"""Ends by SIGTERM, or with its parent."""
FINISHER = """
import pathlib, signal, sys, time
told, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1] + ".work")
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
told.write_text("up\\n")
while not asked:
    time.sleep(0.01)
told.write_text("asked\\n")
while not work.exists():
    time.sleep(0.01)
told.write_text("finished\\n")
"""
"""Asked to end, it first finishes what it is at: until its work is there."""


class Stand:
    """A supervisor of small processes that tell of themselves in a file."""

    def __init__(self, folder: Path, program: str) -> None:
        self.said: list[str] = []
        self.told = folder / "told"
        command = (sys.executable, "-S", "-c", program, str(self.told))
        self.supervisor = Supervisor([Kind("sleeper", command)], self.said.append)
        self.running = asyncio.create_task(self.supervisor.run())

    async def until(self, true):
        """Wait until something is so; the test's own time limit bounds it."""
        while not true():  # noqa: ASYNC110  a process has no event to wait for
            await asyncio.sleep(0.01)

    def pids(self):
        return self.supervisor.pids("sleeper")

    def words(self):
        return self.told.read_text().split() if self.told.exists() else []

    async def end(self):
        self.supervisor.stop()
        await self.running


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
async def stand(tmp_path):
    stand = Stand(tmp_path, SLEEPER)
    yield stand
    if not stand.running.done():
        await stand.end()


async def test_as_many_run_as_are_wanted_and_the_reason_is_said(stand):
    stand.supervisor.scale("sleeper", 1)
    assert stand.said == []
    stand.supervisor.scale("sleeper", 3, "40 due")
    await stand.until(lambda: len(stand.words()) == 3)
    first = stand.pids()
    stand.supervisor.scale("sleeper", 3, "40 due")
    stand.supervisor.scale("sleeper", 1, "nothing due")
    assert stand.said == ["sleeper: 1 → 3, 40 due", "sleeper: 3 → 1, nothing due"]
    assert stand.pids() == first[:1], "the newest go first"
    await stand.until(lambda: not any(lives(pid) for pid in first[1:]))
    assert lives(first[0])
    await stand.end()
    assert not lives(first[0])


async def test_what_died_is_started_again_and_the_pause_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervise, "_LONGEST_PAUSE_S", 0.02)
    stand = Stand(tmp_path, "raise SystemExit(3)")
    stand.supervisor.scale("sleeper", 1)
    await stand.until(lambda: len(stand.said) == 4)
    await stand.end()
    assert set(stand.said) == {"sleeper ended (3); starting it again in 0 s"}


async def test_a_killed_process_comes_back(stand, monkeypatch):
    monkeypatch.setattr(supervise, "_FIRST_PAUSE_S", 0.01)
    stand.supervisor.scale("sleeper", 2)
    await stand.until(lambda: len(stand.words()) == 2)
    victim = stand.pids()[0]
    os.kill(victim, signal.SIGKILL)
    await stand.until(lambda: len(stand.words()) == 3)
    assert stand.said == ["sleeper ended (-9); starting it again in 0 s"]
    assert victim not in stand.pids()
    assert len(stand.pids()) == 2


async def test_who_retires_finishes_its_unit_of_work(tmp_path):
    stand = Stand(tmp_path, FINISHER)
    stand.supervisor.scale("sleeper", 1)
    await stand.until(lambda: stand.words() == ["up"])
    (pid,) = stand.pids()
    stand.supervisor.scale("sleeper", 0)
    await stand.until(lambda: stand.words() == ["asked"])
    assert lives(pid)
    stand.told.with_suffix(".work").touch()
    await stand.until(lambda: not lives(pid))
    assert stand.words() == ["finished"]
    await stand.end()
    assert stand.said == []


async def test_who_never_finishes_is_killed_and_it_is_said(tmp_path, monkeypatch):
    stand = Stand(tmp_path, FINISHER)
    stand.supervisor.scale("sleeper", 1)
    await stand.until(lambda: stand.words() == ["up"])
    (pid,) = stand.pids()
    monkeypatch.setattr(supervise, "_STOP_S", 0.05)
    await stand.end()
    assert not lives(pid)
    assert stand.said == [f"sleeper {pid} does not finish; it is killed"]


async def test_asked_twice_everything_ends_at_once(tmp_path):
    stand = Stand(tmp_path, FINISHER)
    stand.supervisor.scale("sleeper", 1)
    await stand.until(lambda: stand.words() == ["up"])
    (pid,) = stand.pids()
    stand.supervisor.stop()
    await stand.until(lambda: stand.words() == ["asked"])
    await stand.end()
    assert not lives(pid)


async def test_cancelled_it_leaves_nothing(stand):
    stand.supervisor.scale("sleeper", 2)
    await stand.until(lambda: len(stand.words()) == 2)
    pids = stand.pids()
    stand.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stand.running
    assert not any(lives(pid) for pid in pids)


async def test_a_command_that_is_not_there_is_said_and_tried_again(monkeypatch):
    monkeypatch.setattr(supervise, "_FIRST_PAUSE_S", 0.01)
    said = []
    supervisor = Supervisor([Kind("ghost", ("./no-such-program",))], said.append)
    running = asyncio.create_task(supervisor.run())
    supervisor.scale("ghost", 1)
    while len(said) < 2:  # noqa: ASYNC110  it is said, not signalled
        await asyncio.sleep(0.01)
    supervisor.stop()
    await running
    assert said[0] == "ghost ended (No such file or directory); starting it again in 0 s"
