"""Set up a node: a warehouse or store that stock lies in."""

import re
from datetime import time
from functools import cache
from zoneinfo import available_timezones

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError, Invalid

CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A node's code is told to carriers and brokers, and stands in their references."""


class NewNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it is set up.

    `zone` is its IANA time zone, `cut_off` the local time by which an order must be allocated to
    leave today, `orders_per_hour` what its floor packs.
    """

    code: str
    title: str
    country: str
    zone: str
    cut_off: time
    orders_per_hour: int


@query
async def store_node(
    tx: Transaction,
    *,
    code: str,
    title: str,
    country: str,
    zone: str,
    cut_off: time,
    orders_per_hour: int,
) -> int | None:
    """Insert the node, or bring the one of that code up to date; answer its id."""


async def add_node(tx: Transaction, node: NewNode) -> int:
    """Set a node up and return its id; the same code again changes its data and not its id.

    Raises:
        Invalid: every field that no node can have: an unknown zone would stop its whole floor.

    """
    if wrong := problems(node):
        raise Invalid(errors=wrong)
    node_id = await store_node(
        tx,
        code=node.code,
        title=node.title,
        country=node.country,
        zone=node.zone,
        cut_off=node.cut_off,
        orders_per_hour=node.orders_per_hour,
    )
    assert node_id is not None
    return node_id


def problems(node: NewNode) -> tuple[FieldError, ...]:
    """Return every rule that `node` breaks."""
    wrong = []
    if not CODE.fullmatch(node.code):
        detail = "use letters, digits, dots, underscores and hyphens, at most 64"
        wrong.append(FieldError("/code", "bad_code", detail))
    if not node.title.strip() or not node.title.isprintable():
        wrong.append(FieldError("/title", "required", "give its title, in one line"))
    if node.country not in COUNTRIES:
        detail = f"{node.country!r} is no country of ISO 3166-1; use a code such as US"
        wrong.append(FieldError("/country", "unknown_country", detail))
    if node.zone not in _zones():
        detail = f"{node.zone!r} is no IANA time zone; use one such as America/Chicago"
        wrong.append(FieldError("/zone", "unknown_zone", detail))
    if node.cut_off.tzinfo is not None:
        detail = "it is on the node's own clock: leave the offset out"
        wrong.append(FieldError("/cut_off", "bad_time", detail))
    if not 0 < node.orders_per_hour < 2**31:
        detail = "say how many orders its floor packs an hour, 1 or more"
        wrong.append(FieldError("/orders_per_hour", "out_of_range", detail))
    return tuple(wrong)


@cache
def _zones() -> set[str]:
    return available_timezones()
