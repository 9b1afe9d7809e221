"""Find orders by what people know of them, the newest first, a page at a time.

Any filter may be left out, so the statement is put together here, of fixed pieces: what a caller
says only ever becomes a parameter.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.lifecycle.drop_month import month_of
from penstock.lifecycle.states import STATUSES

ORDER_STATUSES = tuple(s.status for s in STATUSES if s.kind == "fulfilment_order")
PAGE_MAX = 1_000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; None or empty leaves a filter out.

    `merchant_id` None looks at all merchants, for operators. `status` is the order's, as its least
    advanced part has it. Orders received in [`received_from`, `received_to`). `after` is the last
    `order_id` of the page before.
    """

    merchant_id: int | None = None
    channel: str = ""
    channel_order_id: str = ""
    status: str = ""
    received_from: datetime | None = None
    received_to: datetime | None = None
    after: int | None = None


class OrderFound(msgspec.Struct, frozen=True):
    """An order in a list; times in UTC, money in minor units."""

    order_id: int
    merchant: str
    channel: str
    channel_order_id: str
    status: str
    country: str
    currency: str
    goods_minor: int
    received_at: datetime
    dispatch_by_at: datetime
    deliver_by_at: datetime


class Page(msgspec.Struct, frozen=True):
    """Orders, the newest first; `next_after` begins the next page, null at the end.

    Orders of archived months are not searched: `archived` counts those of the time and merchant
    that are asked for. By number they are found: `archived_ids` can be shown one by one.
    """

    orders: tuple[OrderFound, ...]
    next_after: int | None
    archived: int = 0
    archived_ids: tuple[int, ...] = ()


_STATUS = """(SELECT s.status FROM orders.order_statuses AS s
            WHERE s.merchant_id = o.merchant_id AND s.order_id = o.order_id)"""
_CHANNELS = """ARRAY(WITH RECURSIVE c (channel) AS (
                (SELECT min(k.channel) FROM orders.key AS k WHERE k.merchant_id = m.merchant_id)
                UNION ALL
                SELECT (SELECT min(k.channel) FROM orders.key AS k
                        WHERE k.merchant_id = m.merchant_id AND k.channel > c.channel)
                FROM c WHERE c.channel IS NOT NULL
            ) SELECT channel FROM c)"""
"""A merchant's few channels, by hops over the index: its key begins with them, not the number."""


async def search(tx: Transaction, wanted: Wanted, limit: int = 100) -> Page:
    """Return a page of accepted orders, `limit` at most.

    A number is looked up by key, and other pages are read from the newest order on, so that a
    status that few orders are in costs a look at all newer ones: name a time with it.

    Raises:
        Invalid: no such status, a time without its offset, or a limit outside 1 to PAGE_MAX.

    """
    _check(wanted, limit)
    sql, arguments = composed(wanted, limit + 1)
    found = [OrderFound(*row) for row in await tx.fetch(sql, *arguments)]
    page = tuple(found[:limit])
    archived: list[int] = [row[0] for row in await tx.fetch(*_archived(wanted))]
    by_number = bool(wanted.channel_order_id)
    return Page(
        page,
        page[-1].order_id if len(found) > limit else None,
        len(archived) if by_number else archived[0],
        tuple(archived) if by_number else (),
    )


