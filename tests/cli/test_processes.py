"""`penstock up` as it is run: it scales, heals, and leaves nothing, not even when it is killed.

All of it runs in a PID namespace of its own, so that whatever goes wrong ends with the test.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Misconfigured
from penstock.lifecycle.advance import create, new_ids

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def private_namespaces() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*UNSHARE, "true"], check=False, capture_output=True).returncode == 0


needs_namespace = pytest.mark.skipif(
    not private_namespaces(), reason="needs unshare and the right to make a PID namespace"
)


class Up:
    """`penstock up` under a small init of its own namespace."""

    def __init__(self, url: str, folder: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "up.log"
        # The shell stays, so that it reaps what is orphaned; the namespace ends with it.
        script = '"$@" & echo started; wait $!; echo "ended $?"; while :; do sleep 1; done'
        command = [sys.executable, "-m", "penstock", "up", "--port", str(self.port), *options]
        with self.log.open("w") as log:
            self.init = subprocess.Popen(
                [*UNSHARE, "sh", "-c", script, "sh", *command],
                cwd=folder,
                env=os.environ | {"PENSTOCK_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def processes(self) -> dict[int, list[str]]:
        """Every penstock process of the namespace, by its number out here."""
        root = children(self.init.pid)
        namespace = Path(f"/proc/{root[0]}/ns/pid").readlink() if root else None
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (entry / "ns/pid").readlink() == namespace:
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                    if words[1:3] == ["-m", "penstock"]:
                        found[int(entry.name)] = words[3:]
        return found

    def pids(self, command: str) -> list[int]:
        return sorted(pid for pid, words in self.processes().items() if words[0] == command)

    def until(self, true):
        """Wait until something is so; the test's time limit bounds it."""
        while not (answer := true()):
            assert self.init.poll() is None, self.said()
            time.sleep(0.05)
        return answer

    def ready(self, workers: int) -> None:
        self.until(lambda: self.said().count("worker ready") >= workers)
        self.until(self.healthy)

    def healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=20).is_success
        except httpx.HTTPError:
            return False

    def said(self) -> str:
        return self.log.read_text()

    def close(self) -> None:
        for pid in children(self.init.pid):
            os.kill(pid, signal.SIGKILL)  # the namespace's init: all in it go with it
        self.init.kill()
        self.init.wait()


def children(pid: int) -> list[int]:
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.fixture
def start(database_url, tmp_path):
    started = []

    def up(*options: str) -> Up:
        started.append(Up(database_url, tmp_path, *options))
        return started[-1]

    yield up
    for one in started:
        one.close()


@needs_namespace
def test_several_of_each_share_one_port_and_ctrl_c_leaves_nothing(start):
    up = start("--workers", "2", "--api", "2")
    up.ready(2)
    assert len(up.pids("serve")) == len(up.pids("work")) == 2
    os.kill(up.pids("up")[0], signal.SIGINT)
    up.until(lambda: "\nended 0" in up.said() and not up.processes())
    assert "Traceback" not in up.said()
    assert "starting it again" not in up.said()


@needs_namespace
def test_what_is_killed_comes_back_and_the_port_stays_open(start):
    up = start()
    up.ready(1)
    (worker,), (api,) = up.pids("work"), up.pids("serve")
    os.kill(worker, signal.SIGKILL)
    os.kill(api, signal.SIGKILL)
    assert up.healthy(), "who connects meanwhile waits for the new process"
    up.ready(2)
    assert up.pids("work") != [worker]
    assert "worker ended (-9); starting it again in 1 s" in up.said()
    assert "api ended (-9); starting it again in 1 s" in up.said()


@needs_namespace
def test_when_the_supervisor_is_killed_everything_ends(start):
    up = start("--workers", "2", "--api", "2")
    up.ready(2)
    os.kill(up.pids("up")[0], signal.SIGKILL)
    up.until(lambda: "\nended 137" in up.said() and not up.processes())
    assert "Traceback" not in up.said()


@needs_namespace
async def test_a_backlog_brings_workers(start, database, make_in):
    async def wait_for_labels(tx):
        make = make_in(tx)
        merchant_id = await make.merchant()
        at = (await tx.fetch("SELECT now()"))[0][0]
        ids = await new_ids(tx, count=20_000, at=at)
        await create(
            tx, kind="parcel", merchant_ids=[merchant_id] * len(ids), subject_ids=ids,
            events=["packed"] * len(ids), due_at=[None] * len(ids), at=at,
        )  # fmt: skip

    await database.run(OPERATOR, wait_for_labels)
    up = start("--workers", "auto", "--max", "3")
    up.until(lambda: "worker: 1 → 3, 2" in up.said())
    up.until(lambda: len(up.pids("work")) == 3)
    assert len(up.pids("serve")) == 1


@pytest.mark.parametrize("option", ["workers", "api", "max_processes"])
def test_none_of_a_kind_is_refused(option):
    from penstock.cli.processes import up

    with pytest.raises(Misconfigured, match="at least one"):
        up(**{option: 0})


def test_a_descriptor_that_is_no_socket_is_refused():
    from penstock.cli.processes import serve

    with Path(os.devnull).open() as file, pytest.raises(Misconfigured, match="is no socket"):
        serve(fd=file.fileno())
