"""Documentation that fails when it lies."""

import importlib.util
import re
import shlex
from contextlib import nullcontext
from datetime import datetime, timedelta
from http.server import HTTPServer
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Any, get_args

import httpx
import msgspec
import pytest

from penstock.api.http import http_app
from penstock.api.problems import STATUS
from penstock.api.receipt import REFUSALS
from penstock.channels import detect
from penstock.channels.csv_file import COLUMNS, REQUIRED
from penstock.channels.json_text import decode_order
from penstock.channels.order import Address, NewLine, NewOrder, Policy
from penstock.db import migrate
from penstock.db.query import QUERIES
from penstock.gateways.effects import LabelBought, ManifestClosed
from penstock.gateways.port import Request, Vendor
from penstock.gateways.sandbox import SandboxGateway
from penstock.gateways.statuses import read_vocabularies
from penstock.lifecycle.reference import render
from penstock.orders.item import Answer
from penstock.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = ROOT / "docs/reference/settings.md"
LIFECYCLE = ROOT / "docs/reference/lifecycle.md"
ORDER_FILE = ROOT / "docs/reference/order-file.md"
API = ROOT / "docs/reference/api.md"
ONE_ORDER = ROOT / "docs/explanation/one-order.md"
TUTORIAL = ROOT / "docs/tutorial.md"
CONNECT = ROOT / "docs/how-to/connect-a-vendor.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|[`'\"$] ?|bin/)penstock((?: [a-z][a-z-]*(?![\w.=/:-]))+)", re.MULTILINE)
TYPES = {
    str: "text",
    int: "whole number",
    datetime: "time",
    datetime | None: "time",
    Policy: "policy",
    Address: "object",
    tuple[NewLine, ...]: "list of objects",
    tuple[int, ...]: "list of integers",
}


def rows(page: Path, heading: str) -> list[list[str]]:
    """The body of the table under a heading, cell by cell."""
    section = page.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_lifecycle_page_tells_the_statuses_and_moves():
    assert LIFECYCLE.read_text("utf-8") == render(), (
        "stale: run python -m penstock.lifecycle.reference > docs/reference/lifecycle.md"
    )


def test_every_setting_is_on_its_page():
    told = {tuple(cell.strip("`") for cell in row[:3]) for row in rows(SETTINGS, "Settings")}
    defaults = zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True)
    known = {(name, f"PENSTOCK_{name.upper()}", str(value) or "empty") for name, value in defaults}
    assert told == known, f"{SETTINGS.name} differs from the code in {told ^ known}"


