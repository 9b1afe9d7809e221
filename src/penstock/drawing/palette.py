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

OTHER = SUB_PROCESSES["returns"]
"""Of what belongs to none of the four."""


def part_colour(sub_process: str) -> str:
    """Return the colour of a sub-process by its code or its title."""
    return SUB_PROCESSES.get(sub_process.replace(" ", "_"), OTHER)


SERIES: tuple[str, ...] = ("#1c2430", "#7a5cc4", "#a07d00", "#5d6875")
"""For things of one kind that have no colour of their own, such as SKUs."""

MILESTONES: dict[str, str] = {
    "accepted": SUB_PROCESSES["order_receipt"],
    "packed": SUB_PROCESSES["pick_and_pack"],
    "handed over": SUB_PROCESSES["ship_and_transport"],
    "hand-over due": SUB_PROCESSES["ship_and_transport"],
    "delivered": SUB_PROCESSES["order_delivery"],
    "delivery due": SUB_PROCESSES["order_delivery"],
    "returned": SUB_PROCESSES["returns"],
}
"""A milestone wears the colour of the sub-process that it ends; what is due that of its doing."""

PAYERS: dict[str, str] = {
    "merchants": "#1c2430",
    "carriers": "#009e73",
    "platform": "#8fa0b3",
    "shoppers": "#b8609a",
}
"""Who bears the fee of a return."""
