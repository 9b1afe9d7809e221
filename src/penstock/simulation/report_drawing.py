"""How the report draws: Altair describes a chart, vl-convert makes it SVG, all on this machine."""

import re
from typing import Any

import altair as alt
import vl_convert

from penstock.simulation.report_palette import INK, MUTED, RULE

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
    """Draw a chart as SVG that fits the width it is given.

    Its ids are made its own by `number`, for a page has many charts. The words that Vega attaches
    to marks for screen readers go: there are thousands, where one sentence says more.
    """
    chart, rows = drawing
    drawn: str = vl_convert.vegalite_to_svg(
        {**chart.to_dict(), "datasets": rows, "config": _CONFIG}
    )
    drawn = re.sub(r' (?:aria-[a-z]+|role|class)="[^"]*"', "", drawn)
    drawn = drawn.replace(' id="', f' id="c{number}-').replace("url(#", f"url(#c{number}-")
    return _SIZE.sub(
        r'<svg viewBox="0 0 \1 \2" width="\1" height="\2" aria-hidden="true">', drawn, count=1
    )


def named(name: str) -> alt.NamedData:
    """Stand for rows that are put in last: Altair would check each of them again and again."""
    return alt.NamedData(name=name)
