"""A heat map of lanes: who delivers late from where to where."""

from collections.abc import Sequence

import altair as alt

from penstock.drawing.draw import Drawing, Rows, named
from penstock.drawing.palette import INK
from penstock.drawing.pictures import Lane, LaneMap

TITLE = "Lanes: delivered in time"
_CELL_PX = 34
_LANES_MAX = 20
_CARRIERS_MAX = 8
_STEPS = ((0.0, "#b84a00"), (0.7, "#d98e4a"), (0.85, "#f0cfa8"), (0.95, "#e6edf3"))
"""From which share on a cell is of which colour: from burnt orange, which is late, to pale blue."""


def lanes_words(picture: LaneMap) -> str:
    """Say the picture's one message in a sentence."""
    if not picture.lanes:
        return f"{picture.merchant}: no delivery fell due in this time."
    due = sum(lane.due for lane in picture.lanes)
    on_time = sum(lane.on_time for lane in picture.lanes)
    worst = max(picture.lanes, key=lambda lane: (lane.due - lane.on_time, lane.carrier))
    told = f"{picture.merchant}: {on_time / due:.1%} of {due:,} deliveries in time"
    if worst.due == worst.on_time:
        return f"{told}."
    late = worst.due - worst.on_time
    return f"{told}; most late ones, {late:,}, by {worst.carrier} from {_named(worst)}."


def draw_lanes(picture: LaneMap, width: int) -> Drawing:
    """Draw a row for an origin and market, a column a carrier: the share in time, of how many.

    Shares are rounded down, so that 100 % is all of them. Of more than 20 rows or 8 carriers those
    with most orders are shown, the rest summed up.
    """
    lanes = _summed(picture.lanes)
    names = _by_size(lanes, 0)
    carriers = _by_size(lanes, 1)
    rows: Rows = [
        {
            "lane": name,
            "carrier": carrier,
            "share": f"{100 * on_time // due} %",
            "due": f"of {due:,}",
            "hue": _hue(on_time / due),
            "ink": "#ffffff" if on_time / due < _STEPS[1][0] else INK,
        }
        for (name, carrier), (due, on_time) in lanes.items()
    ]
    base = alt.Chart(named("lanes")).encode(
        x=alt.X("carrier:N", title=None, sort=carriers,
                axis=alt.Axis(orient="top", labelAngle=0, labelColor=INK, ticks=False,
                              domain=False, labelLimit=130)),
        y=alt.Y("lane:N", title=None, sort=names,
                axis=alt.Axis(labelColor=INK, labelLimit=260, labelFontSize=12)),
    )  # fmt: skip
    cell = min(140, max(70, (width - 200) // max(1, len(carriers))))
    chart = alt.layer(
        base.mark_rect(stroke="#ffffff", strokeWidth=3).encode(
            color=alt.Color("hue:N", scale=None)
        ),
        base.mark_text(dy=-6, fontWeight="bold", fontSize=12.5).encode(
            text="share:N", color=alt.Color("ink:N", scale=None)
        ),
        base.mark_text(dy=8, fontSize=10).encode(
            text="due:N", color=alt.Color("ink:N", scale=None)
        ),
    ).properties(width=cell * max(1, len(carriers)), height=_CELL_PX * max(1, len(names)))
    return chart, {"lanes": rows}


def _summed(lanes: Sequence[Lane]) -> dict[tuple[str, str], tuple[int, int]]:
    """Sum lanes of one name and carrier; those beyond what is shown become one."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for lane in lanes:
        if lane.due:
            _add(found, (_named(lane), lane.carrier or "unknown"), lane.due, lane.on_time)
    names, carriers = _by_size(found, 0)[:_LANES_MAX], _by_size(found, 1)[:_CARRIERS_MAX]
    shown: dict[tuple[str, str], tuple[int, int]] = {}
    for (name, carrier), (due, on_time) in found.items():
        key = (name if name in names else "other lanes",
               carrier if carrier in carriers else "others")  # fmt: skip
        _add(shown, key, due, on_time)
    return shown


def _add(
    found: dict[tuple[str, str], tuple[int, int]], key: tuple[str, str], due: int, on_time: int
) -> None:
    before = found.get(key, (0, 0))
    found[key] = before[0] + due, before[1] + on_time


def _by_size(lanes: dict[tuple[str, str], tuple[int, int]], part: int) -> list[str]:
    """List names by their orders, most first; what stands for the rest last."""
    sizes: dict[str, int] = {}
    for key, (due, _) in lanes.items():
        sizes[key[part]] = sizes.get(key[part], 0) + due
    rest = {"other lanes", "others"}
    return sorted(sizes, key=lambda name: (name in rest, -sizes[name], name))


def _named(lane: Lane) -> str:
    origin = lane.origin or lane.origin_country or "unknown"
    if lane.origin and lane.origin_country:
        origin = f"{lane.origin} ({lane.origin_country})"
    return f"{origin} → {lane.market or 'unknown'}"


def _hue(share: float) -> str:
    return [hue for least, hue in _STEPS if share >= least][-1]
