"""From all points down to the score: which sub-process cost how many."""

from collections.abc import Sequence

import altair as alt

from penstock.drawing.draw import Drawing, Rows, named
from penstock.drawing.palette import INK, OTHER, SUB_PROCESSES
from penstock.drawing.pictures import Loss, Waterfall

TITLE = "Where the points went"
_END = "score"


def waterfall_words(picture: Waterfall) -> str:
    """Say the picture's one message in a sentence."""
    if picture.score is None:
        return f"{picture.merchant} has no score yet ({picture.status.replace('_', ' ')})."
    lost = sorted((loss for loss in picture.losses if loss.points > 0), key=lambda x: -x.points)
    told = f"{picture.merchant} scores {picture.score:.1f} of {picture.high:g}, {picture.status}"
    if not lost:
        return f"{told}; nothing was lost."
    worst = lost[0]
    return f"{told}. Most was lost in {worst.title}: {worst.points:.1f}."


def draw_waterfall(
    high: float, losses: Sequence[Loss], lowest: float, width: int, *, ends: bool = False
) -> Drawing:
    """Draw losses one below the other, each beginning where the last one ended.

    The scale begins at `lowest`. With `ends` full marks stand above them and the score below.
    """
    rows = waterfall_rows(high, losses, lowest, ends=ends)
    hues = {**SUB_PROCESSES, "other": OTHER, "end": INK}
    colour = alt.Color(
        "part:N", legend=None, scale=alt.Scale(domain=list(hues), range=list(hues.values()))
    )
    x = alt.X("from:Q", title=None, axis=alt.Axis(tickCount=3 if width < 300 else 6),
              scale=alt.Scale(domain=[lowest, high], nice=False))  # fmt: skip
    axis = alt.Axis(labelFontSize=12, labelColor=INK, labelLimit=170)
    y = alt.Y("title:N", sort=[row["title"] for row in rows], title=None, axis=axis)
    base = alt.Chart(named("losses"))
    text = base.encode(x="text_at:Q", y=y, text="text:N")
    chart = alt.layer(
        base.mark_bar(height=15).encode(x=x, x2="to:Q", y=y, color=colour),
        text.mark_text(align="right", dx=-5).transform_filter("!datum.inside"),
        text.mark_text(align="right", dx=-6, color="#ffffff").transform_filter("datum.inside"),
    ).properties(width=width, height=28 * len(rows))
    return chart, {"losses": rows}


def waterfall_rows(high: float, losses: Sequence[Loss], lowest: float, *, ends: bool) -> Rows:
    """Return the bars: where each begins and ends, and its number."""
    rows: Rows = []
    left = high
    if ends:
        rows.append(_row("full marks", "end", lowest, high, f"{high:g}"))
    for loss in losses:
        text = f"−{loss.points:.1f}" if loss.points > 0 else f"+{-loss.points:.1f}"
        text = text if loss.points else "0"
        rows.append(_row(loss.title, loss.code, left, left - loss.points, text))
        left -= loss.points
    if ends:
        rows.append(_row(_END, "end", lowest, left, f"{left:.1f}"))
    return rows


def _row(title: str, part: str, begin: float, end: float, text: str) -> dict[str, object]:
    """Describe a bar; what stands at an end has its number inside, a loss before it."""
    inside = part == "end"
    at = end if inside else min(begin, end)
    return {"title": title, "part": part if part in SUB_PROCESSES or inside else "other",
            "from": begin, "to": end, "text": text, "text_at": at, "inside": inside}  # fmt: skip


def scale_floor(totals: Sequence[float], high: float) -> float:
    """Begin a scale at a round tenth below the lowest score, with room for its label."""
    step = high / 10
    return max(0.0, (min(totals, default=high) - 0.03 * high) // step * step)
