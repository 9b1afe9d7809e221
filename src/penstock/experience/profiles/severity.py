"""What the effects of a profile are measured by: how hard each is on the merchant."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from penstock.experience.profiles.effect import Effect

Kind = Literal["volume_limit", "probation", "settlement_days", "return_share", "streams"]
Value = Decimal | bool
_NO_CAP: Final = Decimal(100)


class _Kind(NamedTuple):
    """Reads a kind from an effect, and says how hard a value is on the merchant: more is harder."""

    of: Callable[[Effect], Value | None]
    severity: Callable[[Value], Decimal]
    silence: Value | None


def _cap(effect: Effect) -> Value | None:
    percent = effect.volume_percent
    return None if percent is None or percent >= _NO_CAP else percent


def _as_days(effect: Effect) -> Value | None:
    return None if effect.settlement_days is None else Decimal(effect.settlement_days)


KINDS: Final[dict[Kind, _Kind]] = {
    "volume_limit": _Kind(_cap, lambda value: -Decimal(value), _NO_CAP),
    "probation": _Kind(lambda effect: effect.probation, Decimal, silence=False),
    "settlement_days": _Kind(_as_days, Decimal, None),
    "return_share": _Kind(lambda effect: effect.return_share_percent, Decimal, None),
    "streams": _Kind(lambda effect: effect.streams, lambda value: -Decimal(value), silence=True),
}
"""`silence` is what it comes to when a kind is not spoken of; None: that depends on the channel."""
