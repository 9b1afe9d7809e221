"""The working sheet of one quote: each rule's amount written line by line, nothing lost."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from penstock.customs.consignment import Consignment
from penstock.customs.exchange import convert, half_up
from penstock.customs.rules import AdValorem, PerHs6, PerParcel, Rule, Specific
from penstock.kernel.money import share

Rates = Mapping[str, Mapping[str, int]]
"""Ad-valorem rates in basis points, by rule code and then by HS6."""


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule put on one line; `basis_minor` and `rate_bp` only where a rate was used."""

    code: str
    version: str
    levy: Literal["duty", "fee", "vat"]
    amount_minor: int
    basis_minor: int | None = None
    rate_bp: int | None = None


class Sheet:
    """Values of the lines in one currency, and the charges that rules have put on them so far."""

    def __init__(
        self, consignment: Consignment, currency: str, fx: Mapping[str, Decimal], rates: Rates
    ) -> None:
        """Convert the goods line by line (half up) and share the freight over them."""
        self.currency = currency
        self.lines = consignment.lines
        self.goods = [self._here(line.value_minor, line.currency, fx) for line in self.lines]
        freight = self._here(consignment.freight_minor, consignment.carriage_currency, fx)
        self.freight = list(share(freight, self._weights(range(len(self.lines)))))
        self.charges: list[list[Charged]] = [[] for _ in self.lines]
        self.assumed: dict[str, set[str]] = {}
        self._fx = fx
        self._rates = rates

    def total(self, position: int, levy: str) -> int:
        """Return what a levy has put on one line so far."""
        return sum(charge.amount_minor for charge in self.charges[position] if charge.levy == levy)

    def default_bp(self, rule: Rule) -> int:
        """Return the rate that stands in where the question gave none."""
        return rule.charge.default_bp if isinstance(rule.charge, AdValorem) else 0

    def apply(self, rule: Rule) -> None:
        """Put the rule's charge on the lines that it selects; reliefs and the like put nothing."""
        chosen = [i for i, line in enumerate(self.lines) if rule.charges(line)]
        match rule.charge:
            case AdValorem() as charge:
                for i in chosen:
                    self._ad_valorem(rule, charge, i)
            case Specific(amount_minor=amount, currency=currency, per=per):
                each = convert(amount, currency, self.currency, self._fx)
                for i in chosen:
                    line = self.lines[i]
                    measure = Decimal(line.weight_g) / 1000 if per == "kg" else line.quantity
                    self._write(rule, i, half_up(each * measure))
            case PerHs6(amount_minor=amount, currency=currency):
                each_minor = self._here(amount, currency, self._fx)
                for hs6 in sorted({self.lines[i].hs6 for i in chosen}):
                    self._spread(rule, each_minor, [i for i in chosen if self.lines[i].hs6 == hs6])
            case PerParcel(amount_minor=amount, currency=currency):
                self._spread(rule, self._here(amount, currency, self._fx), chosen)
            case _:
                pass

    def _ad_valorem(self, rule: Rule, charge: AdValorem, position: int) -> None:
        basis = self.goods[position]
        if charge.basis != "fob":
            basis += self.freight[position]
        if charge.basis == "landed":
            basis += self.total(position, "duty")
        rate = self._rate(rule, charge, self.lines[position].hs6)
        amount = half_up(Decimal(basis * rate) / 10_000)
        self._write(rule, position, amount, basis_minor=basis, rate_bp=rate)

    def _rate(self, rule: Rule, charge: AdValorem, hs6: str) -> int:
        given = self._rates.get(rule.code, {}).get(hs6)
        if given is not None:
            return given
        if charge.rate_bp is not None:
            return charge.rate_bp
        self.assumed.setdefault(rule.code, set()).add(hs6)
        return charge.default_bp

    def _spread(self, rule: Rule, amount: int, positions: list[int]) -> None:
        for i, part in zip(positions, share(amount, self._weights(positions)), strict=True):
            self._write(rule, i, part)

    def _write(
        self,
        rule: Rule,
        position: int,
        amount: int,
        *,
        basis_minor: int | None = None,
        rate_bp: int | None = None,
    ) -> None:
        self.charges[position].append(
            Charged(
                code=rule.code,
                version=rule.version,
                levy=rule.levy,
                amount_minor=amount,
                basis_minor=basis_minor,
                rate_bp=rate_bp,
            )
        )

    def _weights(self, positions: list[int] | range) -> list[int]:
        """Share by value; goods without value by weight; without weight by units."""
        measures: tuple[Callable[[int], int], ...] = (
            lambda i: self.goods[i],
            lambda i: self.lines[i].weight_g,
        )
        for measure in measures:
            weights = [measure(i) for i in positions]
            if any(weights):
                return weights
        return [self.lines[i].quantity for i in positions]

    def _here(self, amount_minor: int, currency: str, fx: Mapping[str, Decimal]) -> int:
        return half_up(convert(amount_minor, currency, self.currency, fx))
