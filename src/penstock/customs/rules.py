"""Customs rules as dated data, and which of them meet one consignment on one day."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from penstock.customs.consignment import Consignment, GoodsLine
from penstock.customs.exchange import convert
from penstock.customs.territory import CURRENCY, authorities

Amount = Annotated[int, msgspec.Meta(ge=0)]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
ThresholdBasis = Literal["intrinsic", "fob", "cif"]
Confidence = Literal["read", "partly", "verify"]


class AdValorem(msgspec.Struct, frozen=True, tag_field="kind", tag="ad_valorem"):
    """A share of a value: of the goods (`fob`), with freight (`cif`), or with duty too (`landed`).

    Without `rate_bp` the rate depends on the HS6 and comes with the question; `default_bp` stands
    in where none is given, and the quote says so.
    """

    basis: Literal["fob", "cif", "landed"]
    rate_bp: BasisPoints | None = None
    default_bp: BasisPoints = 0


class Specific(msgspec.Struct, frozen=True, tag_field="kind", tag="specific"):
    """An amount for each unit or each kilogram."""

    amount_minor: Amount
    currency: str
    per: Literal["unit", "kg"]


class PerHs6(msgspec.Struct, frozen=True, tag_field="kind", tag="per_hs6"):
    """An amount for each distinct HS6 in the consignment, however many units and lines it has."""

    amount_minor: Amount
    currency: str


class PerParcel(msgspec.Struct, frozen=True, tag_field="kind", tag="per_parcel"):
    """An amount for the consignment."""

    amount_minor: Amount
    currency: str


class Relief(msgspec.Struct, frozen=True, tag_field="kind", tag="relief"):
    """Nothing is charged in this rule's own stacking group, nor in the groups it `lifts`."""

    lifts: tuple[str, ...] = ()


class AtCheckout(msgspec.Struct, frozen=True, tag_field="kind", tag="at_checkout"):
    """VAT is collected by the seller at checkout, for which it `needs` a registration."""

    needs: Literal["ioss", "gb_vat"]


class Unknown(msgspec.Struct, frozen=True, tag_field="kind", tag="unknown"):
    """Something applies, or may, whose amount was not established: nothing is charged, all warn."""


Charge = AdValorem | Specific | PerHs6 | PerParcel | Relief | AtCheckout | Unknown


class Threshold(msgspec.Struct, frozen=True):
    """The rule holds for consignments worth this much or less.

    `intrinsic` and `fob` count the goods alone, `cif` the goods with freight and insurance.
    """

    amount_minor: Amount
    currency: str
    basis: ThresholdBasis = "intrinsic"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule for one span of days, with the text it rests on and how sure we are of it.

    Both dates are days on which the rule holds; absent means open. Of the rules of one
    `stacking_group` the most specific alone applies; rules of different groups add up.
    `origins`, `not_origins` and `not_hs` (prefixes) select lines; for a relief, one excluded
    line excludes the consignment. `caveat` is put on every quote that uses the rule.
    """

    code: str
    jurisdiction: str
    stacking_group: str
    levy: Literal["duty", "fee", "vat"]
    charge: Charge
    confidence: Confidence
    source: str
    verified_on: date
    legal_ref: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    mode: Literal["any", "post", "courier"] = "any"
    nature: Literal["any", "b2c", "b2b", "gift"] = "any"
    seller_scheme: Literal["any", "ioss", "gb_vat"] = "any"
    threshold: Threshold | None = None
    origins: tuple[str, ...] = ()
    not_origins: tuple[str, ...] = ()
    not_hs: tuple[str, ...] = ()
    note: str = ""
    caveat: str = ""

    @property
    def version(self) -> str:
        """The first day of this version, so that `code@version` names it for good."""
        return self.effective_from.isoformat() if self.effective_from else "open"

    def holds_on(self, day: date) -> bool:
        """Tell whether `day` lies in the rule's span."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)

    def charges(self, line: GoodsLine) -> bool:
        """Tell whether the rule's charge falls on `line`."""
        wanted = not self.origins or line.origin in self.origins
        return (
            wanted and line.origin not in self.not_origins and not line.hs6.startswith(self.not_hs)
        )

    @property
    def specificity(self) -> tuple[bool, ...]:
        """What a rule narrows, weightiest first: of one stacking group the greatest applies."""
        return (
            self.jurisdiction not in CURRENCY,
            self.threshold is not None,
            self.seller_scheme != "any",
            self.nature != "any",
            self.mode != "any",
        )


def in_force(rules: Iterable[Rule], on: date, *, jurisdiction: str | None = None) -> list[Rule]:
    """List the rules that hold on a day, of one jurisdiction or of all; for people to read."""
    return [
        rule for rule in rules if rule.holds_on(on) and jurisdiction in {None, rule.jurisdiction}
    ]


def applicable(
    rules: Iterable[Rule], consignment: Consignment, on: date, fx: Mapping[str, Decimal]
) -> tuple[Rule, ...]:
    """Choose the rules that meet `consignment` on `on`: at most one of each stacking group.

    `fx` (EUR that one unit of each currency buys) serves to compare thresholds. What a relief
    lifts is left out; the relief itself stays, because a quote must name it. Sorted by code.

    Raises:
        Invalid: a threshold needs an exchange rate that `fx` lacks.

    """
    places = authorities(consignment.destination)
    chosen: dict[str, Rule] = {}
    for rule in rules:
        if rule.jurisdiction in places and rule.holds_on(on) and _meets(rule, consignment, fx):
            rival = chosen.get(rule.stacking_group)
            if rival is None or rival.specificity < rule.specificity:
                chosen[rule.stacking_group] = rule
    lifted = {
        group
        for rule in chosen.values()
        if isinstance(rule.charge, Relief)
        for group in rule.charge.lifts
    }
    left = (rule for group, rule in chosen.items() if group not in lifted)
    return tuple(sorted(left, key=lambda rule: rule.code))


def _meets(rule: Rule, consignment: Consignment, fx: Mapping[str, Decimal]) -> bool:
    if rule.mode not in {"any", consignment.mode} or rule.nature not in {"any", consignment.nature}:
        return False
    if rule.seller_scheme != "any" and rule.seller_scheme not in consignment.seller_schemes:
        return False
    fitting = [rule.charges(line) for line in consignment.lines]
    enough = all(fitting) if isinstance(rule.charge, Relief) else any(fitting)
    return enough and (rule.threshold is None or _within(rule.threshold, consignment, fx))


def _within(threshold: Threshold, consignment: Consignment, fx: Mapping[str, Decimal]) -> bool:
    target = threshold.currency
    value = sum(
        (convert(line.value_minor, line.currency, target, fx) for line in consignment.lines),
        Decimal(0),
    )
    if threshold.basis == "cif":
        value += convert(consignment.freight_minor, consignment.carriage_currency, target, fx)
    return value <= threshold.amount_minor
