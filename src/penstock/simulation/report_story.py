"""What an evening comes to in sentences: the headline, what stood out, and each chart in words."""

from collections.abc import Sequence
from datetime import datetime

from penstock.simulation.amounts import hours_text, number_text, percent_text
from penstock.simulation.evening import Evening, MerchantScore
from penstock.simulation.evening_flows import Queue
from penstock.simulation.evening_rows import StockLeft

_BY_DESIGN = frozenset(
    {"on hold", "waiting for stock", "to be handed over", "on the road", "at the door"}
)
_REASONS = {
    "insufficient_stock": "the stock was gone",
    "daily_cap_reached": "the merchant’s cap for the day was reached",
}


def spoken(code: str) -> str:
    """Turn a code such as daily_cap_reached into words."""
    return code.replace("_", " ")


def moment(at: datetime) -> str:
    """Say a moment shortly; the page says once that its times are UTC."""
    return f"{at:%a %H:%M}"


def headline(evening: Evening) -> str:
    """Say the evening in one sentence with its numbers."""
    if not evening.received:
        return "No orders came this evening."
    per_second = number_text(evening.peak_per_min / 60)
    sold = "none oversold" if not evening.oversold else f"{evening.oversold:,} units oversold"
    kept, due = evening.kept("dispatch")
    told = f"{number_text(evening.received)} orders, {per_second} a second at the peak: {sold}"
    return f"{told}, {percent_text(kept, due)} handed over in time." if due else f"{told}."


def deck(evening: Evening, scores: Sequence[MerchantScore]) -> list[str]:
    """Say what stood out: refusals, what sold out, which stage choked, how merchants scored."""
    sentences = [_refused(evening), _sold_out(evening), _choked(evening), _scored(scores)]
    return [sentence for sentence in sentences if sentence]


def _refused(evening: Evening) -> str:
    if not evening.refusals:
        return ""
    most = evening.refusals[0]
    why = _REASONS.get(most.reason, f"of “{spoken(most.reason)}”")
    told = f"{number_text(evening.refused)} orders were refused at once"
    return f"{told}, {number_text(most.orders)} of them because {why}."


def sold_out_at(stock: Sequence[StockLeft]) -> dict[str, datetime]:
    """Return when each hot SKU first had nothing left for its stream to sell."""
    found: dict[str, datetime] = {}
    for left in stock:
        if left.units <= 0:
            found.setdefault(left.title, left.at)
    return found


def _sold_out(evening: Evening) -> str:
    gone = sold_out_at(evening.hot_stock)
    if not gone:
        return ""
    title, at = min(gone.items(), key=lambda item: item[1])
    minutes = (at - evening.from_at).total_seconds() / 60
    ring_fenced = next(s.ring_fenced for s in evening.hot_stock if s.title == title)
    units = number_text(ring_fenced)
    return f"The stream’s {units} units of {title} were gone {minutes:.0f} minutes into it."


def slowest(queues: Sequence[Queue]) -> Queue | None:
    """Return the queue that cost the most waiting, apart from those that wait by design."""
    hours = {q.title: q.entered * q.wait_h for q in queues if q.title not in _BY_DESIGN}
    worst = max(hours, key=lambda title: hours[title], default="")
    return next((q for q in queues if q.title == worst and hours[worst] > 0), None)


def _choked(evening: Evening) -> str:
    queue = slowest(evening.flows.queues)
    at = evening.flows.peak_at(queue) if queue else None
    if queue is None or at is None:
        return ""
    return (
        f"Most time went by waiting {queue.title}: {number_text(queue.peak)} waited on "
        f"{moment(at)}, {hours_text(queue.wait_h)} on average."
    )


def _scored(scores: Sequence[MerchantScore]) -> str:
    known = sorted((s.total, s.title) for s in scores if s.total is not None)
    if not known:
        return ""
    (low, last), (high, first) = known[0], known[-1]
    if len(known) == 1:
        return f"{first} scores {high:.1f}."
    return f"The experience scores run from {low:.1f} ({last}) to {high:.1f} ({first})."


def flood_in_words(evening: Evening) -> str:
    """Describe the chart of the flood to who cannot see it."""
    gone = sold_out_at(evening.hot_stock)
    ends = [
        f"{title} sells out after {(at - evening.from_at).total_seconds() / 60:.1f} minutes"
        for title, at in gone.items()
    ]
    peak = (
        f"Orders a minute during the stream, peaking at {number_text(evening.peak_per_min)}; "
        f"{number_text(evening.accepted)} accepted and {number_text(evening.refused)} refused"
    )
    return "; ".join([peak, *ends]) + "."


def backlogs_in_words(evening: Evening) -> str:
    """Describe the chart of the queues to who cannot see it."""
    return "Queues over time. " + " ".join(
        f"{queue.title}: at most {number_text(queue.peak)}, {hours_text(queue.wait_h)} on average;"
        for queue in evening.flows.queues
        if queue.peak
    )


def deliveries_in_words(evening: Evening) -> str:
    """Describe the chart of milestones to who cannot see it."""
    flows = evening.flows
    totals = ", ".join(f"{f.milestone} {number_text(f.reached[-1])}" for f in flows.reached)
    return f"Orders so far by milestone, against what was due. At the end: {totals}."
