"""Open orders by deadline, and how likely each is to miss it."""

from datetime import datetime, timedelta

import altair as alt

from penstock.drawing.draw import Drawing, Rows, named
from penstock.drawing.palette import INK, MUTED
from penstock.drawing.pictures import OVERDUE, RISKS, UNKNOWN, AtRisk, risk_of

TITLE = "Open orders at risk"
_HUES = {
    OVERDUE: "#7a2e00",
    RISKS[0][0]: "#d55e00",
    RISKS[1][0]: "#f0b37e",
    RISKS[2][0]: "#8db6d6",
    UNKNOWN: "#c9d0d8",
}
_BINS = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=6), timedelta(hours=12),
         timedelta(days=1), timedelta(days=7))  # fmt: skip


def at_risk_words(picture: AtRisk) -> str:
    """Say the picture's one message in a sentence."""
    if not picture.orders:
        return f"{picture.merchant} has no open order with a deadline."
    called = [risk_of(order, picture.as_of) for order in picture.orders]
    overdue, likely = called.count(OVERDUE), called.count(RISKS[0][0])
    many = "1 open deadline" if len(called) == 1 else f"{len(called):,} open deadlines"
    told = f"{picture.merchant}: {many}, {overdue:,} overdue"
    if all(order.probability is None for order in picture.orders):
        return f"{told}."
    expected = sum(
        o.probability for o in picture.orders if o.probability and o.due_at > picture.as_of
    )
    missed = f"about {expected:.0f}" if expected >= 0.5 else "none"
    return f"{told}, {likely:,} likely late; if nothing is done, {missed} of the others are missed."


def bin_of(at: datetime, width: timedelta) -> datetime:
    """Return the beginning of the bin of that width, from midnight UTC on, that holds a moment."""
    since = at - datetime(2000, 1, 1, tzinfo=at.tzinfo)
    return at - since % width


def bin_width(picture: AtRisk, bins: int) -> timedelta:
    """Return the narrowest width in which all deadlines fit into so many bins."""
    times = [order.due_at for order in picture.orders] or [picture.as_of]
    span = max(*times, picture.as_of) - min(*times, picture.as_of)
    return next((width for width in _BINS if span <= bins * width), _BINS[-1])


def draw_at_risk(picture: AtRisk, width: int) -> Drawing:
    """Draw how many deadlines fall when, the gravest at the bottom, with a line for now."""
    step = bin_width(picture, max(6, width // 24))
    counted: dict[tuple[datetime, str], int] = {}
    for order in picture.orders:
        key = bin_of(order.due_at, step), risk_of(order, picture.as_of)
        counted[key] = counted.get(key, 0) + 1
    rows = _stacked(counted, step)
    shown = [risk for risk in _HUES if any(row["risk"] == risk for row in rows)]
    begins = [at for at, _ in counted] or [picture.as_of]
    domain = [min(*begins, picture.as_of) - step / 4, max(*begins, picture.as_of) + step * 5 / 4]
    scale = alt.Scale(type="utc", domain=[at.isoformat() for at in domain], nice=False)
    daily = domain[1] - domain[0] > timedelta(days=4)
    axis = alt.Axis(format="%a %-d %b" if daily else "%a %H:%M", grid=False, labelFlush=True,
                    tickCount=max(2, width // 90))  # fmt: skip
    top = max((row["to_orders"] for row in rows), default=1)
    bars = (
        alt.Chart(named("deadlines"))
        .mark_bar(stroke="#ffffff", strokeWidth=1)
        .encode(
            x=alt.X("from:T", title=None, scale=scale, axis=axis),
            x2="to:T",
            y=alt.Y("from_orders:Q", title=None, scale=alt.Scale(domain=[0, top * 1.12]),
                    axis=alt.Axis(tickCount=min(5, top), format="d")),
            y2="to_orders:Q",
            color=alt.Color("risk:N", scale=alt.Scale(
                domain=shown or [UNKNOWN], range=[_HUES[risk] for risk in shown or [UNKNOWN]]),
                legend=alt.Legend(orient="top", title=None, labelColor=INK, labelFontSize=12,
                                  symbolType="square")),
        )
    )  # fmt: skip
    now = alt.Chart(named("now"))
    x_now = alt.X("at:T", scale=scale)
    chart = alt.layer(
        bars,
        now.mark_rule(color=INK, strokeWidth=1.5).encode(x=x_now),
        now.mark_text(align="left", dx=4, baseline="top", color=MUTED).encode(
            x=x_now, y=alt.value(0), text=alt.value("now")
        ),
    ).properties(width=width, height=200)
    return chart, {"deadlines": rows, "now": [{"at": picture.as_of.isoformat()}]}


def _stacked(counted: dict[tuple[datetime, str], int], step: timedelta) -> Rows:
    """Put the risks of each bin one upon the other, the gravest at the bottom."""
    rows: Rows = []
    for at in sorted({at for at, _ in counted}):
        height = 0
        for risk in _HUES:
            count = counted.get((at, risk), 0)
            if count:
                rows.append({"from": at.isoformat(), "to": (at + step).isoformat(), "risk": risk,
                             "from_orders": height, "to_orders": height + count})  # fmt: skip
                height += count
    return rows
