"""The private PostgreSQL server of one data folder: made, shared, healed and stopped here.

Three locks in the folder say all that must be known; being flocks they end with the processes
that hold them, however those end. `start.lock` is held while anyone decides. `users.lock` is
shared by all who use the server, and the last to leave stops it. `server.lock` is inherited by
the server and its backends: while it is taken, something of a server, even a killed one, runs.
"""

import errno
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from penstock.db import cluster
from penstock.kernel.errors import Misconfigured

_START_TIMEOUT_S = 120.0  # room for the recovery of max_wal_size of log on a slow disk
_STOPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))  # fast; then immediate
_LAUNCHES = 3  # a second one helps where the first was killed, and costs little where it was not
_LOG_BYTES = 1_000_000
_HEADING = b"---- start ----\n"
_TELLING = re.compile("(FATAL|PANIC|error): (?!.*(starting up|not yet accepting))")
_CREATE_DATABASE = """SELECT 'CREATE DATABASE penstock'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'penstock') \\gexec
"""


class EmbeddedServer:
    """The server of `folder`; any number of processes may start, use and stop it side by side."""

    def __init__(self, folder: Path, *, shared_buffers_mb: int = 128) -> None:
        self.folder = folder.resolve()
        self._shared_buffers_mb = shared_buffers_mb
        self._users: int | None = None
        self._socket = ""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, unless others use the server."""
        self.stop()

    def start(self) -> None:
        """Return when the server takes connections: made, recovered or adopted as need be.

        Raises Misconfigured, which says what to do. A recovery that outlasts the wait goes on,
        so that the next start finds it further.
        """
        with self._deciding():
            if self._users is None:
                self._users = _lock(self.folder / "users.lock", fcntl.LOCK_SH)
            try:
                self._bring_up()
            except BaseException as problem:
                self._leave(halt=not isinstance(problem, Misconfigured))
                raise

    def ensure(self) -> None:
        """Start again if the server has died; a long-running owner calls this to heal."""
        if self._users is None or not self.alive():
            self.start()

    def stop(self) -> None:
        """Leave; the last to leave stops the server. Does nothing where nothing was started."""
        if self._users is not None:
            with self._deciding():
                self._leave(halt=True)

    @property
    def pid(self) -> int | None:
        """The process id of the running server, which may still be recovering."""
        pid, _ = self._recorded()
        return pid if _serves(pid, self._data) else None

    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self.pid is not None

    def url(self, database: str = "penstock", user: str = "penstock") -> str:
        """Return the address in the form that asyncpg, psycopg and psql take; start comes first.

        It names the port, so that a PGPORT in the caller's environment misleads no driver.
        """
        if not self._socket:
            raise Misconfigured("the built-in database server has not been started")
        host = quote(self._socket)
        return f"postgresql://{quote(user)}@/{quote(database)}?host={host}&port=5432"

    @property
    def _data(self) -> Path:
        return (self.folder / "postgres").resolve()

    def _recorded(self) -> tuple[int, str]:
        """Return what the server last wrote of itself: process id, socket folder (or 0, "")."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            lines = []
        lines += [""] * 5
        return int(lines[0]) if lines[0].isdigit() else 0, lines[4]

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            deciding = _lock(self.folder / "start.lock", fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(deciding, fcntl.LOCK_UN)  # a forked child may hold a copy
                os.close(deciding)
        except OSError as problem:
            if problem.errno == errno.ENOSPC:
                raise Misconfigured(
                    f"the disk of {self.folder} is full: free at least 200 MB"
                ) from problem
            raise Misconfigured(
                f"cannot use the data folder {self.folder} ({problem}):"
                " make it writable or choose another"
            ) from problem

    def _leave(self, *, halt: bool) -> None:
        if self._users is None:
            return
        users, self._users = self._users, None
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if halt:
                self._halt()
        except BlockingIOError:
            pass  # others stay
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            os.close(users)

    def _halt(self) -> None:
        for stop, grace_s in _STOPS:
            if (pid := self.pid) is None:
                _end_orphans(self._data)
                return
            with suppress(ProcessLookupError):
                os.kill(pid, stop)
            deadline = time.monotonic() + grace_s
            while time.monotonic() < deadline:
                if not self.alive() and (lock := self._server_lock()) is not None:
                    os.close(lock)
                    with suppress(ChildProcessError):
                        os.waitpid(pid, os.WNOHANG)  # first process of a container: ours to bury
                    with suppress(OSError):
                        Path(self._socket).rmdir()
                    return
                time.sleep(0.02)

    def _server_lock(self) -> int | None:
        """Take the lock that a server passes on to its backends; None while any of them runs."""
        try:
            return _lock(self.folder / "server.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None

    def _bring_up(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        programs = cluster.installed()
        launches, hindrance = 0, "it does not answer"
        while not self._answers(programs):
            if self.alive():
                hindrance = "it may be recovering from a crash, so start again later"
            elif (lock := self._server_lock()) is not None:
                try:
                    if launches == _LAUNCHES:
                        raise Misconfigured(f"PostgreSQL did not start: {self._last_words()}")
                    self._launch(lock)
                    launches += 1
                finally:
                    os.close(lock)
            elif launches == 0:
                hindrance = f"processes of a killed server still run in {self._data}, so end them"
                _end_orphans(self._data)
            if time.monotonic() > deadline:
                raise Misconfigured(
                    f"no connection to PostgreSQL within {_START_TIMEOUT_S:.0f} s: {hindrance};"
                    f" its last words: {self._last_words()}"
                )
            time.sleep(0.03)

    def _answers(self, programs: Path) -> bool:
        """Whether a connection is really taken; the first one makes the database."""
        _, socket = self._recorded()
        if not socket:
            return False
        command: list[str | Path] = [programs / "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", socket, "-p", "5432", "-U", "penstock", "-d", "postgres"]
        try:
            done = subprocess.run(  # noqa: S603  a program of our own wheel
                command,
                input=_CREATE_DATABASE,
                env=cluster.environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode == 3:  # connected, and the statement failed
            reason = " ".join(done.stderr.split())
            raise Misconfigured(f"cannot make the database: {reason}")
        if done.returncode == 0:
            self._socket = socket
        return done.returncode == 0

    def _launch(self, lock: int) -> None:
        log = self.folder / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_name("postgres.log.1"))
        with os.fdopen(_open(log, os.O_WRONLY | os.O_APPEND), "ab", buffering=0) as words:
            words.write(_HEADING)
            try:
                made = cluster.prepare(
                    self.folder, shared_buffers_mb=self._shared_buffers_mb, lock=lock, log=words
                )
            except cluster.NotMade as problem:
                raise Misconfigured(
                    f"PostgreSQL could not make its data folder: {self._last_words()}"
                ) from problem
            # The shell leaves at once, so that the server is no child of ours to bury.
            background = ["/bin/sh", "-c", '"$@" &', "sh"]
            server: list[str | Path] = [made.programs / "postgres", "-D", made.data]
            cluster.run([*background, *server], made.account, lock, words)

    def _last_words(self) -> str:
        log = self.folder / "postgres.log"
        with suppress(OSError), log.open("rb") as words:
            words.seek(max(0, log.stat().st_size - 8192))
            lines = words.read().rpartition(_HEADING)[2].decode(errors="replace").splitlines()
            telling = [line for line in lines if _TELLING.search(line)] or lines
            if telling:
                return f"{telling[-1]} ({log})"
        return f"no word of why in {log}"


def _open(path: Path, flags: int) -> int:
    """Open or create a private file of ours, never through a link; no program inherits it."""
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _lock(path: Path, kind: int) -> int:
    descriptor = _open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, kind)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _serves(pid: int, data: Path) -> bool:
    """Whether `pid` is the server of `data`; its number alone may be anyone's after a crash."""
    if pid <= 0:
        return False
    if sys.platform == "linux":
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return False
    else:
        listing = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
        command = subprocess.run(listing, capture_output=True, check=False).stdout  # noqa: S603  fixed
    return b"postgres -D %s " % os.fsencode(data) in command.replace(b"\n", b" ")


def _end_orphans(data: Path) -> None:
    """End backends that outlived their server: one may compute for hours for nobody.

    What they committed is in the log and is kept. Where /proc tells nothing, they are waited for.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "comm").read_text() == "postgres\n" and (
                process / "cwd"
            ).readlink() == data:
                os.kill(int(process.name), signal.SIGQUIT)
