"""The page of statuses and moves, written from the data so that it cannot lag behind.

`python -m penstock.lifecycle.reference > docs/reference/lifecycle.md` writes it anew.
"""

import sys
from datetime import timedelta

from penstock.lifecycle.states import STATUSES, Kind, Status, mermaid

_HEAD = """\
# The life of an order

This page is written from `src/penstock/lifecycle/states.py`; do not edit it by hand
(`python -m penstock.lifecycle.reference` prints it).

Three things have a status: the fulfilment order (what one node ships to one consignee), the parcel
and the return. What a customer's order has come to is rolled up from its fulfilment orders. A
move that is not drawn here cannot be written: the database refuses it by a foreign key.

*Waits for* says who is expected to make the next move, *patience* how long that may take before the
subject belongs on the exception list. Patience counts from when the subject becomes due, so a hold
does not use it up.
"""
_TITLES: dict[Kind, str] = {
    "fulfilment_order": "Fulfilment order",
    "parcel": "Parcel",
    "return": "Return",
}


def render() -> str:
    """Return the reference page as Markdown: a diagram and a table of statuses for each kind."""
    return _HEAD + "".join(_section(kind, title) for kind, title in _TITLES.items())


def _section(kind: Kind, title: str) -> str:
    rows = "".join(_row(status) for status in STATUSES if status.kind == kind)
    diagram = f"```mermaid\n{mermaid(kind)}\n```\n"
    return f"\n## {title}\n\n{diagram}\n| status | waits for | patience |\n|---|---|---|\n{rows}"


def _row(status: Status) -> str:
    patience = "terminal" if status.patience is None else _spoken(status.patience)
    return f"| `{status.status}` | {status.waits_for} | {patience} |\n"


def _spoken(patience: timedelta) -> str:
    """Say whole days as days from three on, and anything else in hours."""
    hours = patience / timedelta(hours=1)
    return f"{hours / 24:g} days" if hours >= 72 and hours % 24 == 0 else f"{hours:g} hours"


if __name__ == "__main__":
    sys.stdout.write(render())
