"""The command line: each command is a few lines that call a verb and print what it answers."""

import logging
import signal
import sys

from cyclopts import App, CycloptsError

from penstock import __version__
from penstock.cli.actions import actions
from penstock.cli.archive import archive
from penstock.cli.database import db, init
from penstock.cli.demo import demo
from penstock.cli.experience import history, score
from penstock.cli.keys import keys
from penstock.cli.orders import orders
from penstock.cli.output import forget_output, told, write_any_letter
from penstock.cli.policies import policies
from penstock.cli.processes import serve, up, work
from penstock.cli.score_appeal import appeal
from penstock.cli.score_check import check
from penstock.cli.score_drivers import drivers
from penstock.cli.score_explain import changes, evidence, explain, revisions
from penstock.cli.score_foresee import foresee
from penstock.cli.score_lift import lift
from penstock.cli.score_recompute import recompute, use
from penstock.cli.score_survey import survey
from penstock.cli.session import complain
from penstock.cli.stock import audit
from penstock.cli.streams import streams
from penstock.cli.vocabularies import vocabularies
from penstock.kernel.errors import Misconfigured, Refusal

app = App(
    name="penstock",
    version=__version__,
    help="Fulfilment for livestream and marketplace commerce: from order flood to door, and back.",
)
for command in (init, serve, work, up, demo, audit, archive):
    app.command(command)
for group in (orders, policies, actions, vocabularies, history, keys, db, streams, score):
    app.command(group)
for part in (check, lift, drivers, survey, explain, changes, revisions, evidence, appeal, foresee,
             recompute, use):  # fmt: skip
    score.command(part)


def main() -> None:
    """Run a command; what a person can mend is one line, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    # What a lost connection means is said once, by whoever needed it.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    write_any_letter()
    try:
        app(sys.argv[1:])
        sys.stdout.flush()  # what cannot be written is to be known here, and not after the end
    except (Misconfigured, Refusal) as problem:
        complain(f"penstock: {problem}")
        for error in getattr(problem, "errors", ()):
            if error.detail not in str(problem):  # what was said once is not said again
                complain(f"  {error.pointer or '/'}: {error.detail}")
        raise SystemExit(2) from None
    except CycloptsError:
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as problem:
        complain(f"penstock: {told(problem)}")
        forget_output()
        raise SystemExit(2) from None
