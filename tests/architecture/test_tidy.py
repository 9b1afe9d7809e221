"""Ratchets: what is small stays small, names say what they name, and nobody asks for the time."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src/penstock").rglob("*.py"))
STATEMENTS = sorted((ROOT / "src/penstock").rglob("*.sql"))
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
SAYS_NOTHING = {"utils", "util", "common", "manager", "service", "services", "helpers", "helper"}
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "uuid.uuid1", "uuid.uuid4",
}  # fmt: skip
"""What reads the system's time, or draws what no replay can draw again; monotonic time is fine."""
MAY_ASK = {"kernel/clock.py": "the one place where a process gets its time"}
MACHINE = re.compile(r"(?<![\w.~$}%/-])/(?:home|root|tmp|work|Users|mnt)/[\w.]")
ROUTE = re.compile(r"@(?:get|post|put|patch|delete)\(.*")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT / "src/penstock"))


def functions(path: Path) -> list[tuple[int, str]]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [
        ((node.end_lineno or 0) - node.lineno + 1, f"{named(path)}: {node.name}")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, kinds)
    ]


def clocks(source: str) -> list[str]:
    """The calls in a module that read the system's clock, however it was imported."""
    tree = ast.parse(source)
    brought = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            brought |= {alias.asname or alias.name: prefix + alias.name for alias in node.names}
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    split = (call.partition(".") for call in calls)
    spelled = (brought.get(head, head) + dot + rest for head, dot, rest in split)
    return [call for call in spelled if ".".join(call.split(".")[-2:]) in CLOCKS]


def tracked() -> list[Path]:
    """What is, or is about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout")
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_functions_stay_short():
    found = sorted((f for path in SOURCES for f in functions(path)), reverse=True)
    long = [f"{name} ({lines} lines)" for lines, name in found if lines > FUNCTION_LINES_MAX]
    assert not long, f"over {FUNCTION_LINES_MAX} lines, divide: {long}; next: {found[:3]}"


def test_files_stay_short():
    sized = ((len(p.read_text("utf-8").splitlines()), named(p)) for p in SOURCES + STATEMENTS)
    found = sorted(sized, reverse=True)
    long = [f"{name} ({lines} lines)" for lines, name in found if lines > FILE_LINES_MAX]
    assert not long, f"over {FILE_LINES_MAX} lines, divide: {long}; next: {found[:3]}"


def test_names_say_what_they_name():
    words = {named(p): set(re.split(r"[^a-z]+", named(p).removesuffix(".py"))) for p in SOURCES}
    vague = [name for name, parts in words.items() if parts & SAYS_NOTHING]
    assert not vague, f"{vague}: name the verb, or the thing"


def test_time_is_an_argument():
    found = {named(p): calls for p in SOURCES if (calls := clocks(p.read_text("utf-8")))}
    asking = {name: calls for name, calls in found.items() if name not in MAY_ASK}
    assert not asking, f"take the time as an argument: {asking}"
    assert found.keys() == MAY_ASK.keys(), "MAY_ASK names a file that no longer asks for the time"


def test_no_path_of_a_machine_is_in_the_repository():
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(ROUTE.sub("", text).splitlines(), 1)
        found += [f"{path.relative_to(ROOT)}:{n}" for n, line in lines if MACHINE.search(line)]
    assert not found, f"absolute paths of one machine: {found}"


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time as t\nt.time()",
        "from time import time\ntime()",
        "from time import time_ns as ns\nns()",
        "from datetime import UTC, datetime\ndatetime.now(UTC)",
        "import datetime as dt\ndt.datetime.now()",
        "import datetime\ndatetime.date.today()",
        "from datetime import date as day\nday.today()",
        "from uuid import uuid4\nuuid4()",
    ],
)
def test_a_planted_clock_is_caught(source):
    assert len(clocks(source)) == 1


def test_monotonic_time_and_our_clock_are_fine():
    assert clocks("import time\ntime.monotonic()\nclock.now()\nself.clock.now()") == []


def test_planted_paths_are_caught():
    for folder in ("home", "root", "tmp", "Users"):
        assert MACHINE.search(f"open('/{folder}/x')")
    assert not MACHINE.search("GET /v1/tmp/x and ./tmp/x and $HOME/tmp/x")
