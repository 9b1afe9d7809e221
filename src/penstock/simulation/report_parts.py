"""The report's tables and boxes, each made of what it shows and nothing else."""

from collections.abc import Callable, Sequence

from penstock.drawing.draw import Drawing
from penstock.drawing.markup import Markup, bar, dot, render, table, tag
from penstock.drawing.palette import PAYERS, SUB_PROCESSES, part_colour
from penstock.drawing.pictures import Loss
from penstock.drawing.waterfall import draw_waterfall, scale_floor
from penstock.simulation.amounts import (
    amount_text,
    hours_text,
    money_text,
    number_text,
    percent_text,
)
from penstock.simulation.evening import Audit, Evening, MerchantScore, Run, Seller
from penstock.simulation.evening_rows import (
    CarrierCompared,
    ExceptionsSeen,
    Kept,
    Money,
    Refused,
    ReturnsFor,
)
from penstock.simulation.report_story import moment, spoken

_CARD_PX = 140
_COSTLY = 12
_EXCEPTIONS = 12


def refusals_table(refusals: Sequence[Refused]) -> Markup:
    """Show each reason with an example of what the channel was told."""
    return table(
        ("reason", "orders", "for example"),
        [
            (
                tag("span", spoken(refused.reason), class_="strong"),
                number_text(refused.orders),
                tag("span", refused.example, class_="quiet"),
            )
            for refused in refusals
        ],
        numbers=(1,),
    )


def promises_table(sellers: Sequence[Seller]) -> Markup:
    """Show each merchant's orders and what was kept of both promises."""

    def kept(row: Kept | None, part: str) -> Markup:
        if row is None or not row.due:
            return tag("span", "nothing due", class_="quiet")
        return bar(row.kept / row.due, SUB_PROCESSES[part], percent_text(row.kept, row.due))

    return table(
        ("merchant", "accepted", "refused", "handed over in time", "delivered in time"),
        [
            (
                tag("span", seller.counts.title, class_="strong"),
                number_text(seller.counts.accepted),
                number_text(seller.counts.refused),
                kept(seller.dispatch, "ship_and_transport"),
                kept(seller.delivery, "order_delivery"),
            )
            for seller in sellers
        ],
        numbers=(1, 2),
    )


def score_cards(scores: Sequence[MerchantScore], draw: Callable[[Drawing], Markup]) -> Markup:
    """Show each merchant's score and the way down to it, all on one scale."""
    totals = [score.total for score in scores if score.total is not None]
    high = max(score.high for score in scores)
    lowest = scale_floor(totals, high)
    return tag("div", (_card(score, lowest, draw) for score in scores), class_="scores")


def _card(score: MerchantScore, lowest: float, draw: Callable[[Drawing], Markup]) -> Markup:
    if score.total is None:
        what = tag("p", f"No score yet ({spoken(score.status)}).", class_="note")
        return tag("div", tag("h3", score.title), what)
    lost = ", ".join(f"{s.title} {s.points_lost:.1f}" for s in score.counted)
    return tag(
        "div",
        tag("h3", score.title),
        tag(
            "p",
            f"{score.total:.1f} ",
            tag("small", f"of {score.high:g}, {spoken(score.status)}"),
            class_="total",
        ),
        tag(
            "div",
            draw(draw_waterfall(score.high, _losses(score), lowest, _CARD_PX)),
            role="img",
            aria_label=f"{score.title}: points lost by sub-process: {lost}.",
        ),
    )


def _losses(score: MerchantScore) -> list[Loss]:
    losses = [Loss(s.code, s.title, s.points_lost) for s in score.counted]
    return losses + [Loss("other", "other", score.other_lost)] * bool(score.other_lost)


def costly_table(scores: Sequence[MerchantScore]) -> Markup:
    """Show the orders that cost most, of all merchants together."""
    worst = sorted(
        ((order, score) for score in scores for order in score.worst),
        key=lambda pair: (-pair[0].points, pair[0].order_ref),
    )
    return table(
        ("order", "merchant", "sub-process", "what happened", "points"),
        [
            (
                tag("span", order.order_ref, class_="strong"),
                score.title,
                tag(
                    "span",
                    dot(part_colour(order.sub_process)),
                    spoken(order.sub_process),
                    class_="whole",
                ),
                [order.happened, tag("span", spoken(order.metric), class_="under")],
                f"{order.points:.3f}",
            )
            for order, score in worst[:_COSTLY]
        ],
        numbers=(4,),
    )


