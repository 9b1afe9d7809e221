"""Reading rule files, and refusing a rule book that could answer one question in two ways."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import msgspec

from penstock.customs.consignment import is_country
from penstock.customs.rules import Relief, Rule
from penstock.customs.territory import CURRENCY
from penstock.kernel.errors import Misconfigured
from penstock.kernel.money import CURRENCIES

SHIPPED: Final = ("eu.toml", "eu_vat.toml", "gb.toml", "us.toml")
"""The rule files in this package, under `data/`."""


@cache
def shipped() -> tuple[Rule, ...]:
    """Return the rules that come with Penstock; a quote that uses them names their version."""
    folder = resources.files(__package__) / "data"
    return read((name, (folder / name).read_text(encoding="utf-8")) for name in SHIPPED)


def load(folder: Path) -> tuple[Rule, ...]:
    """Read every `*.toml` of an operator's own folder, instead of the shipped rules.

    Raises:
        Misconfigured: the folder holds no rules, or `read` refuses them.

    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise Misconfigured(f"{folder}: no *.toml file with customs rules; give their folder.")
    return read((file.name, file.read_text(encoding="utf-8")) for file in files)


def read(files: Iterable[tuple[str, str]]) -> tuple[Rule, ...]:
    """Turn (file name, TOML text) pairs into rules and check them against each other.

    A file holds `[[rule]]` entries and, if it likes, `[defaults]` that each entry starts from.

    Raises:
        Misconfigured: one line that names the file, the entry, and what to mend.

    """
    placed = [entry for name, text in files for entry in _entries(name, text)]
    groups = {rule.stacking_group for _, rule in placed}
    for where, rule in placed:
        _check_alone(where, rule, groups)
    for (where, rule), (other_where, other) in combinations(placed, 2):
        _check_pair(f"{where} and {other_where}", rule, other)
    return tuple(rule for _, rule in placed)


def _entries(name: str, text: str) -> list[tuple[str, Rule]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{name}: not TOML: {error}.") from error
    defaults = document.get("defaults", {})
    entries = document.get("rule", [])
    if not isinstance(entries, list) or not isinstance(defaults, dict) or not entries:
        raise Misconfigured(f"{name}: give one or more [[rule]] entries.")
    placed = []
    for position, entry in enumerate(entries, start=1):
        where = f"{name}: rule {position} ({entry.get('code', 'without a code')})"
        try:
            placed.append((where, msgspec.convert(_filled(defaults, entry), Rule)))
        except msgspec.ValidationError as error:
            raise Misconfigured(f"{where}: {error}.") from error
    return placed


def _filled(defaults: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    filled = defaults | entry
    charges = (defaults.get("charge", {}), entry.get("charge", {}))
    if all(isinstance(charge, dict) for charge in charges):
        filled["charge"] = charges[0] | charges[1]
    return filled


def _check_alone(where: str, rule: Rule, groups: set[str]) -> None:
    currencies = {rule.threshold.currency} if rule.threshold else set()
    currencies |= {getattr(rule.charge, "currency", "EUR")}
    lifts = set(rule.charge.lifts) if isinstance(rule.charge, Relief) else set()
    tests = (
        (not rule.code or not rule.stacking_group, "give a code and a stacking_group"),
        (not rule.source, "give the source it was read from"),
        (
            rule.jurisdiction not in CURRENCY and not is_country(rule.jurisdiction),
            f"jurisdiction {rule.jurisdiction!r} is neither US, EU, GB nor a country",
        ),
        (
            bool(rule.effective_from and rule.effective_to)
            and rule.effective_from > rule.effective_to,  # type: ignore[operator]
            f"effective_to {rule.effective_to} lies before effective_from {rule.effective_from}",
        ),
        (not currencies <= set(CURRENCIES), f"unknown currency in {sorted(currencies)}"),
        (not lifts <= groups, f"lifts unknown stacking groups {sorted(lifts - groups)}"),
    )
    for wrong, detail in tests:
        if wrong:
            raise Misconfigured(f"{where}: {detail}.")


def _check_pair(where: str, rule: Rule, other: Rule) -> None:
    """Refuse two rules of one group of which nothing says which one applies."""
    if rule.stacking_group != other.stacking_group or not _overlap(rule, other):
        return
    if rule.code == other.code and rule.jurisdiction == other.jurisdiction:
        raise Misconfigured(f"{where}: the dates of two versions overlap; end the older one.")
    if rule.specificity == other.specificity and _compatible(rule, other):
        raise Misconfigured(
            f"{where}: both apply at once in stacking group {rule.stacking_group!r}; "
            "give them other dates, groups or conditions."
        )


def _overlap(rule: Rule, other: Rule) -> bool:
    before = rule.effective_to and other.effective_from and rule.effective_to < other.effective_from
    after = other.effective_to and rule.effective_from and other.effective_to < rule.effective_from
    return not before and not after


def _compatible(rule: Rule, other: Rule) -> bool:
    """Tell whether one consignment could meet both; a seller may be in two schemes at once."""
    return (
        rule.jurisdiction == other.jurisdiction
        and _either(rule.mode, other.mode)
        and _either(rule.nature, other.nature)
    )


def _either(one: str, other: str) -> bool:
    return "any" in {one, other} or one == other
