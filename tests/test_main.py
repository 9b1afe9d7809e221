"""The start of every command: a signal that comes at any moment of it ends it, without a word."""

import subprocess
import sys

import pytest

_INTERRUPTED_IN_A_CALLBACK = """
import os, signal, sys, time, types, weakref
import penstock.__main__ as start

def run():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    class Held: pass
    held = Held()
    watched = weakref.ref(held, lambda _: os.kill(os.getpid(), signal.{name}))
    del held
    print("went on", flush=True)
    time.sleep(30)

sys.modules["penstock.cli"] = types.SimpleNamespace(main=run)
start.main()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_in_a_callback_of_the_interpreter_is_not_lost(name):
    ran = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_IN_A_CALLBACK.format(name=name)],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "went on\n", "")


def test_what_else_a_callback_raises_is_still_told():
    ran = subprocess.run(
        [sys.executable, "-c", """
import sys, types, weakref
import penstock.__main__ as start

def run():
    held = type("Held", (), {})()
    watched = weakref.ref(held, lambda _: 1 / 0)
    del held

sys.modules["penstock.cli"] = types.SimpleNamespace(main=run)
start.main()
"""], capture_output=True, text=True, timeout=20, check=False)  # fmt: skip
    assert ran.returncode == 0
    assert "ZeroDivisionError" in ran.stderr