def _archived(wanted: Wanted) -> tuple[Any, ...]:
    """Return what finds archived orders by their number, or else counts them, and its parameters.

    A number's key outlives its order, and an accepted order cannot be told from a refused one.
    """
    arguments: list[Any] = [wanted.merchant_id]
    if wanted.channel_order_id:
        arguments.append(wanted.channel_order_id)
        channel = f"= ANY ({_CHANNELS})"
        if wanted.channel:
            arguments.append(wanted.channel)
            channel = "= $3::text"
        return (
            f"""
            SELECT k.order_id
            FROM merchants.merchants AS m
            JOIN orders.key AS k
                ON k.merchant_id = m.merchant_id AND k.channel_order_id = $2::text
                AND k.channel {channel}
            JOIN orders.archive AS a ON a.month = k.order_id / 10000000000000 AND a.kind = 'orders'
            WHERE coalesce(m.merchant_id = $1::int, true)
                AND NOT EXISTS (
                    SELECT FROM orders.receipt AS r
                    WHERE r.merchant_id = k.merchant_id AND r.order_id = k.order_id)
            ORDER BY k.order_id
            """,  # noqa: S608  of fixed pieces, with a parameter for each value
            *arguments,
        )
    first = 0 if wanted.received_from is None else month_of(wanted.received_from.astimezone(UTC))
    last = 10**6 if wanted.received_to is None else month_of(wanted.received_to.astimezone(UTC))
    return (
        """
        SELECT coalesce(sum(orders), 0)::bigint AS archived
        FROM orders.archived
        WHERE coalesce(merchant_id = $1::int, true) AND month BETWEEN $2::int AND $3::int
        """,
        *arguments,
        first,
        last,
    )


def composed(wanted: Wanted, limit: int) -> tuple[str, list[Any]]:
    """Return the statement for what is wanted, and its parameters in their order."""
    arguments: list[Any] = []

    def the(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    source = "orders.orders AS o"
    where = ["o.merchant_id = m.merchant_id"]
    if wanted.channel_order_id:
        source = """orders.key AS k JOIN orders.orders AS o
            ON o.merchant_id = k.merchant_id AND o.order_id = k.order_id"""
        number = the(wanted.channel_order_id)
        where += ["k.merchant_id = m.merchant_id", f"k.channel_order_id = {number}::text"]
        channel = f"= {the(wanted.channel)}::text" if wanted.channel else f"= ANY ({_CHANNELS})"
        where.append(f"k.channel {channel}")
    elif wanted.channel:
        where.append(f"o.channel = {the(wanted.channel)}::text")
    if wanted.after is not None:
        where.append(f"o.order_id < {the(wanted.after)}::bigint")
    if wanted.received_from is not None:
        where.append(f"o.received_at >= {the(wanted.received_from)}::timestamptz")
    if wanted.received_to is not None:
        where.append(f"o.received_at < {the(wanted.received_to)}::timestamptz")
    if wanted.status:
        where.append(f"{_STATUS} = {the(wanted.status)}::text")
    whose = ""
    if wanted.merchant_id is not None:
        whose = f"WHERE m.merchant_id = {the(wanted.merchant_id)}::int"
    most = f"{the(limit)}::int"
    return (
        f"""
        SELECT page.order_id, m.code AS merchant, page.channel, page.channel_order_id, page.status,
            page.country, page.currency, page.goods_minor, page.received_at, page.dispatch_by_at,
            page.deliver_by_at
        FROM merchants.merchants AS m
        CROSS JOIN LATERAL (
            SELECT o.order_id, o.channel, o.channel_order_id, {_STATUS} AS status, o.country,
                o.currency, o.goods_minor, o.received_at, o.dispatch_by_at, o.deliver_by_at
            FROM {source}
            WHERE {" AND ".join(where)}
            ORDER BY o.order_id DESC
            LIMIT {most}
        ) AS page
        {whose}
        ORDER BY page.order_id DESC
        LIMIT {most}
        """,  # noqa: S608  of fixed pieces, with a parameter for each value
        arguments,
    )


def _check(wanted: Wanted, limit: int) -> None:
    wrong = []
    if wanted.status and wanted.status not in ORDER_STATUSES:
        detail = f"status must be one of: {', '.join(ORDER_STATUSES)}."
        wrong.append(FieldError("/status", "bad_choice", detail))
    for field, at in (("received_from", wanted.received_from), ("received_to", wanted.received_to)):
        if at is not None and at.tzinfo is None:
            detail = f"{field} needs its offset from UTC: end it with Z or +08:00."
            wrong.append(FieldError(f"/{field}", "bad_time", detail))
    if not 1 <= limit <= PAGE_MAX:
        wrong.append(FieldError("/limit", "out_of_range", f"limit must be from 1 to {PAGE_MAX}."))
    if wrong:
        raise Invalid(errors=tuple(wrong))
