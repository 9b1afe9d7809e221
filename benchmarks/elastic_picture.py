"""The picture of the benchmark `elastic`: how long the oldest waits, and the workers there were."""

import altair as alt
import vl_convert

from benchmarks.elastic_run import Sample, Times
from penstock.drawing.draw import named, svg
from penstock.drawing.palette import ACCEPTED, MUTED, REFUSED, SUB_PROCESSES


def picture(found: dict[str, list[Sample]], times: Times) -> bytes:
    """Draw the age of the oldest and the workers there were, over time, as a PNG."""
    until = max(s[-1].at_s for s in found.values())
    rows = [
        {"at": s.at_s, "oldest": s.oldest_s, "workers": s.workers, "run": name}
        for name, samples in found.items()
        for s in samples
    ]
    hues = (REFUSED, ACCEPTED, SUB_PROCESSES["ship_and_transport"])
    x = alt.Scale(domain=[-times.calm_s, until], nice=False)
    colour = alt.Color(
        "run:N", title=None, scale=alt.Scale(domain=list(found), range=list(hues)),
        legend=alt.Legend(orient="top", labelFontSize=12.5, symbolType="stroke",
                          symbolStrokeWidth=3),
    )  # fmt: skip
    step = alt.Chart(named("step")).mark_rect(color=MUTED, opacity=0.12)
    step = step.encode(x=alt.X("from:Q", scale=x), x2="to:Q")
    base = alt.Chart(named("rows"), width=640)
    bare = alt.Axis(grid=False, labels=False, ticks=False)
    age = base.mark_line(strokeWidth=2.25).encode(
        x=alt.X("at:Q", scale=x, title=None, axis=bare),
        y=alt.Y("oldest:Q", title="seconds that the oldest order or parcel waits"),
        color=colour,
    )
    workers = base.mark_line(strokeWidth=2.25, interpolate="step-after").encode(
        x=alt.X("at:Q", scale=x, title="seconds since orders came a hundredfold (shaded)",
                axis=alt.Axis(grid=False, tickCount=10)),
        y=alt.Y("workers:Q", title="workers", axis=alt.Axis(tickCount=4, format="d")),
        color=colour,
    )  # fmt: skip
    chart = alt.vconcat(
        alt.layer(step, age).properties(width=640, height=260),
        alt.layer(step, workers).properties(width=640, height=110),
        spacing=26,
        background="#ffffff",
        padding=14,
    )
    drawn = svg((chart, {"rows": rows, "step": [{"from": 0, "to": times.step_s}]}), 0)
    alone = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return bytes(vl_convert.svg_to_png(alone, scale=1.6))
