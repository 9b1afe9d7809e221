from pathlib import Path

import pytest

from penstock.customs.rulebook import load, read, shipped
from penstock.customs.rules import AdValorem, Unknown
from penstock.kernel.errors import Misconfigured

RULE = """
[[rule]]
code = "{code}"
jurisdiction = "EU"
stacking_group = "{group}"
levy = "duty"
charge = {{ kind = "per_parcel", amount_minor = 100, currency = "EUR" }}
confidence = "read"
source = "https://example.org"
verified_on = 2026-11-21
{more}
"""


def rule(code: str = "eu.a", group: str = "g", more: str = "") -> str:
    return RULE.format(code=code, group=group, more=more)


def refusal(text: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        read([("own.toml", text)])
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_defaults_fill_entries_and_charges() -> None:
    text = (
        '[defaults]\njurisdiction = "DE"\nstacking_group = "vat"\nlevy = "vat"\nsource = "here"\n'
        'charge = { kind = "ad_valorem", basis = "landed" }\nconfidence = "read"\n'
        "verified_on = 2026-11-21\n"
        '[[rule]]\ncode = "de.vat"\ncharge = { rate_bp = 1900 }\n'
    )
    (only,) = read([("own.toml", text)])
    assert only.charge == AdValorem(basis="landed", rate_bp=1900)
    assert only.version == "open"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[rule]", "own.toml: not TOML"),
        ("", "own.toml: give one or more [[rule]] entries"),
        (rule().replace("per_parcel", "per_moon"), "own.toml: rule 1 (eu.a): Invalid value"),
        (rule(more='colour = "red"'), "own.toml: rule 1 (eu.a): Object contains unknown field"),
        (rule(more='effective_from = "soon"'), "own.toml: rule 1 (eu.a):"),
        (
            rule(more="effective_from = 2026-07-01\neffective_to = 2026-06-30"),
            "rule 1 (eu.a): effective_to 2026-06-30 lies before effective_from 2026-07-01",
        ),
        (rule().replace('"EUR"', '"XXX"'), "rule 1 (eu.a): unknown currency"),
        (rule().replace('"EU"', '"Europe"'), "rule 1 (eu.a): jurisdiction 'Europe'"),
        (rule().replace("https://example.org", ""), "rule 1 (eu.a): give the source"),
        (
            rule().replace('kind = "per_parcel", amount_minor = 100, currency = "EUR"',
                           'kind = "relief", lifts = ["nowhere"]'),
            "rule 1 (eu.a): lifts unknown stacking groups ['nowhere']",
        ),
        (rule().replace("100", "-1"), "own.toml: rule 1 (eu.a): Expected `int` >= 0"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named(text: str, says: str) -> None:
    assert says in refusal(text)


def test_versions_of_one_code_may_not_overlap_but_may_follow() -> None:
    old, new = "effective_to = 2026-06-30", "effective_from = 2026-07-01"
    assert len(read([("own.toml", rule(more=old) + rule(more=new))])) == 2
    overlapping = rule(more="effective_to = 2026-07-01") + rule(more=new)
    message = refusal(overlapping)
    assert "rule 1 (eu.a)" in message
    assert "rule 2 (eu.a): the dates of two versions overlap" in message


def test_two_equally_specific_rules_of_one_group_are_refused() -> None:
    assert "both apply at once in stacking group 'g'" in refusal(rule("eu.a") + rule("eu.b"))


@pytest.mark.parametrize(
    "more",
    [
        'mode = "post"',
        'seller_scheme = "ioss"',
        'threshold = { amount_minor = 15000, currency = "EUR" }',
        'nature = "b2b"',
    ],
)
def test_a_more_specific_rule_may_share_a_group(more: str) -> None:
    assert len(read([("own.toml", rule("eu.a") + rule("eu.b", more=more))])) == 2


def test_a_seller_in_two_schemes_may_not_meet_two_rules() -> None:
    schemes = ('seller_scheme = "ioss"', 'seller_scheme = "gb_vat"')
    text = rule("eu.a", more=schemes[0]) + rule("eu.b", more=schemes[1])
    assert "both apply at once" in refusal(text)


def test_an_operators_own_folder(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no \*\.toml file"):
        load(tmp_path)
    (tmp_path / "a.toml").write_text(rule("eu.a"))
    (tmp_path / "b.toml").write_text(rule("eu.b"))
    with pytest.raises(Misconfigured, match=r"a\.toml: rule 1 .* and b\.toml: rule 1"):
        load(tmp_path)


def test_shipped_rules_each_say_where_from_and_the_unknown_warn() -> None:
    for one in shipped():
        assert one.source.startswith("https://"), one.code
        assert one.confidence != "partly" or one.note, one.code
        assert not isinstance(one.charge, Unknown) or one.caveat, one.code
