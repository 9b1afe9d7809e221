"""What a stream must be before stock is kept for it; every broken rule is named by field."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.repeats import repeats

UNITS_MAX = 10_000_000
TITLE_LENGTH = 255
CHANNELS_MAX = 50
ORDERS_PER_HOUR_MAX = 1_000_000


class StreamSku(msgspec.Struct, frozen=True):
    """Units of a SKU to be kept for a stream."""

    sku_id: int
    quantity: int


class NodeWish(msgspec.Struct, frozen=True):
    """Orders an hour that a node shall set aside for a stream while it is on."""

    node_id: int
    orders_per_hour: int


class NewStream(msgspec.Struct, frozen=True, kw_only=True):
    """A livestream as it is planned; `code` is what its orders name.

    `channels` are where its orders come from, none for anywhere; `capacity` is what is wanted of
    nodes.
    """

    code: str
    title: str
    country: str
    starts_at: datetime
    ends_at: datetime
    skus: tuple[StreamSku, ...]
    host: str = ""
    expected_orders: int = 0
    channels: tuple[str, ...] = ()
    capacity: tuple[NodeWish, ...] = ()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan may name: the merchant's SKUs and markets, and the nodes that there are."""

    skus: AbstractSet[int]
    markets: AbstractSet[str]
    nodes: AbstractSet[int]


def validate(stream: NewStream, known: Known, now: datetime) -> None:
    """Check a planned stream against itself and what it may name.

    Raises:
        Invalid: every broken rule, by field.

    """
    wrong = [*_words(stream), *_country(stream, known)]
    if stream.ends_at <= max(stream.starts_at, now):
        detail = "a stream ends after it starts, and in the future"
        wrong.append(FieldError("/ends_at", "out_of_range", detail))
    wrong += _skus(stream.skus, known)
    twice = repeats(wish.node_id for wish in stream.capacity)
    for i, wish in enumerate(stream.capacity):
        if wish.node_id not in known.nodes:
            detail = "there is no such node; set it up or correct the line"
            wrong.append(FieldError(f"/capacity/{i}/node", "unknown_node", detail))
        if i in twice:
            wrong.append(FieldError(f"/capacity/{i}/node", "twice", "name each node once"))
        if not 0 < wish.orders_per_hour <= ORDERS_PER_HOUR_MAX:
            detail = f"use 1 to {ORDERS_PER_HOUR_MAX} orders an hour"
            wrong.append(FieldError(f"/capacity/{i}/orders_per_hour", "out_of_range", detail))
    if wrong:
        raise Invalid(errors=tuple(wrong))


def _words(stream: NewStream) -> list[FieldError]:
    wrong = []
    if not stream.code.strip():
        wrong.append(FieldError("/code", "missing", "give the code that its orders will name"))
    if not stream.title.strip():
        wrong.append(FieldError("/title", "missing", "give the title that people know it by"))
    elif len(stream.title) > TITLE_LENGTH:
        detail = f"use at most {TITLE_LENGTH} characters"
        wrong.append(FieldError("/title", "too_long", detail))
    if len(stream.channels) > CHANNELS_MAX:
        detail = f"name at most {CHANNELS_MAX} channels, or none for all"
        wrong.append(FieldError("/channels", "too_many", detail))
    twice = repeats(stream.channels)
    wrong += [
        FieldError(f"/channels/{i}", "twice", "name each channel once")
        if channel.strip()
        else FieldError(f"/channels/{i}", "missing", "name the channel as its orders do")
        for i, channel in enumerate(stream.channels)
        if not channel.strip() or i in twice
    ]
    return wrong


def _country(stream: NewStream, known: Known) -> list[FieldError]:
    if stream.country not in COUNTRIES:
        detail = f"{stream.country!r} is no country of ISO 3166-1; use a code such as US"
        return [FieldError("/country", "unknown_country", detail)]
    if stream.country not in known.markets:
        served = ", ".join(sorted(known.markets)) or "none yet"
        detail = f"the merchant does not sell to {stream.country}; its markets are: {served}"
        return [FieldError("/country", "market_not_served", detail)]
    return []


def _skus(skus: Sequence[StreamSku], known: Known) -> list[FieldError]:
    if not skus:
        return [FieldError("/skus", "missing", "name at least one SKU")]
    wrong = []
    twice = repeats(sku.sku_id for sku in skus)
    for i, sku in enumerate(skus):
        if sku.sku_id not in known.skus:
            detail = "the merchant has no such SKU; add it or correct the line"
            wrong.append(FieldError(f"/skus/{i}/sku", "unknown_sku", detail))
        if i in twice:
            wrong.append(FieldError(f"/skus/{i}/sku", "twice", "name each SKU once"))
        if not 0 <= sku.quantity <= UNITS_MAX:
            detail = f"use 0 to {UNITS_MAX} units"
            wrong.append(FieldError(f"/skus/{i}/quantity", "out_of_range", detail))
    return wrong
