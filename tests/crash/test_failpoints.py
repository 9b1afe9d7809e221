"""C2: a death at every named point, and at every ordered pair: one effect, nothing lost."""

import json
import subprocess
import sys

import pytest


def play(server_url, *arguments):
    import namespace

    script = namespace.HERE / "failpoints.py"
    done = subprocess.run(
        [sys.executable, str(script), server_url, *arguments],
        capture_output=True, text=True, cwd=namespace.ROOT, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{namespace.ROOT}:{namespace.ROOT / 'src'}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["double_or_lost"] == 0, found
    assert found["never_reached"] == []
    return found


def test_a_death_at_every_point(server_url):
    assert play(server_url, "--once")["deaths"] == 11


@pytest.mark.long
def test_a_death_at_every_passing_of_every_point(server_url):
    assert play(server_url)["deaths"] == 17


@pytest.mark.long
def test_deaths_at_every_ordered_pair_of_points(server_url):
    assert play(server_url, "--pairs")["deaths"] > 17 * 17
