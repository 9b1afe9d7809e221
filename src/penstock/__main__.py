"""`python -m penstock` is `penstock`."""

import signal
import sys

_AGAIN_S = 0.01


def main() -> None:
    """Run a command; Ctrl-C is no error of ours even while the command's parts are still loaded."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    sys.unraisablehook = _interrupt_again
    try:
        from penstock.cli import main as run

        run()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _interrupt_again(dropped: "sys.UnraisableHookArgs") -> None:
    """Raise an interruption again that came in a callback of the interpreter, which drops it."""
    if dropped.exc_type is KeyboardInterrupt:
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    else:
        sys.__unraisablehook__(dropped)


if __name__ == "__main__":
    main()
