"""`penstock policies`: from a file into force, by line where it is wrong, and out again."""

import pytest

from penstock import cli
from penstock.kernel.errors import Conflict, Invalid, NotFound

FILE = """\
[[policy]]
kind = "hold"
code = "calm"
channel = "web"
minutes = 30
effective_from = 2999-01-01
source = "ours"
"""


@pytest.fixture
def run(database_url, monkeypatch, capsys):
    """Runs a command on a database of the test's own and returns what it prints."""
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        cli.app(list(words), result_action="return_value")
        return capsys.readouterr().out

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_a_file_is_checked_loaded_listed_and_ended(run, file):
    assert "1 policies, none of them wrong" in run(
        "policies", "load", str(file), "--because", "x", "--check"
    )
    assert "calm" not in run("policies", "list")
    assert "calm from 2999-01-01: added" in run("policies", "load", str(file), "--because", "peak")
    assert "repeated" in run("policies", "load", str(file), "--because", "peak")
    (row,) = [line.split() for line in run("policies", "list").splitlines() if "calm" in line]
    assert row == ["hold", "calm", "2999-01-01", "operator", "peak"]
    run("policies", "end", "calm", "2999-01-01", "--last-day", "2999-02-01", "--because", "over")
    (row,) = [line.split() for line in run("policies", "list").splitlines() if "calm" in line]
    assert row == ["hold", "calm", "2999-01-01", "2999-02-01", "operator", "over"]
    with pytest.raises(Conflict):
        run("policies", "end", "calm", "2999-01-01", "--last-day", "2998-01-01", "--because", "x")


def test_the_shipped_ones_are_written_once(run):
    assert not run("policies", "renew").startswith("0 ")
    assert run("policies", "renew").startswith("0 ")
    assert "tiktok_remorse" in run("policies", "list")


def test_what_is_wrong_is_told_by_its_line(run, file):
    file.write_text(FILE.replace("30", "-30"), "utf-8")
    with pytest.raises(Invalid) as refused:
        run("policies", "load", str(file), "--because", "x")
    assert [error.line for error in refused.value.errors] == [5]
    with pytest.raises(NotFound):
        run("policies", "load", str(file.with_name("none.toml")), "--because", "x")


def test_what_cannot_be_loaded_ends_with_1(run, file):
    file.write_text(FILE.replace("2999", "2020"), "utf-8")
    with pytest.raises(SystemExit) as ended:
        run("policies", "load", str(file), "--because", "x")
    assert ended.value.code == 1
