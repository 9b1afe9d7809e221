"""Documentation that fails when it lies."""

import importlib.util
import re
from datetime import timedelta
from pathlib import Path

import pytest

from penstock.lifecycle.reference import render
from penstock.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = ROOT / "docs/reference/settings.md"
LIFECYCLE = ROOT / "docs/reference/lifecycle.md"
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|[`'\"$] ?|bin/)penstock((?: [a-z][a-z-]*(?![\w.=/:-]))+)", re.MULTILINE)


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
    if importlib.util.find_spec("penstock.cli") is None:
        pytest.skip("there is no command line yet")
    cli = importlib.import_module("penstock.cli")
    for place, words in sorted(mentions()):
        commands, apps, rest = cli.app.parse_commands(words.split())
        complete = commands and not (rest and apps[-1].default_command is None)
        assert complete, f"{place} names 'penstock {words}', which is no command"


def test_commands_are_found_in_code():
    text = "`penstock up`\n```\n$ penstock orders import f.csv\n.venv/bin/penstock demo\n```\n"
    code = "\n".join(CODE.findall(text))
    assert COMMAND.findall(code) == [" up", " orders import", " demo"]
