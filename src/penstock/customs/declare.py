"""Declare parcels that cross a border: reckon what is owed, and have a broker lodge it once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec

from penstock.customs.clearance import ClearancePorts, settle_clearance
from penstock.customs.goods import Good, consignment_of, declaration_of, goods_to_declare
from penstock.customs.landed_cost import LandedCost, landed_cost
from penstock.customs.rules import Rule
from penstock.customs.sheet import Rates
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import DeclarationLodged, DeclarationRequest
from penstock.gateways.intent import Intent, Settled
from penstock.gateways.port import Request
from penstock.kernel.errors import Invalid
from penstock.kernel.money import CURRENCIES
from penstock.lifecycle.advance import Subject, move

Trouble = tuple[int, int, str, str, str]
"""What a person should look at: (merchant_id, parcel_id, reason, fault, detail)."""


class DeclarePorts(msgspec.Struct, frozen=True, kw_only=True):
    """What declaring needs of others, handed in by `journey.py`.

    `rules` are the dated rules of the borders; `fx` says how many EUR one unit of each currency
    buys on a day; `rates` are ad-valorem rates in basis points by rule code and HS6. `report`
    opens exceptions. `clearance` is what a broker's word needs, for one that came early.
    """

    rules: tuple[Rule, ...]
    fx: Callable[[date], Mapping[str, Decimal]]
    report: Callable[[Transaction, Sequence[Trouble], datetime], Awaitable[object]]
    clearance: ClearancePorts
    rates: Rates | None = None


@query
async def store_declarations(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    vendors: list[str],
    references: list[str],
    jurisdictions: list[str],
    value_minor: list[int],
    duty_minor: list[int],
    vat_minor: list[int],
    vat_collected: list[str],
    fees_minor: list[int],
    currencies: list[str],
    rules: list[str],
    warnings: list[str],
    now: datetime,
) -> None:
    """Write what will be declared, with the rules that it rests on; a lodged one stays."""


@query
async def lodge(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    broker_references: list[str],
    now: datetime,
) -> None:
    """Write that brokers have lodged declarations, under which numbers of theirs."""


@query
async def refuse_brokers(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    parcel_ids: list[int],
    because: list[str],
    now: datetime,
) -> None:
    """Remember who refused what, so that the next broker is asked."""


async def prepare_declarations(
    tx: Transaction, parcels: Sequence[Subject], now: datetime, *, ports: DeclarePorts
) -> list[Intent]:
    """Reckon what each parcel owes on the broker's today, and say what is to be lodged.

    The value of a line is the price that was paid for it; the parcel bears the share of the
    order's carriage that its goods have of the order's goods, rounded down. The broker is the one
    whose rate for the lane is lowest, then any other. A parcel that cannot be reckoned is reported
    and left out, one without a broker left out.
    """
    rates = {"EUR": Decimal(1), **ports.fx(now.date())}
    known = sorted(rates.keys() & CURRENCIES.keys())
    rows = await goods_to_declare(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
        currencies=known,
        eur_per_minor=[rates[currency].scaleb(-CURRENCIES[currency]) for currency in known],
        now=now,
    )
    declared: list[tuple[Good, DeclarationRequest, LandedCost]] = []
    troubles: list[Trouble] = []
    for (merchant_id, parcel_id), group in groupby(rows, lambda r: (r.merchant_id, r.parcel_id)):
        lines = list(group)
        try:
            cost = _cost(lines, now, ports)
            declared.append((lines[0], declaration_of(lines, cost, now), cost))
        except Invalid as refusal:
            detail = "; ".join(f"{e.pointer}: {e.detail}" for e in refusal.errors)
            troubles.append(
                (merchant_id, parcel_id, "cannot_be_declared", "retailer", detail or str(refusal))
            )
    await _store(tx, declared, now)
    if troubles:
        await ports.report(tx, troubles, now)
    return [
        Intent(
            Subject(good.merchant_id, good.parcel_id),
            good.vendor,
            Request(request.reference, msgspec.json.encode(request)),
        )
        for good, request, _ in declared
    ]


async def record_declarations(
    tx: Transaction, settled: Sequence[Settled], now: datetime, *, ports: DeclarePorts
) -> None:
    """Write what was lodged, and hear what the broker may have said of it already.

    A broker that refused a parcel is not asked again; the parcel stays, is reported, and goes to
    another one.
    """
    done = [s for s in settled if s.outcome.state == "done"]
    lodged = [s.intent.subject for s in done]
    await lodge(
        tx,
        merchant_ids=[subject.merchant_id for subject in lodged],
        parcel_ids=[subject.subject_id for subject in lodged],
        broker_references=[_broker_reference(s.outcome.body) for s in done],
        now=now,
    )
    await move(tx, lodged, "declared", now)
    await settle_clearance(tx, lodged, now, ports=ports.clearance)
    refused = [s for s in settled if s.outcome.state == "refused"]
    if not refused:
        return
    reasons = [s.outcome.detail or "the broker gave no reason" for s in refused]
    subjects = [s.intent.subject for s in refused]
    await refuse_brokers(
        tx,
        merchant_ids=[subject.merchant_id for subject in subjects],
        parcel_ids=[subject.subject_id for subject in subjects],
        because=reasons,
        now=now,
    )
    troubles = [
        (subject.merchant_id, subject.subject_id, "declaration_refused", "customs", because)
        for subject, because in zip(subjects, reasons, strict=True)
    ]
    await ports.report(tx, troubles, now)


def _cost(goods: Sequence[Good], now: datetime, ports: DeclarePorts) -> LandedCost:
    today = now.astimezone(ZoneInfo(goods[0].zone)).date()
    return landed_cost(
        consignment_of(goods), today, ports.rules, ports.fx(today), rates=ports.rates
    )


async def _store(
    tx: Transaction,
    declared: Sequence[tuple[Good, DeclarationRequest, LandedCost]],
    now: datetime,
) -> None:
    await store_declarations(
        tx,
        merchant_ids=[good.merchant_id for good, _, _ in declared],
        parcel_ids=[good.parcel_id for good, _, _ in declared],
        vendors=[good.vendor for good, _, _ in declared],
        references=[request.reference for _, request, _ in declared],
        jurisdictions=[request.jurisdiction for _, request, _ in declared],
        value_minor=[cost.goods_minor for _, _, cost in declared],
        duty_minor=[cost.duty_minor for _, _, cost in declared],
        vat_minor=[cost.vat_minor for _, _, cost in declared],
        vat_collected=[cost.vat_collected for _, _, cost in declared],
        fees_minor=[cost.fees_minor for _, _, cost in declared],
        currencies=[cost.currency for _, _, cost in declared],
        rules=[
            msgspec.json.encode([f"{rule.code}@{rule.version}" for rule in cost.rules]).decode()
            for _, _, cost in declared
        ],
        warnings=[
            msgspec.json.encode([f"{w.code}: {w.detail}" for w in cost.warnings]).decode()
            for _, _, cost in declared
        ],
        now=now,
    )


def _broker_reference(body: bytes) -> str:
    """Read the broker's number; the declaration is lodged whether or not it makes sense to us."""
    try:
        told = msgspec.json.decode(body, type=DeclarationLodged).broker_reference
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return told if told.isprintable() else ""
