"""No command is left without a test, and each says what it is for within a terminal's width."""

import re
from pathlib import Path

import pytest

from penstock.cli import app

TESTED_WITH_ITS_STAGE = ("streams",)


def commands(of=app, before=""):
    """Every command, as it is typed."""
    for name in sorted(of):
        if name.startswith("-"):
            continue
        words = f"{before} {name}".strip()
        inner = list(commands(of[name], words))
        yield from inner or [words]


COMMANDS = [c for c in commands() if c.split()[0] not in TESTED_WITH_ITS_STAGE]


def test_the_commands_are_found():
    assert {"init", "orders import", "keys list", "db url"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_a_test(command):
    words = r"[ \"',]+".join(command.split())  # in one text, or as words of their own
    typed = re.compile(rf"[\"']{words}\b")
    texts = (p.read_text("utf-8") for p in Path(__file__).parents[1].rglob("test_*.py"))
    assert any(map(typed.search, texts)), f"type {command!r} in a test"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_is_for(typed, command):
    helped = typed(f"{command} --help")
    assert helped.code == 0
    assert f"penstock {command}" in helped.out
