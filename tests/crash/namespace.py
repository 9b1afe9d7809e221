"""A private PID, network and mount namespace: whatever is killed in it, nobody outside notices."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENTER = ("unshare", "--pid", "--net", "--mount", "--fork", "--mount-proc", "--kill-child")
# A shell as the first process buries what its orphans leave behind.
INSIDE = ("sh", "-c", '"$@"; exit $?', "sh")


def hindrance() -> str:
    """Return why no namespace can be made here, in words; empty if one can."""
    try:
        done = subprocess.run([*ENTER, "true"], capture_output=True, text=True, check=False)
    except OSError as error:
        return f"needs unshare ({error.strerror})"
    return "" if done.returncode == 0 else f"needs namespaces: {done.stderr.strip()}"


def play(script: str, *arguments: object, timeout_s: float) -> dict[str, Any]:
    """Run a script of this folder in a namespace; return its last line, a JSON object.

    Raises AssertionError with its last words if it fails.
    """
    command = [*ENTER, *INSIDE, sys.executable, str(HERE / script), *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
        timeout=timeout_s,
    )  # fmt: skip
    sys.stderr.write(done.stderr[-40_000:])
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"{script} failed: {lines[-1:]} {done.stderr[-2_000:]}"
    found: dict[str, Any] = json.loads(lines[-1])
    return found
