"""The report of an evening: one HTML file that needs nothing else, on a screen or on paper."""

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from penstock.drawing.draw import Drawing, svg
from penstock.drawing.lane_map import draw_lanes, lanes_words
from penstock.drawing.markup import Content, Markup, bar, dot, table, tag
from penstock.drawing.palette import (
    ACCEPTED,
    MILESTONES,
    REFUSED,
    SERIES,
    SUB_PROCESSES,
)
from penstock.drawing.pictures import LaneMap
from penstock.simulation.amounts import number_text, percent_text
from penstock.simulation.evening import Audit, Evening, MerchantScore, Run
from penstock.simulation.report_charts import backlogs, deliveries, durations, flood, shown_minutes
from penstock.simulation.report_parts import (
    audit_box,
    carriers_table,
    costly_table,
    exceptions_table,
    fee_shares,
    promises_table,
    refusals_table,
    returns_table,
    score_cards,
)
from penstock.simulation.report_story import (
    backlogs_in_words,
    deck,
    deliveries_in_words,
    flood_in_words,
    headline,
)

_STYLE = Path(__file__).with_name("report_page.css")
_WIDE_PX, _NARROW_PX = 800, 296
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
Draw = Callable[[Drawing], Markup]


def render(
    evening: Evening, *, scores: Sequence[MerchantScore] = (), audit: Audit, run: Run
) -> str:
    """Return the report as one self-contained HTML page.

    It asks for nothing from anywhere, and its content security policy sees to it. Whatever comes
    from the data is escaped.
    """
    numbers = count(1)

    def draw(drawing: Drawing) -> Markup:
        return Markup(svg(drawing, next(numbers)))

    body = tag(
        "body",
        tag(
            "main",
            _head(evening, scores, audit, run),
            _flood(evening, draw),
            _journey(evening, draw),
            _promise(evening, draw),
            _scores(scores, draw),
            _carriers(evening, scores, draw),
            _returns(evening),
            _exceptions(evening),
            _audit(evening, audit, run),
        ),
        tag("footer", f"Penstock {run.version} · all times are UTC, the evening’s own"),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", f"{run.title} · Penstock"),
        tag("style", Markup(_STYLE.read_text("utf-8"))),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en-GB')}\n"


def _head(evening: Evening, scores: Sequence[MerchantScore], audit: Audit, run: Run) -> Markup:
    when = f"{evening.from_at:%A %-d %B %Y, %H:%M}–{evening.to_at:%H:%M} UTC"
    return tag(
        "header",
        tag("p", tag("b", "Penstock"), f" · {run.title} · {when}", class_="kicker"),
        tag("h1", headline(evening)),
        tag("p", " ".join(deck(evening, scores)), class_="deck"),
        tag("ul", (_tile(*tile) for tile in _tiles(evening, audit)), class_="tiles"),
    )


def _tiles(evening: Evening, audit: Audit) -> list[tuple[str, str, str, str]]:
    shipped, delivered = evening.kept("dispatch"), evening.kept("delivery")
    sound = not (evening.oversold or audit.differences or audit.broken)
    return [
        ("Orders received", number_text(evening.received),
         f"{number_text(evening.peak_per_min)} a minute at the peak", ""),
        ("Accepted", percent_text(evening.accepted, evening.received),
         f"{number_text(evening.accepted)}; {number_text(evening.refused)} refused with a reason",
         ""),
        ("Oversold", number_text(evening.oversold),
         "ledger equals counters" if not audit.differences
         else f"{audit.differences} counters differ", "good" if sound else "bad"),
        ("Handed over in time", percent_text(*shipped),
         f"{number_text(shipped[0])} of {number_text(shipped[1])} due", ""),
        ("Delivered in time", percent_text(*delivered),
         f"{number_text(delivered[0])} of {number_text(delivered[1])} due", ""),
        ("Came back", number_text(evening.returned),
         f"{percent_text(evening.returned, evening.delivered)} of the orders delivered", ""),
    ]  # fmt: skip


def _tile(name: str, number: str, more: str, mood: str) -> Markup:
    return tag(
        "li",
        tag("span", name, class_="name"),
        tag("b", number, class_=mood),
        tag("span", more, class_="more"),
    )


def _section(title: str, side: str, *content: Content) -> Markup:
    return tag(
        "section",
        tag("div", tag("h2", title), tag("p", side) if side else None, class_="side"),
        tag("div", *content),
    )


def _figure(
    draw: Draw, chart: Callable[[int], Drawing], words: str, caption: str, legend: Content = None
) -> Markup:
    """Draw a chart twice, for a wide and for a narrow page: type stays as large as it was set."""
    return tag(
        "figure",
        legend,
        tag(
            "div",
            tag("div", draw(chart(_WIDE_PX)), class_="wide"),
            tag("div", draw(chart(_NARROW_PX)), class_="narrow"),
            role="img",
            aria_label=words,
        ),
        tag("figcaption", caption) if caption else None,
    )


def _legend(*items: tuple[str, str]) -> Markup:
    return tag(
        "ul",
        (tag("li", dot(colour, dashed=title.endswith(" due")), title) for title, colour in items),
        class_="legend",
    )


def _flood(evening: Evening, draw: Draw) -> Markup:
    minutes = shown_minutes(evening)
    whole = (evening.to_at - evening.from_at).total_seconds() / 60
    caption = f"The first {minutes} of {whole:.0f} minutes. " if minutes < whole else ""
    skus = list(dict.fromkeys(s.title for s in evening.hot_stock))
    legend = _legend(("accepted", ACCEPTED), ("refused", REFUSED), *zip(skus, SERIES, strict=False))
    return _section(
        "The flood",
        "Accepted means reserved and durable: the units left the pool in the transaction that "
        "answered the order, first come first served.",
        _figure(
            draw, lambda width: flood(evening, width), flood_in_words(evening),
            f"{caption}Above, orders a minute by when they were placed, in steps of ten seconds; "
            "below, what the stream’s ring-fenced stock had left.", legend,
        ),
        tag("h3", "What was refused, and why") if evening.refusals else None,
        refusals_table(evening.refusals) if evening.refusals else None,
    )  # fmt: skip


def _journey(evening: Evening, draw: Draw) -> Markup:
    rows = [
        (
            tag("span", dot(SUB_PROCESSES[stage.sub_process]), stage.title, class_="strong"),
            bar(
                stage.number / max(evening.received, 1),
                SUB_PROCESSES[stage.sub_process],
                number_text(stage.number),
            ),
            tag("span", stage.unit, class_="quiet"),
            [
                *(
                    tag(
                        "span",
                        " · " if i else "",
                        tag("span", f"{number_text(part.number)} {part.title}",
                            class_="bad" if part.trouble else ""),
                    )
                    for i, part in enumerate(stage.parts)
                ),
                f"{' · ' if stage.parts else ''}{stage.money}" if stage.money else "",
            ],
        )
        for stage in evening.stages
    ]  # fmt: skip
    parts = [(key.replace("_", " "), hue) for key, hue in SUB_PROCESSES.items()]
    return _section(
        "The journey",
        "Every stage from receipt to the closed return, in its order. Colours are those of the "
        "four sub-processes that the experience score looks at, here and below.",
        _legend(*parts),
        table(("stage", "how many", "", "of which"), rows, class_="stages"),
        tag("h3", "Where they waited"),
        _figure(
            draw, lambda width: backlogs(evening.flows, width), backlogs_in_words(evening),
            "How many waited for each step, hour by hour, all on one scale.",
        ),
    )  # fmt: skip


def _promise(evening: Evening, draw: Draw) -> Markup:
    sellers = [s for s in evening.sellers if s.dispatch or s.delivery]
    if not sellers:
        return Markup("")
    done = [s for s in sellers if any(k and k.hours for k in (s.dispatch, s.delivery))]
    shown = [(title, hue) for title, hue in MILESTONES.items()]
    return _section(
        "The promise",
        "Each order was promised a hand-over and a delivery when it was received. What is not yet "
        "due does not count; what was cancelled before it was due neither.",
        _figure(
            draw, lambda width: deliveries(evening.flows, width), deliveries_in_words(evening),
            "Orders so far by milestone (solid), and how many were promised by then (dashed): "
            "where solid lies left of dashed of its colour, the promise was kept.",
            _legend(*shown),
        ),
        promises_table(sellers),
        tag("h3", "Days from payment") if done else None,
        _figure(
            draw, lambda width: durations(done, width - 70),
            "Days from payment to hand-over and to delivery, by merchant; the table above has "
            "the promises kept.",
            "To hand-over (green) and to delivery (pink). Bars hold the middle 80% of orders, "
            "the gap and the number are the median, lines reach to 99%.",
        ) if done else None,
    )  # fmt: skip


def _scores(scores: Sequence[MerchantScore], draw: Draw) -> Markup:
    if not scores:
        return Markup("")
    costly = any(score.worst for score in scores)
    return _section(
        "Logistics Experience Score",
        "From full marks down to the score: each point that is missing was lost in one of the four "
        f"sub-processes, and each is traced to orders. Profile: {scores[0].profile}.",
        score_cards(scores, draw),
        tag("h3", "The orders that cost most points") if costly else None,
        costly_table(scores) if costly else None,
    )


def _carriers(evening: Evening, scores: Sequence[MerchantScore], draw: Draw) -> Markup:
    if not evening.carriers:
        return Markup("")
    lanes = LaneMap(
        merchant="All merchants",
        from_at=evening.from_at,
        to_at=evening.as_of,
        lanes=tuple(lane for score in scores for lane in score.lanes),
    )
    return _section(
        "Carriers",
        "What each did with the parcels that it was handed, by its own promise, and how well it "
        "said so.",
        carriers_table(evening.carriers, evening.money),
        tag("h3", "From where to where, and how much in time") if lanes.lanes else None,
        _figure(
            draw, lambda width: draw_lanes(lanes, width), lanes_words(lanes),
            "Deliveries of all merchants that fell due, by origin, market and carrier: the share "
            "that came by the promise given to the shopper, rounded down, and of how many.",
        ) if lanes.lanes else None,
    )  # fmt: skip


def _returns(evening: Evening) -> Markup:
    if not evening.returns:
        return Markup("")
    return _section(
        "Returns",
        "Free for the shopper where the policy says so; the fee of the way back is shared by "
        "fault.",
        returns_table(evening.returns),
        fee_shares(evening.money),
    )


def _exceptions(evening: Evening) -> Markup:
    opened = sum(e.opened for e in evening.exceptions)
    still = sum(e.still_open for e in evening.exceptions)
    return _section(
        "Exceptions",
        "What stayed in a status for longer than its patience, or was reported: the work list.",
        tag("p", f"{number_text(opened)} came on the list, {number_text(opened - still)} left it "
            f"by moving on, {number_text(still)} still on it."),
        exceptions_table(evening.exceptions) if evening.exceptions else None,
    )  # fmt: skip


def _audit(evening: Evening, audit: Audit, run: Run) -> Markup:
    return _section("Audit", "", audit_box(evening, audit, run))
