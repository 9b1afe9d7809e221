"""Names, labels and reasons are printed as they were written, and never break a page."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

ODD = "[bold]x[/bold] [/nope] :smile:"


def test_a_label_is_no_style(penstock):
    penstock(f'keys create operator --label "{ODD}"')
    listed = penstock("keys list")
    assert listed.code == 0
    assert "[/nope]" in listed.out
    assert ":smile:" in listed.out


def test_a_title_of_a_profile_is_no_style(penstock, tmp_path):
    from importlib import resources

    shipped = resources.files("penstock.experience") / "profiles/marketplace.toml"
    text = shipped.read_text("utf-8").replace("plain marketplace rates", ODD)
    (tmp_path / "odd.toml").write_text(text, "utf-8")
    ran = penstock("score --profile odd.toml")
    assert (ran.code, ODD in ran.out) == (0, True)


def test_policies_are_not_cut_on_a_narrow_terminal(penstock, monkeypatch):
    penstock("init")
    monkeypatch.setenv("COLUMNS", "40")
    listed = penstock("policies list")
    assert listed.code == 0
    assert "…" not in listed.out


def run(*arguments, **options):
    command = [sys.executable, "-m", "penstock", *arguments]
    return subprocess.run(command, check=False, text=True, stderr=subprocess.PIPE, **options)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
@pytest.mark.parametrize("line", [("--help",), ("score", "check", "marketplace")])
def test_a_full_disk_is_one_line(line):
    with Path("/dev/full").open("w") as full:
        ran = run(*line, stdout=full)
    assert ran.returncode == 2
    assert "No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


def test_any_letter_gets_out_where_the_locale_has_few(typed, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    typed("score check --assumed tiktok_shop_us")
    sys.stdout.seek(0)
    assert "about 40" in sys.stdout.read()
