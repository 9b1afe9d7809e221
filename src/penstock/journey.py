"""The map: every step of an order's journey, in order.

Read it from `JOURNEY`: a `Step` moves what is due, a `Call` has an effect outside, a `Timed` looks
at its own time. Calls go on beside the steps before them, which work on other things. What stages
lend one another is in `lending.py`; what people and vendors do comes in through `penstock.api`.
"""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from penstock.allocation.allocate import allocate
from penstock.allocation.count_backlog import count_backlog
from penstock.customs.declare import prepare_declarations, record_declarations
from penstock.db.outbox import announce
from penstock.db.relay import relay
from penstock.db.transaction import Database, Transaction
from penstock.experience.foresee.forecast_daily import BATCH as FORECAST_AT_ONCE
from penstock.experience.foresee.forecast_daily import forecast_daily
from penstock.experience.foresee.learn_daily import learn_daily
from penstock.experience.journeys.observe import TELLING, observe
from penstock.experience.tallies.daily import BATCH as SCORED_AT_ONCE
from penstock.experience.tallies.daily import score_days
from penstock.experience.tallies.fold import BATCH as FOLDED_AT_ONCE
from penstock.experience.tallies.fold import fold
from penstock.inventory.commit import commit_stock, lock_nodes
from penstock.inventory.release import release_reservation
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.restock import restock
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.ledger.post import post
from penstock.lending import CATCH_UP, DECLARATIONS, LABELS, score_rules
from penstock.lifecycle.open_months import open_ahead
from penstock.merchants.admit import day_admission
from penstock.merchants.growth.grow import grow
from penstock.merchants.growth.merge_windows import merge_windows
from penstock.orders.archive import archive_daily
from penstock.orders.archive_file import arrow
from penstock.orders.expire import expire
from penstock.orders.fill_backorders import fill_backorders
from penstock.orders.merge import merge
from penstock.orders.release_hold import release_hold
from penstock.planning.detect_surges import detect_surges
from penstock.planning.forecast import forecast
from penstock.planning.surging import surging
from penstock.promise.revise import BATCH as REVISED_AT_ONCE
from penstock.promise.revise import revise
from penstock.returns.announce import prepare_announcements, record_announcements
from penstock.returns.approve import approve
from penstock.returns.lapse import BATCH as LAPSED_AT_ONCE
from penstock.returns.lapse import lapse
from penstock.returns.settle import settle
from penstock.shipping.buy_label import (
    prepare_labels,
    record_labels,
)
from penstock.shipping.manifest import prepare_manifests, record_manifests
from penstock.streams.admit_tickets import admit_tickets
from penstock.streams.brake_rules import brake_by_rule
from penstock.streams.count_minutes import count_minutes
from penstock.streams.demand import expected_demand
from penstock.streams.report import close_out, settle_reports
from penstock.streams.turn import turn
from penstock.streams.watch import watch
from penstock.tracking.escalate import escalate, report
from penstock.vendors.scorecard import scorecard
from penstock.warehouse.release import release
from penstock.worker.demand import Expected, Signal, read_signal
from penstock.worker.step import Call, Due, Every, Step, Timed, Work

_RELAYED_AT_ONCE = 20_000


async def pass_on(tx: Transaction, now: datetime) -> int:  # noqa: ARG001  a Timed step is given the time
    """Take what happened out of the outbox and fold it into the merchants' experience."""
    happened = await relay(tx, batch=_RELAYED_AT_ONCE)
    telling = [h for h in happened if h.topic in TELLING]
    touched = sorted({(h.merchant_id, subject_id) for h in telling for subject_id in h.subject_ids})
    if touched:
        await observe(tx, merchant_ids=[m for m, _ in touched], subject_ids=[s for _, s in touched])
    return sum(len(h.subject_ids) for h in happened)


def _minutes(minutes: float) -> Every:
    return Every(timedelta(minutes=minutes))


