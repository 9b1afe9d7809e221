"""The report's charts, each for the width (of its plot, in pixels) that it is to have."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt

from penstock.drawing.draw import Drawing, Rows, named
from penstock.drawing.palette import (
    ACCEPTED,
    INK,
    MILESTONES,
    MUTED,
    REFUSED,
    RULE,
    SERIES,
    SUB_PROCESSES,
)
from penstock.simulation.amounts import hours_text, number_text
from penstock.simulation.evening import BIN_S, Evening, Seller
from penstock.simulation.evening_flows import Flows

_UTC = alt.Scale(type="utc")
_PARTS = alt.Color(
    "part:N",
    legend=None,
    scale=alt.Scale(domain=list(SUB_PROCESSES), range=list(SUB_PROCESSES.values())),
)
_ROW_PX = 54
_LEAST_SHOWN = timedelta(days=3)


def shown_minutes(evening: Evening) -> int:
    """Return how much of the stream is worth the width.

    That is up to four fifths of its orders, and half of that time again.
    """
    whole = _minute(evening, evening.to_at)
    total = sum(a.accepted + a.refused for a in evening.arrivals)
    came = 0
    for a in evening.arrivals:
        came += a.accepted + a.refused
        if came >= 0.8 * total > 0:
            return math.ceil(min(whole, 1.5 * _minute(evening, a.at) + 1))
    return math.ceil(whole)


def _minute(evening: Evening, at: datetime) -> float:
    return (at - evening.from_at).total_seconds() / 60


def flood(evening: Evening, width: int) -> Drawing:
    """Orders a minute, accepted below refused; under it what the hot SKUs had left."""
    minutes = shown_minutes(evening)
    bins: Rows = [
        {"minute": _minute(evening, a.at), "orders": count * 60 / BIN_S, "answer": answer}
        for a in evening.arrivals
        for answer, count in (("accepted", a.accepted), ("refused", a.refused))
        if _minute(evening, a.at) <= minutes
    ]
    left: Rows = [
        {"minute": _minute(evening, s.at), "units": s.units, "sku": s.sku}
        for s in evening.hot_stock
        if _minute(evening, s.at) <= minutes
    ]
    x = alt.Scale(domain=[0, minutes], nice=False)
    under = alt.Axis(grid=False, tickCount=8)
    bare = alt.Axis(grid=False, labels=False, ticks=False)
    answers = alt.Scale(domain=["accepted", "refused"], range=[ACCEPTED, REFUSED])
    orders = (
        alt.Chart(named("bins"), width=width, height=200)
        .mark_area(interpolate="step-after")
        .encode(
            x=alt.X("minute:Q", scale=x, title=None, axis=bare if left else under),
            y=alt.Y("orders:Q", title="orders a minute", axis=alt.Axis(tickCount=4)),
            color=alt.Color("answer:N", legend=None, scale=answers),
            order=alt.Order("answer:N"),
        )
    )
    if not left:
        return orders, {"bins": bins}
    skus = list(dict.fromkeys(s.sku for s in evening.hot_stock))
    hues = alt.Scale(domain=skus, range=list(SERIES[: len(skus)]))
    stock = (
        alt.Chart(named("left"), width=width, height=110)
        .mark_line(interpolate="step-after", strokeWidth=2.25)
        .encode(
            x=alt.X("minute:Q", scale=x, title="minutes into the stream", axis=under),
            y=alt.Y("units:Q", title="units left to sell", axis=alt.Axis(tickCount=3)),
            color=alt.Color("sku:N", legend=None, scale=hues),
        )
    )
    panels = alt.vconcat(orders, stock, spacing=22).resolve_scale(color="independent")
    return panels, {"bins": bins, "left": left}


def shown_until(flows: Flows) -> datetime:
    """Return up to when queues are worth the width: half a day after the last floor was empty."""
    floors = [q.waiting for q in flows.queues if q.sub_process != "order_delivery"]
    waiting = [sum(floor[i] for floor in floors) for i in range(len(flows.at))]
    busy = [i for i, units in enumerate(waiting) if units > 0.01 * max(waiting)]
    empty_at = flows.at[busy[-1] if busy else 0] + timedelta(hours=12)
    return min(flows.at[-1], max(empty_at, flows.at[0] + _LEAST_SHOWN))


def backlogs(flows: Flows, width: int) -> Drawing:
    """Who waited for what, when: one ridge a queue, all on one scale."""
    until = shown_until(flows)
    queues = [queue for queue in flows.queues if queue.peak]
    highest = max((queue.peak for queue in queues), default=0) or 1
    ridges: Rows = [
        {
            "at": at.isoformat(),
            "base": row,
            "top": row - 0.6 * waiting / highest,
            "queue": queue.title,
            "part": queue.sub_process,
        }
        for row, queue in enumerate(queues)
        for at, waiting in zip(flows.at, queue.waiting, strict=True)
        if at <= until
    ]
    labels: Rows = [
        {
            "base": row,
            "title": queue.title,
            "peak": f"peak {number_text(queue.peak)} · {hours_text(queue.wait_h)} on average",
        }
        for row, queue in enumerate(queues)
    ]
    x = alt.X("at:T", scale=_UTC, title=None, axis=_days(width, until - flows.at[0], grid=True))
    scale = alt.Scale(domain=[-0.9, len(queues) - 1], reverse=True, nice=False)
    y = alt.Y("base:Q", scale=scale, axis=None)
    areas = alt.Chart(named("ridges")).mark_area(interpolate="step-before")
    texts = alt.Chart(named("labels"))
    names = texts.mark_text(align="left", dy=-0.72 * _ROW_PX, x=2, fontWeight="bold")
    peaks = texts.mark_text(align="right", dy=-0.72 * _ROW_PX, x=width - 2, color=MUTED)
    chart = alt.layer(
        texts.mark_rule(color=RULE).encode(y=y),
        areas.encode(x=x, y=y, y2="top:Q", detail="queue:N", color=_PARTS),
        names.encode(y=y, text="title:N"),
        peaks.encode(y=y, text="peak:N"),
    ).properties(width=width, height=_ROW_PX * len(queues))
    return chart, {"ridges": ridges, "labels": labels}


def _days(width: int, span: timedelta, *, grid: bool) -> alt.Axis:
    """Label as many days as there is room for, dense enough to tell night from day."""
    room = max(1, width // 62)
    if span <= timedelta(days=4) and room > 8:
        return alt.Axis(format="%a %H:%M", tickCount=10, grid=grid, labelFlush=True)
    return alt.Axis(format="%a %-d", tickCount=min(room, span.days), grid=grid)


def deliveries(flows: Flows, width: int) -> Drawing:
    """How many orders had come how far by when, and the two promises that they were given."""
    rows: Rows = [
        {"at": at.isoformat(), "orders": count, "milestone": flow.milestone, "what": what}
        for what, curves in (("done", flows.reached), ("due", flows.promised))
        for flow in curves
        if flow.milestone in MILESTONES
        for at, count in zip(flows.at, flow.reached, strict=True)
    ]
    hues = alt.Scale(domain=list(MILESTONES), range=list(MILESTONES.values()))
    whats = ["done", "due"]
    chart = (
        alt.Chart(named("rows"), width=width, height=300)
        .mark_line(interpolate="step-before")
        .encode(
            x=alt.X("at:T", scale=_UTC, title=None,
                    axis=_days(width, flows.at[-1] - flows.at[0], grid=False)),
            y=alt.Y("orders:Q", title="orders so far", axis=alt.Axis(tickCount=5)),
            color=alt.Color("milestone:N", legend=None, scale=hues),
            strokeDash=alt.StrokeDash(
                "what:N", legend=None, scale=alt.Scale(domain=whats, range=[[1, 0], [5, 3]])),
            strokeWidth=alt.StrokeWidth(
                "what:N", legend=None, scale=alt.Scale(domain=whats, range=[2.25, 1.5])),
        )
    )  # fmt: skip
    return chart, {"rows": rows}


def durations(sellers: Sequence[Seller], width: int) -> Drawing:
    """Days from payment to hand-over and to delivery: 10 to 90%, the median, and up to 99%."""
    rows: Rows = [
        {
            "merchant": seller.counts.title,
            "part": part,
            "rank": rank,
            **{f"p{i}": hours / 24 for i, hours in enumerate(kept.hours)},
        }
        for seller in sellers
        for rank, part, kept in (
            (0, "ship_and_transport", seller.dispatch),
            (1, "order_delivery", seller.delivery),
        )
        if kept is not None and kept.hours
    ]
    titles = [seller.counts.title for seller in sellers]
    roomy = width > 400
    base = alt.Chart(named("rows")).encode(
        y=alt.Y("merchant:N", title=None, sort=titles, axis=alt.Axis(
            labelFontSize=12.5, labelColor=INK, labelLimit=130 if roomy else 90)),
        yOffset=alt.YOffset("rank:O"),
        color=_PARTS,
    )  # fmt: skip
    days = alt.X("p0:Q", title="days from payment", axis=alt.Axis(tickCount=8 if roomy else 4))
    white = alt.value("#ffffff")
    chart = alt.layer(
        base.mark_rule(strokeWidth=1.5).encode(x="p2:Q", x2="p3:Q"),
        base.mark_bar(height=12).encode(x=days, x2="p2:Q"),
        base.mark_tick(thickness=2.5, height=12).encode(x="p1:Q", color=white),
        base.mark_text(align="left", dx=6).encode(
            x="p3:Q", text=alt.Text("p1:Q", format=".1f"), color=alt.value(MUTED)
        ),
    ).properties(width=width, height=50 * len({row["merchant"] for row in rows}))
    return chart, {"rows": rows}