@pytest.mark.parametrize("row", rows(SETTINGS, "Limits"), ids=lambda row: row[2].strip("`"))
def test_a_limit_is_what_the_page_says(row):
    module, _, name = f"penstock.{row[2].strip('`')}".rpartition(".")
    fixed = getattr(importlib.import_module(module), name)
    number, _, unit = row[1].replace(",", "").partition(" ")
    said = timedelta(**{unit.rstrip("s") + "s": float(number)}) if unit else int(number)
    seconds = said.total_seconds() if isinstance(fixed, float) else said  # *_s constants
    assert fixed == seconds, f"{SETTINGS.name} says {row[1]} for {row[2]}, which is {fixed}"


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = CODE.sub("", page.read_text("utf-8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}, which does not exist"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {file.name} has no heading #{anchor}"


def anchors(page: Path) -> set[str]:
    """What headings are called in links: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def mentions() -> set[tuple[str, str]]:
    """Where a command of ours is named: code in Markdown, strings and comments in the source."""
    found = set()
    for page in DOCS:
        code = "\n".join(CODE.findall(page.read_text("utf-8")))
        found |= {(page.name, words.strip()) for words in COMMAND.findall(code)}
    for path in (ROOT / "src").rglob("*.py"):
        quoted = re.findall(r"'penstock [a-z -]+'|`penstock [a-z -]+`", path.read_text("utf-8"))
        found |= {(path.name, words.strip("'`").removeprefix("penstock ")) for words in quoted}
    return found


def test_every_command_that_is_named_exists():
    cli = importlib.import_module("penstock.cli")
    for place, words in sorted(mentions()):
        commands, apps, rest = cli.app.parse_commands(words.split())
        complete = commands and not (rest and apps[-1].default_command is None)
        assert complete, f"{place} names 'penstock {words}', which is no command"


def test_commands_are_found_in_code():
    text = "`penstock up`\n```\n$ penstock orders import f.csv\n.venv/bin/penstock demo\n```\n"
    code = "\n".join(CODE.findall(text))
    assert COMMAND.findall(code) == [" up", " orders import", " demo"]


def fenced(page: Path, language: str) -> list[str]:
    """The code blocks of a page that are in a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def test_every_column_of_the_csv_file_is_on_its_page():
    known = [[f"`{c}`", "yes" if c in REQUIRED else "", said] for c, said in COLUMNS.items()]
    assert rows(ORDER_FILE, "CSV") == known


def test_every_field_of_an_order_is_on_its_page():
    known = [
        [f"`{name}{field.name}`", TYPES[field.type], "yes" if field.required else ""]
        for name, kind in (("", NewOrder), ("ship_to.", Address), ("lines[].", NewLine))
        for field in msgspec.structs.fields(kind)
    ]
    assert [row[:3] for row in rows(ORDER_FILE, "NDJSON")] == known


def test_every_policy_and_outcome_is_on_its_page():
    assert [row[0].strip("`") for row in rows(ORDER_FILE, "Policies")] == list(get_args(Policy))
    named = set(re.findall(r"`(\w+)`", Answer.__doc__ or "")) - {"order_id"}
    told = {row[0].strip("`"): row[2] for row in rows(ORDER_FILE, "Outcomes")}
    assert told.keys() == named | {"invalid"}
    assert {outcome for outcome, final in told.items() if final} == {
        "accepted", "insufficient_stock", "daily_cap_reached",
    }  # fmt: skip


@pytest.mark.parametrize(("page", "orders"), [(ORDER_FILE, 1), (TUTORIAL, 5)])
def test_a_csv_file_on_a_page_can_be_read(page, orders):
    for text in fenced(page, "csv"):
        assert len(list(detect.read(text.encode())[1])) == orders


def test_the_order_on_the_page_can_be_read():
    for text in fenced(ORDER_FILE, "json"):
        assert decode_order(text.encode())


def test_every_table_that_an_order_passes_exists():
    migrations = "".join(m.sql for m in migrate.migrations())
    schemas = set(re.findall(r"CALL penstock\.stage\('(\w+)'\)", migrations))
    told = set(re.findall(r"`(\w+\.\w+)`", ONE_ORDER.read_text("utf-8")))
    tables = {name for name in told if name.split(".")[0] in schemas}
    assert len(tables) > 20
    missing = {name for name in tables if f"CREATE TABLE {name} (" not in migrations}
    assert not missing, f"{ONE_ORDER.name} names tables that do not exist: {missing}"


def access() -> dict[str, dict[str, int]]:
    """By operation what each kind of caller is answered, as the API's own test proves it."""
    matrix = loaded(ROOT / "tests/api/test_authz.py").MATRIX
    return {operation: answers for operation, (answers, _) in matrix.items()}


def loaded(path: Path) -> Any:
    """A module by its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def who(answers: dict[str, int]) -> str:
    """The roles that are let in, but for the operator, who may do everything."""
    if answers["nobody"] == 200:
        return "anyone"
    return next((role for role in ("merchant", "floor", "vendor") if answers[role] < 300), "")


def operations() -> list[list[str]]:
    """The table of operations as it must be: method and path, who else may, what it does."""
    allowed = access()
    return [
        [f"`{method} {route.path_format}`", who(allowed[f"{method} {route.path_format}"]),
         handler.summary]
        for route in http_app(lambda _: nullcontext(), 0).routes
        # The framework keeps the handlers of one path in a set, so in no order.
        for handler in sorted(
            getattr(route, "route_handlers", ()), key=lambda found: min(found.http_methods)
        )
        if handler.resolve_include_in_schema()
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
    ]  # fmt: skip


def test_every_operation_is_on_its_page():
    assert rows(API, "Operations") == operations()


def test_every_problem_is_on_its_page():
    known = {(kind.code, str(status)) for kind, status in STATUS.items()}
    framework = {("bad_request", "400"), ("method_not_allowed", "405"), ("bug", "500")}
    told = {(row[0].strip("`"), row[1]) for row in rows(API, "Problems")}
    single = {(code, str(STATUS[kind])) for code, kind in REFUSALS.items()}
    assert told == known | framework | single


def test_every_call_that_a_page_shows_is_one_that_the_api_takes():
    calls = [call for page in DOCS for call in shown_calls(page)]
    assert len(calls) > 20
    handlers = {
        (method, re.sub(r"\{\w+\}", "[^/]+", route.path_format)): handler
        for route in http_app(lambda _: nullcontext(), 0).routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
    }
    for page, method, path, body in calls:
        found = [h for (m, p), h in handlers.items() if m == method and re.fullmatch(p, path)]
        assert found, f"{page} calls {method} {path}, which does not exist"
        if body and path == "/v1/orders":
            decode_order(body.encode())
        elif body:
            msgspec.json.decode(body, type=found[0].parsed_data_field.annotation)


def shown_calls(page: Path) -> list[tuple[str, str, str, str]]:
    """The page, method, path and body of each call by the tutorial's `api` and `floor`."""
    calls = []
    for block in fenced(page, "sh"):
        for line in re.split(r"\n(?!\s|\})", re.sub(r" +#.*", "", block)):
            words = shlex.split(line.replace("\\\n", " "))
            while words and "=" in words[0]:
                words.pop(0)
            if len(words) < 2 or words[0] not in {"api", "floor"} or "()" in line:
                continue
            path = f"/v1/{'nodes/1/' * (words[0] == 'floor')}{words[1].partition('?')[0]}"
            options = dict(zip(words[2::2], words[3::2], strict=True))
            sends = "-d" in options or "--data-binary" in options
            method = options.get("-X", "POST" if sends else "GET")
            calls.append((page.name, method, path, options.get("-d", "")))
    return calls


async def test_the_carrier_on_the_page_keeps_the_contract():
    (text,) = fenced(CONNECT, "python")
    names: dict[str, Any] = {"__name__": "carrier"}
    exec(compile(text, CONNECT.name, "exec"), names)
    with HTTPServer(("127.0.0.1", 0), quiet(names["Carrier"])) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        vendor = Vendor("toy", "sandbox", f"http://127.0.0.1:{server.server_port}")
        wanted = Request("r/1", msgspec.json.encode({"reference": "r/1"}))
        try:
            async with httpx.AsyncClient() as client:
                gateway = SandboxGateway(client)
                (absent,) = await gateway.find(vendor, "labels", ["r/1"])
                first = await gateway.send(vendor, "labels", [wanted])
                again = await gateway.send(vendor, "labels", [wanted])
                found = await gateway.find(vendor, "labels", ["r/1"])
                (closed,) = await gateway.send(vendor, "manifests", [wanted])
        finally:
            server.shutdown()
            thread.join()
    assert absent.state == "absent"
    assert first == again == found
    assert msgspec.json.decode(first[0].body, type=LabelBought).reference == "r/1"
    assert msgspec.json.decode(closed.body, type=ManifestClosed).reference == "r/1"


def quiet(handler: type) -> type:
    """The same handler, which does not write a log."""
    return type("Quiet", (handler,), {"log_message": lambda *_: None})


def test_the_vocabulary_on_the_page_is_one():
    for text in fenced(CONNECT, "toml"):
        assert read_vocabularies(text, CONNECT.name)


async def test_the_verb_that_contributing_adds_works(tx, tmp_path):
    text = CONTRIBUTING.read_text("utf-8")
    for name in ("set_bins.sql", "set_bins.py"):
        shown = text.split(f"`src/penstock/inventory/{name}`:\n\n")[1].split("```")[1]
        (tmp_path / name).write_text(dedent(shown.partition("\n")[2]), "utf-8")
    declared = len(QUERIES)
    try:
        verb = loaded(tmp_path / "set_bins.py")
    finally:
        del QUERIES[declared:]
    assert await verb.move_bins(tx, 1, 1, {999: "A-01-01"}) == {999: "not_here"}
