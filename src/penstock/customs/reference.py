"""The page of shipped rules, written from the rules themselves so that it cannot lag behind."""

from itertools import groupby

from penstock.customs.rules import (
    AdValorem,
    AtCheckout,
    PerHs6,
    PerParcel,
    Relief,
    Rule,
    Specific,
    Threshold,
    Unknown,
)
from penstock.customs.territory import CURRENCY
from penstock.kernel.money import CURRENCIES

_HEAD = """\
# Customs rules

This page is written from the shipped rule files (`src/penstock/customs/data/*.toml`); do not edit
it by hand. The rules are facts read from the pages that they name, not legal advice: verify a rule
before you rely on it. Days are inclusive. *Confidence* is `read` (a page that says so was read),
`partly` (a part is from general knowledge or derived: the note says which) or `verify` (not
confirmed, or sources differ: each quote that uses the rule carries a warning).

Of the rules of one stacking group the most specific applies: a member state's before the EU's,
then one with a threshold, a seller scheme, a nature of sale, a mode. Groups add up. A rate that is
"given" comes with the question, by rule code and HS6; where none is given the default stands in and
the quote says so. Each amount is rounded half up once for each rule and line.

The base duty by tariff code, reduced VAT rates, preferences, anti-dumping and countervailing
duties, section 232 duties, excise and quotas are not shipped.
"""

_COLUMNS = "| code | holds | applies to | charge | group | confidence | rests on |\n" + "|---" * 7


def render(rules: tuple[Rule, ...]) -> str:
    """Return the reference page of `rules` as Markdown, a table for each jurisdiction."""
    ordered = sorted(rules, key=lambda rule: (_section(rule), rule.code, _first_day(rule)))
    parts = [_HEAD]
    for section, group in groupby(ordered, key=_section):
        listed = list(group)
        parts.append(f"\n## {section}\n\n{_COLUMNS}|\n")
        parts.extend(_row(rule) for rule in listed)
        parts.extend(f"\n`{_name(rule)}`: {_remarks(rule)}\n" for rule in listed if _remarks(rule))
    return "".join(parts)


def _row(rule: Rule) -> str:
    rests = "; ".join(part for part in (rule.legal_ref, f"<{rule.source}>") if part)
    cells = (
        f"`{rule.code}`",
        f"{rule.effective_from or 'open'} to {rule.effective_to or 'open'}",
        _conditions(rule),
        f"{rule.levy}: {_charge(rule)}",
        f"`{rule.stacking_group}`",
        f"{rule.confidence}, {rule.verified_on}",
        rests,
    )
    return "| " + " | ".join(cells) + " |\n"


def _section(rule: Rule) -> str:
    return rule.jurisdiction if rule.jurisdiction in CURRENCY else "EU member states"


def _first_day(rule: Rule) -> str:
    return "" if rule.effective_from is None else rule.version


def _name(rule: Rule) -> str:
    return f"{rule.code}@{rule.version}"


def _remarks(rule: Rule) -> str:
    return " ".join(
        part for part in (rule.note, f"*Warns:* {rule.caveat}" if rule.caveat else "") if part
    )


def _conditions(rule: Rule) -> str:
    chosen: list[str] = [
        word for word in (rule.mode, rule.nature, rule.seller_scheme) if word != "any"
    ]
    if rule.threshold:
        chosen.append(_threshold(rule.threshold))
    if rule.origins:
        chosen.append("made in " + ", ".join(rule.origins))
    if rule.not_origins:
        chosen.append("not made in " + ", ".join(rule.not_origins))
    if rule.not_hs:
        chosen.append("not HS " + ", ".join(rule.not_hs))
    return "; ".join(chosen) or "all"


def _threshold(threshold: Threshold) -> str:
    return f"≤ {money(threshold.amount_minor, threshold.currency)} {threshold.basis}"


def _charge(rule: Rule) -> str:
    charge = rule.charge
    if isinstance(charge, AdValorem):
        return _rate(charge)
    if isinstance(charge, Relief):
        return "none" + (f", nor of {', '.join(charge.lifts)}" if charge.lifts else "")
    if isinstance(charge, AtCheckout):
        return f"collected at checkout by a seller in {charge.needs}"
    if isinstance(charge, Unknown):
        return "not established, not counted"
    per = {PerHs6: "distinct HS6", PerParcel: "parcel", Specific: getattr(charge, "per", "")}
    return f"{money(charge.amount_minor, charge.currency)} per {per[type(charge)]}"


def _rate(charge: AdValorem) -> str:
    if charge.rate_bp is None:
        return f"rate given (default {percent(charge.default_bp)}) of {charge.basis} value"
    return f"{percent(charge.rate_bp)} of {charge.basis} value"


def money(amount_minor: int, currency: str) -> str:
    """Write an amount for people: currency, then units with the currency's minor digits."""
    digits = CURRENCIES[currency]
    units, rest = divmod(amount_minor, 10**digits)
    return f"{currency} {units}" + (f".{rest:0{digits}d}" if rest else "")


def percent(basis_points: int) -> str:
    """Write basis points for people: 2550 as 25.5 %."""
    return f"{basis_points / 100:g} %"
