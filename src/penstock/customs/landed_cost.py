"""What a border adds to the price of a consignment: duty, VAT and fees, line by line."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from penstock.customs.consignment import Consignment, faults
from penstock.customs.doubts import Warned, doubts
from penstock.customs.rules import AtCheckout, Confidence, Rule, applicable
from penstock.customs.sheet import Charged, Rates, Sheet
from penstock.customs.territory import CURRENCY, jurisdiction
from penstock.kernel.errors import Invalid

_ORDER = ("duty", "fee", "vat")  # VAT is counted on top of duty


class LineCost(msgspec.Struct, frozen=True, kw_only=True):
    """One line's part, in minor units of the quote's currency; `charges` explain the sums."""

    hs6: str
    goods_minor: int
    freight_minor: int
    duty_minor: int
    vat_minor: int
    fees_minor: int
    charges: tuple[Charged, ...]


class RuleUsed(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a rule that a quote rests on, to be stored with it."""

    code: str
    version: str
    confidence: Confidence
    legal_ref: str
    source: str


class LandedCost(msgspec.Struct, frozen=True, kw_only=True):
    """The charges at one border on one day. Every total is the sum of its lines.

    Amounts are minor units of `currency`, the currency of the jurisdiction (or of the goods where
    no rules are shipped). `vat_collected` says where the VAT is taken, `borne_by` who pays duty
    and border charges by the Incoterm. Without `warnings` the quote is firm as far as its rules.
    """

    on: date
    jurisdiction: str | None
    currency: str
    goods_minor: int
    freight_minor: int
    duty_minor: int
    vat_minor: int
    fees_minor: int
    vat_collected: Literal["none", "checkout", "border"]
    borne_by: Literal["seller", "consignee"]
    lines: tuple[LineCost, ...]
    rules: tuple[RuleUsed, ...]
    warnings: tuple[Warned, ...]

    @property
    def charges_minor(self) -> int:
        """Duty, VAT and fees together."""
        return self.duty_minor + self.vat_minor + self.fees_minor


def landed_cost(
    consignment: Consignment,
    on: date,
    rules: tuple[Rule, ...],
    fx: Mapping[str, Decimal],
    *,
    rates: Rates | None = None,
) -> LandedCost:
    """Count duty, VAT and fees of `consignment` were it imported on `on`.

    `fx` says how many EUR one unit of each currency buys (customs authorities publish their own
    monthly rates; which ones to use is the caller's choice). `rates` gives ad-valorem rates in
    basis points by rule code and HS6, and wins over a rule's own rate.

    Each amount is rounded half up to the minor unit once for each rule and line; freight and
    amounts for the whole consignment are shared over lines by the value of the goods, without a
    remainder. A border without shipped rules costs 0 with a warning, and a consignment that stays
    inside one customs territory costs 0 without.

    Raises:
        Invalid: a field is unusable (`errors` names each), or an exchange rate is missing.

    """
    wrong = faults(consignment)
    if wrong:
        raise Invalid("The consignment cannot be costed as it stands.", errors=wrong)
    border = jurisdiction(consignment.destination)
    domestic = border is not None and border == jurisdiction(consignment.origin)
    chosen = () if border is None or domestic else applicable(rules, consignment, on, fx)
    currency = CURRENCY[border] if border else consignment.lines[0].currency
    sheet = Sheet(consignment, currency, fx, rates or {})
    for levy in _ORDER:
        for rule in chosen:
            if rule.levy == levy:
                sheet.apply(rule)
    warnings = () if domestic else doubts(consignment, border, chosen, sheet)
    return _summed(consignment, on, chosen, sheet, border, warnings)


def _summed(
    consignment: Consignment,
    on: date,
    chosen: tuple[Rule, ...],
    sheet: Sheet,
    border: str | None,
    warnings: tuple[Warned, ...],
) -> LandedCost:
    lines = tuple(
        LineCost(
            hs6=line.hs6,
            goods_minor=sheet.goods[i],
            freight_minor=sheet.freight[i],
            duty_minor=sheet.total(i, "duty"),
            vat_minor=sheet.total(i, "vat"),
            fees_minor=sheet.total(i, "fee"),
            charges=tuple(sheet.charges[i]),
        )
        for i, line in enumerate(consignment.lines)
    )
    return LandedCost(
        on=on,
        jurisdiction=border,
        currency=sheet.currency,
        goods_minor=sum(sheet.goods),
        freight_minor=sum(sheet.freight),
        duty_minor=sum(line.duty_minor for line in lines),
        vat_minor=sum(line.vat_minor for line in lines),
        fees_minor=sum(line.fees_minor for line in lines),
        vat_collected=_vat_collected(chosen),
        borne_by="seller" if consignment.incoterm == "DDP" else "consignee",
        lines=lines,
        rules=tuple(_used(rule) for rule in chosen),
        warnings=warnings,
    )


def _vat_collected(chosen: tuple[Rule, ...]) -> Literal["none", "checkout", "border"]:
    vat = [rule for rule in chosen if rule.levy == "vat"]
    if not any(not isinstance(rule.charge, AtCheckout) for rule in vat):
        return "none"
    return "checkout" if any(isinstance(rule.charge, AtCheckout) for rule in vat) else "border"


def _used(rule: Rule) -> RuleUsed:
    return RuleUsed(
        code=rule.code,
        version=rule.version,
        confidence=rule.confidence,
        legal_ref=rule.legal_ref,
        source=rule.source,
    )
