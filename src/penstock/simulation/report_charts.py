"""The report's charts: Altair describes them, vl-convert draws them, without browser or network."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt
import vl_convert

from penstock.simulation.amounts import hours_text, number_text
from penstock.simulation.evening import BIN_S, Evening, MerchantScore, Seller
from penstock.simulation.report_palette import (
    ACCEPTED,
    INK,
    MUTED,
    REFUSED,
    RULE,
    SERIES,
    SUB_PROCESSES,
)

FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "labelFontSize": 11.5, "titleColor": MUTED, "titleFontSize": 11.5,
        "titleFontWeight": "normal", "domainColor": RULE, "tickColor": RULE, "gridColor": RULE,
        "tickSize": 4, "labelPadding": 5,
    },
    "axisY": {"domain": False, "ticks": False, "titleAlign": "left", "titleAngle": 0,
              "titleAnchor": "end", "titleX": 0, "titleY": -12, "titleBaseline": "bottom"},
    "text": {"fontSize": 12, "color": INK},
    "header": {"labelFontSize": 13, "labelFontWeight": "bold", "labelColor": INK, "title": None},
}  # fmt: skip
_UTC = alt.Scale(type="utc")
Drawing = tuple[alt.Chart | alt.LayerChart | alt.VConcatChart, dict[str, list[dict[str, Any]]]]
"""A chart and, by name, the rows that it draws."""


def svg(chart: Drawing, number: int) -> str:
    """Draw a chart; its ids are made its own, for a page has many charts and ids only once.

    The words that Vega attaches for screen readers go: it says one thing of each mark, and there
    are thousands. The page has a sentence for each chart.
    """
    spec, rows = chart
    given = {**spec.to_dict(), "datasets": rows, "config": _CONFIG}
    drawn = vl_convert.vegalite_to_svg(given)
    drawn = re.sub(r'\bid="', f'id="c{number}-', drawn)
    drawn = re.sub(r"url\(#", f"url(#c{number}-", drawn)
    drawn = re.sub(r' (?:aria-[a-z]+|role|class)="[^"]*"', "", drawn)
    return re.sub(
        r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>',
        r'<svg viewBox="0 0 \1 \2" width="\1" height="\2" aria-hidden="true">',
        drawn,
        count=1,
    )


def _rows(name: str) -> alt.NamedData:
    """Stand for rows that are put in last: Altair would look at every one of them, repeatedly."""
    return alt.NamedData(name=name)


def shown_minutes(evening: Evening) -> int:
    """Return how much of the stream is worth the width: up to nine tenths of its orders, and half
    of that time again."""
    total = sum(a.accepted + a.refused for a in evening.arrivals)
    whole = (evening.to_at - evening.from_at).total_seconds() / 60
    came = 0
    for a in evening.arrivals:
        came += a.accepted + a.refused
        if came >= 0.9 * total > 0:
            return math.ceil(min(whole, 1.5 * _minute(evening, a.at) + 1))
    return math.ceil(whole)


def flood(evening: Evening, width: int) -> Drawing:
    """Orders a minute, accepted below refused; under it what the hot SKUs had left."""
    minutes = shown_minutes(evening)
    bins = [
        {"minute": _minute(evening, a.at), "orders": count * 60 / BIN_S, "answer": answer}
        for a in evening.arrivals
        for answer, count in (("accepted", a.accepted), ("refused", a.refused))
        if _minute(evening, a.at) <= minutes
    ]
    x = alt.X("minute:Q", scale=alt.Scale(domain=[0, minutes], nice=False), title=None,
              axis=alt.Axis(grid=False, labels=False, ticks=False))  # fmt: skip
    orders = (
        alt.Chart(_rows("bins"), width=width, height=190)
        .mark_area(interpolate="step-after")
        .encode(
            x=x,
            y=alt.Y("orders:Q", title="orders a minute", axis=alt.Axis(tickCount=4)),
            color=alt.Color("answer:N", legend=None, scale=alt.Scale(
                domain=["accepted", "refused"], range=[ACCEPTED, REFUSED])),
            order=alt.Order("answer:N"),
        )
    )  # fmt: skip
    left = [
        {"minute": _minute(evening, s.at), "units": s.units, "sku": s.sku}
        for s in evening.hot_stock
        if _minute(evening, s.at) <= minutes
    ]
    if not left:
        return orders, {"bins": bins}
    panels = alt.vconcat(orders, _stock(evening, width, minutes), spacing=14)
    return panels, {"bins": bins, "left": left}


def _minute(evening: Evening, at: datetime) -> float:
    return (at - evening.from_at).total_seconds() / 60


def _stock(evening: Evening, width: int, minutes: int) -> alt.Chart:
    skus = list(dict.fromkeys(s.sku for s in evening.hot_stock))
    return (
        alt.Chart(_rows("left"), width=width, height=110)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("minute:Q", scale=alt.Scale(domain=[0, minutes], nice=False),
                    title="minutes into the stream", axis=alt.Axis(grid=False)),
            y=alt.Y("units:Q", title="units left to sell", axis=alt.Axis(tickCount=3)),
            color=alt.Color("sku:N", legend=None, scale=alt.Scale(
                domain=skus, range=list(SERIES[:len(skus)]))),
        )
    )  # fmt: skip


def backlogs(evening: Evening, width: int) -> Chart:
    """Who waited for what, when: one ridge a queue, all on one scale."""
    flows = evening.flows
    queues = [queue for queue in flows.queues if queue.entered]
    highest = max((queue.peak for queue in queues), default=0) or 1
    ridges = [
        {"at": _iso(at), "base": row, "top": row - 0.92 * waiting / highest, "queue": queue.title,
         "part": queue.sub_process}
        for row, queue in enumerate(queues)
        for at, waiting in zip(flows.at, queue.waiting, strict=True)
    ]  # fmt: skip
    labels = [
        {"row": row, "title": queue.title,
         "peak": f"peak {number_text(queue.peak)} · {hours_text(queue.wait_h)} on average"}
        for row, queue in enumerate(queues)
    ]  # fmt: skip
    y = alt.Scale(domain=[-1, len(queues) - 1], reverse=True, nice=False)
    areas = alt.Chart(_data(ridges)).mark_area(interpolate="step-before").encode(
        x=alt.X("at:T", scale=_UTC, title=None,
                axis=alt.Axis(format="%a %d", tickCount="day" if width > 600 else 5, grid=True)),
        y=alt.Y("base:Q", scale=y, axis=None),
        y2="top:Q",
        detail="queue:N",
        color=alt.Color("part:N", legend=None, scale=_parts()),
    )  # fmt: skip
    rules = (
        alt.Chart(_data(labels)).mark_rule(color=RULE).encode(y=alt.Y("row:Q", scale=y, axis=None))
    )
    names = alt.Chart(_data(labels)).mark_text(
        align="right", dy=-24, dx=-2, fontWeight="bold", x=width
    ).encode(y=alt.Y("row:Q", scale=y, axis=None), text="title:N")  # fmt: skip
    peaks = alt.Chart(_data(labels)).mark_text(
        align="right", dy=-9, dx=-2, color=MUTED, x=width
    ).encode(y=alt.Y("row:Q", scale=y, axis=None), text="peak:N")  # fmt: skip
    return alt.layer(rules, areas, names, peaks).properties(width=width, height=46 * len(queues))


def _parts() -> alt.Scale:
    return alt.Scale(domain=list(SUB_PROCESSES), range=list(SUB_PROCESSES.values()))


def deliveries(evening: Evening, width: int) -> Chart:
    """How many orders had come how far by when, and the two promises that they were given."""
    flows = evening.flows
    colours = {
        "accepted": SUB_PROCESSES["order_receipt"], "packed": SUB_PROCESSES["pick_and_pack"],
        "handed over": SUB_PROCESSES["ship_and_transport"],
        "delivered": SUB_PROCESSES["order_delivery"], "returned": SUB_PROCESSES["returns"],
        "hand-over due": SUB_PROCESSES["ship_and_transport"],
        "delivery due": SUB_PROCESSES["order_delivery"],
    }  # fmt: skip
    rows = [
        {"at": _iso(at), "orders": count, "milestone": flow.milestone,
         "what": "due" if flow in flows.promised else "done"}
        for flow in (*flows.reached, *flows.promised)
        if flow.milestone in colours
        for at, count in zip(flows.at, flow.reached, strict=True)
    ]  # fmt: skip
    return (
        alt.Chart(_data(rows), width=width, height=300)
        .mark_line(interpolate="step-before")
        .encode(
            x=alt.X("at:T", scale=_UTC, title=None,
                    axis=alt.Axis(format="%a %d", tickCount="day" if width > 600 else 5,
                                  grid=False)),
            y=alt.Y("orders:Q", title="orders so far", axis=alt.Axis(tickCount=5)),
            color=alt.Color("milestone:N", legend=None, scale=alt.Scale(
                domain=list(colours), range=list(colours.values()))),
            strokeDash=alt.StrokeDash("what:N", legend=None, scale=alt.Scale(
                domain=["done", "due"], range=[[1, 0], [4, 3]])),
            strokeWidth=alt.StrokeWidth("what:N", legend=None, scale=alt.Scale(
                domain=["done", "due"], range=[2.25, 1.5])),
        )
    )  # fmt: skip


def durations(sellers: Sequence[Seller], width: int) -> Chart:
    """Days from payment to hand-over and to delivery: 10 to 90 %, the median, and 99 %."""
    rows = [
        {"merchant": seller.counts.title, "part": part, "until": until,
         "p10": kept.hours[0] / 24, "p50": kept.hours[1] / 24, "p90": kept.hours[2] / 24,
         "p99": kept.hours[3] / 24}
        for seller in sellers
        for until, part, kept in (
            ("hand-over", "ship_and_transport", seller.dispatch),
            ("delivery", "order_delivery", seller.delivery),
        )
        if kept is not None and kept.hours
    ]  # fmt: skip
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("merchant:N", title=None, sort=[s.counts.title for s in sellers],
                axis=alt.Axis(labelFontSize=12.5, labelColor=INK, labelLimit=120)),
        yOffset=alt.YOffset("until:N", sort=["hand-over", "delivery"]),
        color=alt.Color("part:N", legend=None, scale=_parts()),
    )  # fmt: skip
    days = alt.X("p10:Q", title="days from payment", scale=alt.Scale(zero=True))
    far = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("p90:Q"), x2="p99:Q")
    near = base.mark_bar(height=11).encode(x=days, x2="p90:Q")
    middle = base.mark_tick(color="white", thickness=2.5, height=11).encode(
        x="p50:Q", color=alt.value("white")
    )
    named = base.mark_text(align="left", dx=6, fontSize=11.5).encode(
        x="p99:Q", text=alt.Text("p50:Q", format=".1f"), color=alt.value(MUTED)
    )
    return alt.layer(far, near, middle, named).properties(
        width=width, height=52 * len({row["merchant"] for row in rows})
    )


def waterfall(score: MerchantScore, lowest: float, width: int) -> Chart:
    """From all points down to the score: which sub-process cost how many."""
    rows, left = [], score.high
    losses = [(s.title, s.code, s.points_lost) for s in score.sub_processes]
    if score.other_lost:
        losses.append(("other", "returns", score.other_lost))
    for title, part, lost in losses:
        rows.append(
            {
                "title": title,
                "part": part,
                "from": left,
                "to": left - lost,
                "text": f"−{lost:.1f}" if lost > 0 else f"+{-lost:.1f}" if lost else "0",
            }
        )
        left -= lost
    order = [row["title"] for row in rows]
    x = alt.X(
        "from:Q",
        title=None,
        scale=alt.Scale(domain=[lowest, score.high], nice=False),
        axis=alt.Axis(tickCount=4),
    )
    y = alt.Y(
        "title:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelFontSize=12, labelColor=INK, labelLimit=130),
    )
    base = alt.Chart(_data(rows))
    bars = base.mark_bar(height=15).encode(
        x=x, x2="to:Q", y=y, color=alt.Color("part:N", legend=None, scale=_parts())
    )
    texts = base.mark_text(align="right", dx=-5, fontSize=12).encode(x="to:Q", y=y, text="text:N")
    return alt.layer(bars, texts).properties(width=width, height=28 * len(rows))
