"""One colour for one thing, on every chart and in the text; told apart by colour-blind eyes.

The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), darkened where they carry
thin lines.
"""

INK = "#1c2430"
MUTED = "#5d6875"
RULE = "#dfe3e8"
PAPER = "#ffffff"
ACCEPTED = "#0072b2"
REFUSED = "#d55e00"

SUB_PROCESSES: dict[str, str] = {
    "order_receipt": "#3f9fd6",
    "pick_and_pack": "#e09600",
    "ship_and_transport": "#009e73",
    "order_delivery": "#b8609a",
    "returns": "#7b6b5d",
}
"""Of the four sub-processes and what comes after them; a stage wears its sub-process's colour."""

SERIES: tuple[str, ...] = ("#0072b2", "#b8609a", "#8a6d00", "#009e73")
"""For things of one kind that have no colour of their own, such as SKUs."""
