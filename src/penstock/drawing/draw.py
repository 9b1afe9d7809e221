"""How pictures are drawn: Altair describes one, vl-convert makes it SVG or PNG, all right here."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import vl_convert

from penstock.drawing.palette import INK, MUTED, PAPER, RULE

Rows = list[dict[str, Any]]
Drawing = tuple[alt.TopLevelMixin, dict[str, Rows]]
"""A chart, and by name the rows that it draws."""

_FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": _FONT,
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 11.5,
        "labelPadding": 5,
        "titleColor": MUTED,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
        "domainColor": RULE,
        "tickColor": RULE,
        "tickSize": 4,
        "gridColor": RULE,
    },
    "axisY": {
        "domain": False,
        "ticks": False,
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleBaseline": "bottom",
        "titleX": 0,
        "titleY": -8,
    },
    "text": {"fontSize": 12, "color": INK},
}
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>')


def svg(drawing: Drawing, number: int) -> str:
    """Draw a chart as SVG that fits the width it is given, to be set into a page.

    Its ids are made its own by `number`, for a page has many charts. The words that Vega attaches
    to marks for screen readers go: there are thousands, where one sentence says more.
    """
    drawn: str = vl_convert.vegalite_to_svg(_whole(drawing))
    drawn = re.sub(r' (?:aria-[a-z]+|role|class)="[^"]*"', "", drawn)
    drawn = drawn.replace(' id="', f' id="c{number}-').replace("url(#", f"url(#c{number}-")
    return _SIZE.sub(
        r'<svg viewBox="0 0 \1 \2" width="\1" height="\2" aria-hidden="true">', drawn, count=1
    )


def file_bytes(drawing: Drawing, kind: Literal["svg", "png"]) -> bytes:
    """Draw a chart as a file of its own, on white paper; a PNG at twice the size, to be sharp."""
    whole = _whole(drawing, background=PAPER, padding=20)
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(whole)).encode()
    return bytes(vl_convert.vegalite_to_png(whole, scale=2))


def _whole(drawing: Drawing, **config: Any) -> dict[str, Any]:
    chart, rows = drawing
    return {**chart.to_dict(), "datasets": rows, "config": _CONFIG | config}


def stacked(charts: Sequence[Any], spacing: int) -> alt.VConcatChart:
    """Put charts one below the other, each with scales of its own."""
    whole: alt.VConcatChart = alt.vconcat(*charts, spacing=spacing).resolve_scale(
        x="independent", y="independent", color="independent"
    )
    return whole


def named(name: str) -> alt.NamedData:
    """Stand for rows that are put in last: Altair would check each of them again and again."""
    return alt.NamedData(name=name)
