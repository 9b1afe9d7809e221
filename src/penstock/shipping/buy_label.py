"""Buy labels, each exactly once: choose and ask in one transaction, write what came in another."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import LabelBought
from penstock.gateways.intent import Intent, Settled
from penstock.kernel.money import CURRENCIES
from penstock.lifecycle.advance import Subject, advance
from penstock.shipping.choose import choose_carriers
from penstock.shipping.label_request import labels_wanted, request_of

Trouble = tuple[int, int, str, str, str]
"""What a person should look at: (merchant_id, parcel_id, reason, fault, detail)."""


class FreightCharge(msgspec.Struct, frozen=True):
    """What a carrier charges for a parcel's label, in minor units of `currency`."""

    merchant_id: int
    parcel_id: int
    vendor: str
    fee_minor: int
    currency: str


class LabelPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What buying labels needs of others, handed in by `journey.py`.

    `post` books the freight, `report` opens exceptions. `fx` says how many EUR one unit of each
    currency buys on a day, to compare rate cards. `avoided` names carriers that nobody should
    choose now, because they do not answer.
    """

    post: Callable[[Transaction, Sequence[FreightCharge], datetime], Awaitable[object]]
    report: Callable[[Transaction, Sequence[Trouble], datetime], Awaitable[object]]
    fx: Callable[[date], Mapping[str, Decimal]]
    avoided: Callable[[], Sequence[str]] = tuple


class Stored(msgspec.Struct, frozen=True):
    """What became of a label: `bought`, `known` (stored before) or `number_taken` (by another)."""

    merchant_id: int
    parcel_id: int
    outcome: str
    pickup_at: datetime


@query
async def store_labels(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    tracking_numbers: list[str],
    fee_minor: list[int],
    currencies: list[str],
    now: datetime,
) -> list[Stored]:
    """Store labels, date their pick-up and the carrier's promise; a label that is there stays."""


@query
async def refuse_choices(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    because: list[str],
    now: datetime,
) -> None:
    """Take choices back, with their room at the pick-up, and never make them again."""


async def prepare_labels(
    tx: Transaction, parcels: Sequence[Subject], now: datetime, *, ports: LabelPorts
) -> list[Intent]:
    """Choose a carrier for each of `parcels` and say what its label needs.

    A parcel that no carrier can take now is left out.
    """
    await choose_carriers(tx, parcels, now, fx=ports.fx(now.date()), avoided=ports.avoided())
    rows = await labels_wanted(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
    )
    return [
        Intent(Subject(row.merchant_id, row.parcel_id), row.vendor, request_of(row, now))
        for row in rows
    ]


async def record_labels(
    tx: Transaction, settled: Sequence[Settled], now: datetime, *, ports: LabelPorts
) -> None:
    """Store what was bought, book its freight, and let the parcels wait for their pick-up.

    A refused label, an answer that makes no sense and a tracking number that another parcel has
    are all refusals of that carrier: the parcel stays where it is, is reported, and goes to
    another carrier next time.
    """
    bought, troubles = _sorted(settled)
    stored = await store_labels(
        tx,
        merchant_ids=[subject.merchant_id for subject, _ in bought],
        parcel_ids=[subject.subject_id for subject, _ in bought],
        tracking_numbers=[label.tracking_number for _, label in bought],
        fee_minor=[label.fee_minor for _, label in bought],
        currencies=[label.currency for _, label in bought],
        now=now,
    )
    vendors = {s.intent.subject: s.intent.vendor for s in settled}
    labels = dict(bought)
    fresh = [row for row in stored if row.outcome == "bought"]
    await _move_on(tx, fresh, now)
    charges = []
    for row in fresh:
        subject = Subject(row.merchant_id, row.parcel_id)
        fee, currency = labels[subject].fee_minor, labels[subject].currency
        charges.append(
            FreightCharge(row.merchant_id, row.parcel_id, vendors[subject], fee, currency)
        )
    if charges:
        await ports.post(tx, charges, now)
    taken = "another parcel has the tracking number that the carrier gave"
    troubles += [
        (row.merchant_id, row.parcel_id, "label_unusable", "carrier", taken)
        for row in stored
        if row.outcome == "number_taken"
    ]
    if troubles:
        await refuse_choices(
            tx,
            merchant_ids=[trouble[0] for trouble in troubles],
            parcel_ids=[trouble[1] for trouble in troubles],
            because=[trouble[4] for trouble in troubles],
            now=now,
        )
        await ports.report(tx, troubles, now)


def _sorted(settled: Sequence[Settled]) -> tuple[list[tuple[Subject, LabelBought]], list[Trouble]]:
    """Part the labels that can be stored from the troubles."""
    bought, troubles = [], []
    for item in settled:
        subject, outcome = item.intent.subject, item.outcome
        if outcome.state == "refused":
            reason, detail = "label_refused", outcome.detail or "the carrier gave no reason"
        else:
            label = _label(outcome.body)
            if label is not None:
                bought.append((subject, label))
                continue
            reason, detail = "label_unusable", "the carrier's answer could not be read"
        troubles.append((subject.merchant_id, subject.subject_id, reason, "carrier", detail))
    return bought, troubles


def _label(body: bytes) -> LabelBought | None:
    try:
        label = msgspec.json.decode(body, type=LabelBought)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    number = label.tracking_number
    sound = number and number.isprintable() and 0 <= label.fee_minor < 2**53
    return label if sound and label.currency in CURRENCIES else None


async def _move_on(tx: Transaction, labels: Sequence[Stored], now: datetime) -> None:
    if labels:
        await advance(
            tx,
            merchant_ids=[label.merchant_id for label in labels],
            subject_ids=[label.parcel_id for label in labels],
            events=["label_bought"] * len(labels),
            due_at=[label.pickup_at for label in labels],
            at=[now] * len(labels),
        )
