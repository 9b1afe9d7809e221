"""The pictures of a merchant's score together: as a page, or stacked in one SVG or PNG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import altair as alt
import msgspec

from penstock.drawing import at_risk, lane_map, score_history, waterfall
from penstock.drawing.draw import Drawing, Rows, file_bytes, stacked, svg
from penstock.drawing.markup import Markup, tag
from penstock.drawing.palette import INK, MUTED
from penstock.drawing.pictures import ScorePictures

FileKind = Literal["html", "svg", "png"]
_WIDTH_PX = 740
_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Figure(msgspec.Struct, frozen=True):
    """A picture with its title and its one message."""

    title: str
    words: str
    drawing: Drawing


def figures(pictures: ScorePictures) -> list[Figure]:
    """Draw what there is: without a score no waterfall, without open orders no timeline."""
    found = []
    history, losses = pictures.history, pictures.waterfall
    if any(day.score is not None for day in history.days):
        drawn = score_history.draw_history(history, _WIDTH_PX)
        found.append(Figure(score_history.TITLE, score_history.history_words(history), drawn))
    if losses.score is not None:
        floor = waterfall.scale_floor([losses.score], losses.high)
        drawn = waterfall.draw_waterfall(
            losses.high, losses.losses, floor, _WIDTH_PX - 180, ends=True
        )
        found.append(Figure(waterfall.TITLE, waterfall.waterfall_words(losses), drawn))
    if pictures.lanes.lanes:
        drawn = lane_map.draw_lanes(pictures.lanes, _WIDTH_PX)
        found.append(Figure(lane_map.TITLE, lane_map.lanes_words(pictures.lanes), drawn))
    if pictures.at_risk.orders:
        drawn = at_risk.draw_at_risk(pictures.at_risk, _WIDTH_PX)
        found.append(Figure(at_risk.TITLE, at_risk.at_risk_words(pictures.at_risk), drawn))
    return found


def picture_file(pictures: ScorePictures, kind: FileKind) -> bytes:
    """Return a file with everything that can be drawn; it asks for nothing from anywhere.

    Raises:
        ValueError: there is nothing to draw: no score, no delivery due, no open order.

    """
    drawn = figures(pictures)
    if not drawn:
        raise ValueError("nothing to draw")
    return _page(pictures, drawn) if kind == "html" else file_bytes(_stacked(drawn), kind)


def _page(pictures: ScorePictures, drawn: Sequence[Figure]) -> bytes:
    what = f"{pictures.history.merchant}: {pictures.history.profile}"
    at = pictures.waterfall.as_of
    body = tag(
        "body",
        tag("h1", what),
        tag("p", f"As of {at:%-d %B %Y, %H:%M} UTC. Days that are not final are hollow."),
        *(
            tag(
                "section",
                tag("h2", figure.title),
                tag("p", figure.words),
                tag("div", Markup(svg(figure.drawing, i)), role="img", aria_label=figure.words),
            )
            for i, figure in enumerate(drawn, 1)
        ),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", f"{what} · Penstock"),
        tag("style", Markup(_STYLE.read_text("utf-8"))),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en-GB')}\n".encode()


def _stacked(drawn: Sequence[Figure]) -> Drawing:
    """Put charts one below the other, each under its title; the names of their rows differ."""
    rows: dict[str, Rows] = {}
    parts = []
    for figure in drawn:
        chart, own = figure.drawing
        rows |= own
        title = alt.TitleParams(
            figure.title, subtitle=figure.words, anchor="start", frame="group", fontSize=16,
            color=INK, subtitleColor=MUTED, subtitleFontSize=12.5, subtitlePadding=4, offset=14,
        )  # fmt: skip
        parts.append(chart.properties(title=title))
    return stacked(parts, spacing=36), rows