def carriers_table(carriers: Sequence[CarrierCompared], money: Sequence[Money]) -> Markup:
    """Compare carriers by lateness, scans, losses and what they charged."""
    green, pink = SUB_PROCESSES["ship_and_transport"], SUB_PROCESSES["order_delivery"]
    return table(
        (
            "carrier", "parcels", "delivered by its own promise", "scanned within 12 h",
            "events told late", "days to the door", "needed a second attempt", "lost", "charged",
        ),
        [
            (
                tag("span", carrier.title, class_="strong"),
                number_text(carrier.parcels),
                bar(carrier.on_time / carrier.due, pink, percent_text(carrier.on_time, carrier.due))
                if carrier.due else "–",
                bar(carrier.scanned_soon / carrier.parcels, green,
                    percent_text(carrier.scanned_soon, carrier.parcels)),
                percent_text(carrier.told_late, carrier.events),
                f"{carrier.days[0]:.1f}–{carrier.days[2]:.1f}" if carrier.days else "–",
                percent_text(carrier.failed, carrier.parcels),
                number_text(carrier.lost),
                money_text([m for m in money if m.party == carrier.vendor], "freight"),
            )
            for carrier in carriers
        ],
        numbers=(1, 4, 5, 6, 7, 8),
    )  # fmt: skip


def returns_table(returns: Sequence[ReturnsFor]) -> Markup:
    """Show why things came back and whose fault it was."""
    most = max((r.requested for r in returns), default=0) or 1
    return table(
        ("reason", "asked for", "fault", "not approved", "received", "settled"),
        [
            (
                tag("span", spoken(r.reason), class_="strong"),
                bar(r.requested / most, SUB_PROCESSES["returns"], number_text(r.requested)),
                r.fault or "undecided",
                number_text(r.rejected),
                number_text(r.received),
                number_text(r.settled),
            )
            for r in returns
        ],
        numbers=(3, 4, 5),
    )


def fee_shares(money: Sequence[Money]) -> Markup:
    """Show who paid for the ways back, a strip a currency, and what was refunded."""
    shares: dict[str, dict[str, int]] = {}
    for row in money:
        if row.purpose == "return_fee":
            payers = shares.setdefault(row.currency, dict.fromkeys(PAYERS, 0))
            payers[_payer(row.party)] += row.amount_minor
    refunded = money_text(money, "refund")
    return render([
        tag("h3", "Who paid for the way back") if shares else None,
        *(_strip(currency, payers) for currency, payers in sorted(shares.items())),
        tag("p", f"Refunded to shoppers: {refunded}.", class_="note") if refunded else None,
    ])  # fmt: skip


def _payer(party: str) -> str:
    """Name a ledger account by who it stands for (vendor:swift is a carrier here)."""
    plural = {"merchant": "merchants", "platform": "platform", "shopper": "shoppers"}
    return plural.get(party, "carriers")


def _strip(currency: str, payers: dict[str, int]) -> Markup:
    total = sum(payers.values())
    paid = [(payer, amount) for payer, amount in payers.items() if amount]
    return tag(
        "div",
        tag(
            "div",
            (
                tag("span", style=f"width:{100 * amount / total:.2f}%;background:{PAYERS[payer]}")
                for payer, amount in paid
            ),
            class_="shares",
            aria_hidden="true",
        ),
        tag(
            "ul",
            (
                tag("li", dot(PAYERS[payer]), f"{payer} {amount_text(amount, currency)}, "
                    f"{percent_text(amount, total)}")
                for payer, amount in paid
            ),
            class_="legend",
        ),
    )  # fmt: skip


def exceptions_table(exceptions: Sequence[ExceptionsSeen]) -> Markup:
    """Show what was stuck most often, why, and how long it took to move on."""
    return table(
        ("what was stuck", "why", "presumed fault", "opened", "still open", "closed after"),
        [
            (
                f"{spoken(e.kind)}, {spoken(e.status)}",
                tag("span", spoken(e.reason), class_="strong"),
                e.fault or "–",
                number_text(e.opened),
                number_text(e.still_open),
                "–" if e.hours is None else hours_text(e.hours),
            )
            for e in exceptions[:_EXCEPTIONS]
        ],
        numbers=(3, 4, 5),
    )


def audit_box(evening: Evening, audit: Audit, run: Run) -> Markup:
    """Show what was checked, and how to make this evening again."""
    broken = "none broken" if not audit.broken else f"{len(audit.broken)} broken"
    rows = [
        ("stock", f"{number_text(evening.oversold)} units oversold, recomputed from every move"),
        ("ledger", "every counter equals its moves" if not audit.differences
         else f"{number_text(audit.differences)} counters differ from their moves"),
        ("invariants", f"checked {number_text(audit.looks)} times in virtual time, {broken}"),
        *(("", what) for what in audit.broken[:5]),
        ("as of", f"{moment(evening.as_of)} UTC, {evening.as_of:%-d %B %Y}"),
        ("made by", tag("code", run.command)),
        ("seed", str(run.seed)),
        ("took", f"{run.seconds:.0f} s, {number_text(run.peak_mib)} MiB of memory at the peak"),
        ("version", f"Penstock {run.version}"),
    ]  # fmt: skip
    return tag(
        "div",
        tag("dl", ((tag("dt", name), tag("dd", what)) for name, what in rows)),
        class_="audit",
    )
