"""A merchant's score over time, with the bands that it moved through and what happened."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import altair as alt

from penstock.drawing.draw import Drawing, Rows, named, stacked
from penstock.drawing.palette import ACCEPTED, INK, MUTED, PAPER, REFUSED, SERIES
from penstock.drawing.pictures import BandLine, Happening, ScoreHistory, stretches
from penstock.drawing.waterfall import scale_floor

TITLE = "The score over time"
_HEIGHT = 240
_ROW_PX = 19
_ROWS_MAX = 14
_NAMES_PX = 110
_SHADES = ("#ffffff", "#f2f4f7")
_KINDS = {"stream": ACCEPTED, "surge": REFUSED, "act": SERIES[0], "appeal": SERIES[1]}


def history_words(picture: ScoreHistory) -> str:
    """Say the picture's one message in a sentence."""
    scored = [(day.day, day.score) for day in picture.days if day.score is not None]
    if not scored:
        return f"{picture.merchant} had no score in these days."
    (first, begin), (last, end) = scored[0], scored[-1]
    if first == last:
        return f"{picture.merchant} scored {end:.1f} on {last:%-d %B %Y}."
    moved = f"from {begin:.1f} to {end:.1f}" if f"{begin:.1f}" != f"{end:.1f}" else f"at {end:.1f}"
    return f"{picture.merchant}, {first:%-d %b} to {last:%-d %b %Y}: {moved}."


def draw_history(picture: ScoreHistory, width: int) -> Drawing:
    """Draw the score's line over its bands, whose names stand at the right.

    Days that are not final are hollow. What happened is numbered on the line and told below; of
    more happenings than there is room for, the last.
    """
    scores = [day.score for day in picture.days if day.score is not None]
    low = max(picture.low, scale_floor(scores, picture.high))
    days = [day.day for day in picture.days] or [date(1970, 1, 1)]
    shown = [h for h in picture.happenings if days[0] <= h.day <= days[-1]]
    told = sorted(shown, key=lambda h: h.day)[-_ROWS_MAX:]
    width -= _NAMES_PX if picture.bands else 0
    rows: dict[str, Rows] = {
        "bands": _band_rows(picture.bands, low, picture.high),
        "days": [
            {"day": _instant(d.day), "score": d.score, "final": d.status == "final", "run": i}
            for i, run in enumerate(stretches(picture.days))
            for d in run
        ],
        "told": _numbered(told, width / max(1, len(days) + 1)),
    }
    span = [_instant(days[0] - timedelta(days=1)), _instant(days[-1] + timedelta(days=1))]
    chart = _plot(low, picture.high, span, len(days), width)
    if not told:
        return chart, rows
    return stacked([chart, _list(len(rows["told"]), width + _NAMES_PX)], spacing=14), rows


def _plot(low: float, high: float, span: Sequence[str], days: int, width: int) -> alt.TopLevelMixin:
    x = alt.X("day:T", title=None, scale=alt.Scale(type="utc", domain=list(span), nice=False),
              axis=alt.Axis(format="%-d %b", grid=False, labelFlush=True,
                            tickCount=min(max(2, width // 80), days + 1)))  # fmt: skip
    scale = alt.Scale(domain=[low, high], nice=False)
    y = alt.Y("score:Q", title=None, scale=scale, axis=alt.Axis(tickCount=6, grid=False))
    bands, line = alt.Chart(named("bands")), alt.Chart(named("days"))
    marks = alt.Chart(named("told")).encode(x=x)
    kinds = alt.Color(
        "kind:N", legend=None,
        scale=alt.Scale(domain=list(_KINDS), range=list(_KINDS.values())),
    )  # fmt: skip
    return alt.layer(
        bands.mark_rect().encode(
            y=alt.Y("from:Q", title=None, scale=scale, axis=alt.Axis(tickCount=6, grid=False)),
            y2="to:Q",
            color=alt.Color("shade:N", scale=None),
        ),
        bands.mark_text(align="left", dx=8, color=MUTED, fontSize=11.5, limit=_NAMES_PX - 8)
        .encode(x=alt.value(width), y=alt.Y("middle:Q", scale=scale), text="name:N")
        .transform_filter("datum.named"),
        marks.mark_rule(strokeDash=[2, 3], strokeWidth=1.25).encode(color=kinds),
        line.mark_line(strokeWidth=2.25, color=INK).encode(x=x, y=y, detail="run:N"),
        line.mark_point(size=26, filled=True, opacity=1, color=INK)
        .encode(x=x, y=y)
        .transform_filter("datum.final"),
        line.mark_point(size=26, filled=True, opacity=1, fill=PAPER, stroke=INK, strokeWidth=1.25)
        .encode(x=x, y=y)
        .transform_filter("!datum.final"),
        marks.mark_text(baseline="bottom", fontWeight="bold", fontSize=11)
        .encode(y=alt.value(-3), text="number:N", color=kinds)
        .transform_filter("datum.first && !datum.lifted"),
        marks.mark_text(baseline="bottom", fontWeight="bold", fontSize=11)
        .encode(y=alt.value(-16), text="number:N", color=kinds)
        .transform_filter("datum.first && datum.lifted"),
    ).properties(width=width, height=_HEIGHT)


def _list(count: int, width: int) -> alt.TopLevelMixin:
    """Tell what the numbers stand for, one a line."""
    base = alt.Chart(named("told")).encode(
        y=alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[-0.5, count - 0.5], reverse=True))
    )
    return alt.layer(
        base.mark_text(align="right", x=18, fontWeight="bold").encode(text="label:N"),
        base.mark_text(align="left", x=26, color=MUTED).encode(text="when:N"),
        base.mark_text(align="left", x=76, limit=width - 80).encode(text="text:N"),
    ).properties(width=width, height=_ROW_PX * count)


def _band_rows(bands: Sequence[BandLine], low: float, high: float) -> Rows:
    """Describe the bands that can be seen; one too thin for its name has none."""
    lines = sorted(bands, key=lambda band: band.at)
    rows: Rows = []
    for i, band in enumerate(lines):
        end = min(high, lines[i + 1].at if i + 1 < len(lines) else high)
        begin = max(low, band.at)
        if begin < end:
            tall = (end - begin) / (high - low) * _HEIGHT >= 14
            rows.append({"from": begin, "to": end, "middle": (begin + end) / 2, "named": tall,
                         "name": band.title.partition(":")[0],
                         "shade": _SHADES[i % 2]})  # fmt: skip
    return rows or [{"from": low, "to": high, "named": False, "shade": _SHADES[0]}]


def _numbered(happenings: Sequence[Happening], day_px: float) -> Rows:
    """Give each day one number: those of two happenings would stand one upon the other.

    A number that would touch the one before it is lifted above it.
    """
    days = list(dict.fromkeys(h.day for h in happenings))
    lifted = _lifted(days, day_px)
    seen: set[date] = set()
    rows: Rows = []
    for row, h in enumerate(happenings):
        first = h.day not in seen
        seen.add(h.day)
        number = str(days.index(h.day) + 1)
        rows.append({"day": _instant(h.day), "kind": h.kind, "row": row, "number": number,
                     "first": first, "lifted": h.day in lifted, "label": number if first else "",
                     "when": f"{h.day:%-d %b}" if first else "", "text": h.text})  # fmt: skip
    return rows


def _lifted(days: Sequence[date], day_px: float) -> set[date]:
    lifted: set[date] = set()
    for before, day in pairwise(days):
        if (day - before).days * day_px < 16 and before not in lifted:
            lifted.add(day)
    return lifted


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
