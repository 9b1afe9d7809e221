"""The page of the shipped policies, written from the data so that it cannot lag behind.

`python -m penstock.merchants.growth.reference > docs/reference/policies.md` writes it anew.
"""

import sys
from typing import get_args

import msgspec

from penstock.merchants.growth.policy import Ladder, Policy, VolumeLimit
from penstock.merchants.growth.policy_file import shipped_policies

_HEAD = """\
# Policies of controlled growth

This page is written from `src/penstock/merchants/growth/policies.toml`; do not edit it by hand
(`python -m penstock.merchants.growth.reference` prints it). What the kinds mean, and how an
operator adds policies of its own, is told in [controlled growth](../explanation/growth.md).

Every policy also says `code`, `effective_from`, `effective_to` (its last day, UTC; none if left
out), `source`, `confidence` (`high`: the platform's own text; `medium`: several secondary sources;
`low`: one; `own`: a rule of Penstock) and `note`. Policies marked as defaults are Penstock's
suggestion, to be replaced by the operator's.
"""
_COMMON = {"code", "effective_from", "effective_to", "source", "confidence", "note"}


def render() -> str:
    """Return the reference page as Markdown: for each kind its fields and what is shipped."""
    return _HEAD + "".join(_section(kind) for kind in get_args(Policy))


def _section(kind: type[msgspec.Struct]) -> str:
    shipped = [policy for policy in shipped_policies() if isinstance(policy, kind)]
    doc = " ".join((kind.__doc__ or "").split())
    rows = "".join(_field(field) for field in msgspec.structs.fields(kind))
    parts = "".join(_policy(policy) for policy in shipped)
    head = "| field | default |\n|---|---|\n"
    return f"\n## {kind.__struct_config__.tag}\n\n{doc}\n\n{head}{rows}{parts}"


def _field(field: msgspec.structs.FieldInfo) -> str:
    if field.name in _COMMON:
        return ""
    default = "needed" if field.required else f"`{_json(field.default)}`"
    return f"| `{field.name}` | {default} |\n"


def _policy(policy: Policy) -> str:
    said = msgspec.to_builtins(policy)
    skip = {*_COMMON, "kind", "tiers", "bands"}
    terms = ", ".join(f"{key} {_json(value)}" for key, value in said.items() if key not in skip)
    until = "" if policy.effective_to is None else f" to {policy.effective_to}"
    lines = [
        f"\n### {policy.code}, from {policy.effective_from}{until}\n",
        f"{terms}.{' ' + policy.note if policy.note else ''}\n",
        f"Source ({policy.confidence}): {policy.source}.\n",
    ]
    match policy:
        case Ladder():
            lines += ["| tier | orders a day | up with | down below |", "|---|---|---|---|"]
            lines += [
                f"| `{t.tier}` | {'no cap of its own' if t.daily_cap is None else t.daily_cap} | "
                f"{'–' if t.promote is None else _conditions(t.promote)} | "
                f"{'–' if t.demote_below is None else f'{t.demote_below:g}'} |"
                for t in policy.tiers
            ]
        case VolumeLimit() if policy.bands:
            lines += ["| score below | % of the mean |", "|---|---|"]
            lines += [f"| {band.score_below:g} | {band.percent} |" for band in policy.bands]
        case _:
            return "\n".join(lines)
    return "\n".join([*lines, ""])


def _conditions(promotion: msgspec.Struct) -> str:
    return ", ".join(f"{k} {_json(v)}" for k, v in msgspec.to_builtins(promotion).items())


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    sys.stdout.write(render())
