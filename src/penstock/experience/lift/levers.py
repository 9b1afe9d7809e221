"""The levers: what could be changed, each with how far, as a merchant would say it."""

from typing import Literal

import msgspec

Kind = Literal["cut_off", "carrier", "pickers", "sync", "second_node"]
KINDS: tuple[Kind, ...] = ("pickers", "carrier", "second_node", "sync", "cut_off")


class Lever(msgspec.Struct, frozen=True, kw_only=True):
    """One change. Which of the fields speaks depends on `kind`.

    `cut_off`: the van comes `hours_earlier` at `node_id`. `carrier`: `vendor` carries what goes
    from `node_id` to `country`. `pickers`: `more` of them on every shift of `node_id`. `sync`: an
    order is accepted within `within_s` of its placing. `second_node`: half of the orders to
    `country` are served from `to_node_id` instead of `node_id`, by `vendor`.
    """

    kind: Kind
    title: str
    node_id: int = 0
    country: str = ""
    vendor: str = ""
    to_node_id: int = 0
    more: int = 0
    within_s: float = 0.0
    hours_earlier: float = 0.0


class NotTold(msgspec.Struct, frozen=True, kw_only=True):
    """A lever about which the data say nothing, and why."""

    kind: Kind
    because: str
