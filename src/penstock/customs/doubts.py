"""What a quote does not know, said aloud: assumed rates, unconfirmed rules, missing ones."""

from typing import Literal

import msgspec

from penstock.customs.consignment import Consignment
from penstock.customs.rules import AtCheckout, Relief, Rule, Unknown
from penstock.customs.sheet import Sheet
from penstock.customs.territory import EXPECTED_LEVIES, authorities, in_northern_ireland


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """A reason why the true cost may differ; `rule` is empty where none is to blame."""

    code: Literal[
        "rate_assumed",
        "amount_unknown",
        "unverified",
        "caveat",
        "no_rule",
        "no_jurisdiction",
        "northern_ireland",
        "not_registered",
    ]
    detail: str
    rule: str = ""


def doubts(
    consignment: Consignment, border: str | None, chosen: tuple[Rule, ...], sheet: Sheet
) -> tuple[Warned, ...]:
    """Gather what a quote at `border` does not know, from the rules it used and those it lacks."""
    place = consignment.destination
    if border is None:
        detail = f"No customs rules are shipped for {place}: no charge is counted."
        return (Warned(code="no_jurisdiction", detail=detail),)
    found = [warned for rule in chosen for warned in _of_rule(rule, consignment, sheet)]
    postal_code = consignment.consignee.postal_code if consignment.consignee else ""
    if in_northern_ireland(place, postal_code):
        detail = "Northern Ireland has rules of its own; those of Great Britain are counted."
        found.append(Warned(code="northern_ireland", detail=detail))
    levied = {rule.levy for rule in chosen if not isinstance(rule.charge, AtCheckout)}
    lifted = any(isinstance(rule.charge, Relief) and rule.charge.lifts for rule in chosen)
    for levy in EXPECTED_LEVIES[border]:
        if levy not in levied and not lifted:
            detail = f"No {levy} rule of {'/'.join(authorities(place))} is known for that day."
            found.append(Warned(code="no_rule", detail=detail))
    return tuple(found)


def _of_rule(rule: Rule, consignment: Consignment, sheet: Sheet) -> list[Warned]:
    found = []
    assumed = sheet.assumed.get(rule.code)
    if assumed:
        detail = (
            f"No rate was given for {', '.join(sorted(assumed))}: {sheet.default_bp(rule)} basis "
            f"points are assumed. Give rates for {rule.code!r}."
        )
        found.append(Warned(code="rate_assumed", detail=detail, rule=rule.code))
    if rule.caveat:
        unknown = isinstance(rule.charge, Unknown)
        code: Literal["amount_unknown", "caveat"] = "amount_unknown" if unknown else "caveat"
        found.append(Warned(code=code, detail=rule.caveat, rule=rule.code))
    if rule.confidence == "verify":
        detail = f"The rule was not confirmed by {rule.verified_on}: see {rule.source}."
        found.append(Warned(code="unverified", detail=detail, rule=rule.code))
    needs = rule.charge.needs if isinstance(rule.charge, AtCheckout) else None
    if needs and needs not in consignment.seller_schemes:
        detail = f"VAT is due at checkout and the seller is not registered for it ({needs})."
        found.append(Warned(code="not_registered", detail=detail, rule=rule.code))
    return found
