"""The end of the demo on a terminal: what happened, on one screen and a half."""

from collections.abc import Iterable, Sequence

import msgspec
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from penstock.simulation.amounts import number_text, percent_text
from penstock.simulation.evening import Audit, Evening, MerchantScore, Run
from penstock.simulation.evening_stages import Stage
from penstock.simulation.report_story import headline, spoken

_BAR = 7
_COSTLY = 5
_COLOURS = {
    "order_receipt": "cyan",
    "pick_and_pack": "yellow",
    "ship_and_transport": "green",
    "order_delivery": "magenta",
}


def print_closing(
    console: Console, evening: Evening, *, scores: Sequence[MerchantScore] = (), audit: Audit
) -> None:
    """Print the summary of an evening; it fits 100 columns."""
    console.print(closing(evening, scores=scores, audit=audit))


def closing(
    evening: Evening, *, scores: Sequence[MerchantScore] = (), audit: Audit
) -> RenderableType:
    """Compose the summary: stages, refusals, stock, promise, scores, the costliest orders."""
    parts: list[RenderableType] = [
        Text(headline(evening) + "\n", style="bold"),
        _stages(evening.stages),
    ]
    if evening.refusals:
        parts += [_title("Refused"), _refusals(evening)]
    parts += [_title("Kept"), _kept(evening, audit)]
    if scores:
        parts += [_title("Logistics Experience Score"), _scores(scores)]
    if any(score.worst for score in scores):
        parts += [_title("The orders that cost most points"), _costly(scores)]
    return Padding(Group(*parts), (1, 0, 0, 1))


def result_line(evening: Evening, audit: Audit, run: Run) -> bytes:
    """Return the result as one line of JSON, without its line end.

    `orders_received` counts each order once, the refused among them; `delivered` counts orders of
    which all has arrived, `returned` returns that came back.
    """
    return msgspec.json.encode(
        {
            "orders_received": evening.received,
            "orders_refused": evening.refused,
            "delivered": evening.delivered,
            "returned": evening.returned,
            "oversold": evening.oversold,
            "audit_differences": audit.differences,
            "invariants_broken": len(audit.broken),
            "seconds": round(run.seconds, 1),
            "peak_mib": round(run.peak_mib),
            "seed": run.seed,
        }
    )


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _grid(*justify: str) -> Table:
    """Return an empty table: < and > columns keep to one line, the last one takes the rest."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for side in justify:
        table.add_column(justify="right" if side == ">" else "left", no_wrap=side in {"<", ">"})
    return table


def _stages(stages: Iterable[Stage]) -> Table:
    table = _grid("<", ">", "<", "")
    for stage in stages:
        told = [
            Text(f"{number_text(p.number)} {p.title}", style="yellow" if p.trouble else "dim")
            for p in stage.parts
        ]
        told += [Text(stage.money, style="dim")] if stage.money else []
        table.add_row(
            Text.assemble(("▌", _COLOURS.get(stage.sub_process, "white")), stage.title),
            number_text(stage.number),
            Text(stage.unit, style="dim"),
            Text(" · ", style="dim").join(told),
        )
    return table


def _refusals(evening: Evening) -> Table:
    table = _grid(">", "<", "")
    for refused in evening.refusals:
        example = Text(refused.example, style="dim", overflow="ellipsis", no_wrap=True)
        table.add_row(number_text(refused.orders), Text(spoken(refused.reason)), example)
    return table


def _kept(evening: Evening, audit: Audit) -> Table:
    table = _grid("<", "")
    ledger = f"{number_text(audit.differences)} counters differ from the ledger"
    stock = f"{number_text(evening.oversold)} oversold; "
    stock += ledger if audit.differences else "ledger equals counters"
    table.add_row("stock", Text(stock, style=_mood(evening.oversold + audit.differences)))
    checked = f"checked {number_text(audit.looks)} times, "
    checked += f"{len(audit.broken)} broken" if audit.broken else "none broken"
    table.add_row("invariants", Text(checked, style=_mood(len(audit.broken))))
    for broken in audit.broken[:5]:
        table.add_row("", Text(broken, style="red"))
    for promise, done in (("dispatch", "handed over"), ("delivery", "delivered")):
        kept, due = evening.kept(promise)
        told = f"{percent_text(kept, due)} of {number_text(due)} orders due were {done} in time"
        table.add_row("promise", told)
    return table


def _mood(faults: int) -> str:
    return "bold red" if faults else "green"


def _scores(scores: Sequence[MerchantScore]) -> Table:
    titles = list(dict.fromkeys(s.title for score in scores for s in score.counted))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("merchant")
    table.add_column("score", justify="right", no_wrap=True)
    for title in titles:
        table.add_column(title, min_width=_BAR + 6)
    for score in scores:
        bars = {s.title: _points(s.points, s.points_lost, s.code) for s in score.counted}
        table.add_row(
            Text(score.title),
            Text("–" if score.total is None else f"{score.total:.1f}", style="bold"),
            *(bars.get(title, Text("–", style="dim")) for title in titles),
        )
    return table


def _points(points: float | None, lost: float, sub_process: str) -> Text:
    """Draw a sub-process's own points of 100 as a bar, and say what it cost of the total.

    A bar is full only where nothing was lost.
    """
    filled = _BAR if not lost else min(_BAR - 1, int((points or 0) / 100 * _BAR))
    rest = ("─" * (_BAR - filled), "bright_black")
    cost = f" −{lost:.1f}" if round(lost, 1) > 0 else ""
    return Text.assemble(("━" * filled, _COLOURS.get(sub_process, "white")), rest, cost)


def _costly(scores: Sequence[MerchantScore]) -> Table:
    worst = sorted(
        (order for score in scores for order in score.worst),
        key=lambda order: (-order.points, order.order_ref),
    )
    table = _grid(">", "<", "")
    for order in worst[:_COSTLY]:
        colour = _COLOURS.get(order.sub_process.replace(" ", "_"), "white")
        ref = Text.assemble(("▌", colour), order.order_ref)
        table.add_row(f"−{order.points:.3f}", ref, Text(order.happened, style="dim"))
    return table