JOURNEY: tuple[Work, ...] = (
    Timed("open_months", _minutes(24 * 60), open_ahead),
    Timed("turn_streams", _minutes(1), partial(turn, give_back=give_back)),
    Timed("count_streams", _minutes(1), count_minutes),
    Timed("report_streams", _minutes(1), close_out),
    Timed("watch_streams", _minutes(5), watch),
    Timed("brake_by_rule", _minutes(1),
          partial(brake_by_rule, hold_receipt=day_admission, announce=announce)),
    Timed("admit_tickets", _minutes(1 / 12), admit_tickets),
    Timed("settle_streams", _minutes(24 * 60), settle_reports),
    Timed("merge", _minutes(5), partial(merge, windows=merge_windows)),
    Step("expire", Due("fulfilment_order", "reserved"),
         partial(expire, release=release_reservation), batch=2_000),
    Step("release_hold", Due("fulfilment_order", "held"), release_hold, batch=2_000),
    Step("fill_backorders", Due("fulfilment_order", "backordered"),
         partial(fill_backorders, lock_stock=lock_stock, take_stock=take_stock,
                 ring_fence=ring_fence)),
    Timed("detect_surges", _minutes(1), partial(detect_surges, announce=announce)),
    Timed("count_backlog", _minutes(5), count_backlog),
    Step("allocate", Due("fulfilment_order", "open"),
         partial(allocate, lock=lock_nodes, commit=commit_stock), batch=1_000),
    Timed("release", _minutes(5), release),
    Call("declare", Due("parcel", "awaiting_declaration"), "declarations",
         partial(prepare_declarations, ports=DECLARATIONS),
         partial(record_declarations, ports=DECLARATIONS), beside=True),
    Call("buy_label", Due("parcel", "awaiting_label"), "labels",
         partial(prepare_labels, ports=LABELS), partial(record_labels, ports=LABELS), batch=500,
         beside=True),
    Call("close_manifest", Due("parcel", "labelled"), "manifests",
         prepare_manifests,
         partial(record_manifests, report=report, catch_up=CATCH_UP), batch=2_000, beside=True),
    Step("approve_return", Due("return", "requested"), approve),
    Call("announce_return", Due("return", "approved"), "returns",
         partial(prepare_announcements, report=report),
         partial(record_announcements, report=report), beside=True),
    Step("settle_return", Due("return", "graded"), partial(settle, restock=restock, post=post)),
    Timed("lapse_returns", _minutes(60), lapse, batch=LAPSED_AT_ONCE),
    Timed("revise_promises", _minutes(60), partial(revise, announce=announce),
          batch=REVISED_AT_ONCE),
    Timed("escalate", _minutes(15), escalate, batch=1_000),
    Timed("pass_on", _minutes(1), pass_on, batch=_RELAYED_AT_ONCE),
    Timed("fold_journeys", _minutes(6 * 60), fold, batch=FOLDED_AT_ONCE),
    Timed("score_days", _minutes(6 * 60), score_days, batch=SCORED_AT_ONCE),
    Timed("scorecard", _minutes(24 * 60), scorecard),
    Timed("forecast", _minutes(24 * 60), forecast),
    Timed("grow", _minutes(24 * 60), partial(grow, rules_of=score_rules)),
)  # fmt: skip

WORKED = tuple(
    (work.when.kind, work.when.status) for work in JOURNEY if isinstance(work, Step | Call)
)
"""The queues that more workers can shorten: what waits for a time of day or a cut-off is not."""


def foreseeing(database: Database) -> tuple[Work, ...]:
    """Return the steps that foresee scores, which reckon for long and outside of transactions."""
    do = partial(forecast_daily, database, announce=announce)
    return (
        Timed("foresee_learn", _minutes(24 * 60), partial(learn_daily, database)),
        Timed("foresee_scores", _minutes(60), do, batch=FORECAST_AT_ONCE),
    )


def archiving(database: Database, folder: str, keep_months: int) -> tuple[Work, ...]:
    """Return the step that archives finished months, where a folder is set for them.

    Raises:
        Misconfigured: one is set, and pyarrow is not installed.

    """
    if not folder:
        return ()
    arrow()
    do = partial(archive_daily, database, Path(folder), keep_months)
    return (Timed("archive", _minutes(24 * 60), do),)


async def expected_orders(tx: Transaction, now: datetime, lead: timedelta) -> list[Expected]:
    """Return what streams are to bring within the lead, and what surges bring beyond that."""
    return [*await expected_demand(tx, now, lead), *await surging(tx, now=now)]


async def scale_signal(tx: Transaction, now: datetime, lead: timedelta) -> Signal:
    """Read what the number of workers and API processes is reckoned by."""
    return await read_signal(tx, now, lead, worked=WORKED, expect=expected_orders)
