"""File an appeal: name the orders, the reason and what happened."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.experience.appeals.moves import move_appeal, plain
from penstock.experience.appeals.terms import answer_by, scenarios, terms_of
from penstock.experience.explain.counted import counted_orders
from penstock.experience.profiles.profile import Profile
from penstock.kernel.errors import FieldError, Invalid, KeyReused

ORDERS_MAX = 1_000
_KEY_MAX = 100


class NewAppeal(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that should not count against a merchant, by the reference that its channel uses.

    `request_key` is the merchant's own: the same appeal sent twice is one. `scenario` is a code of
    `scenarios`, and `statement` says in words what happened.
    """

    request_key: str
    scenario: str
    statement: str
    orders: tuple[str, ...]


class OrderFiled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one order named.

    `filed`, or `unknown_order`, `not_counted` (no metric of the profile fails it now), `too_late`
    (it could be appealed until `until`), `appealed_before`.
    """

    order: str
    outcome: str
    until: datetime | None = None


class AppealFiled(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal with every order named, or none (`appeal_id` None): no order could be filed."""

    appeal_id: int | None
    answer_by_at: datetime | None
    orders: tuple[OrderFiled, ...]


class Named(msgspec.Struct, frozen=True):
    """A fulfilment order of an order named, and whether an appeal has it already."""

    order_ref: str
    fulfilment_order_id: int
    appealed: bool


class Known(msgspec.Struct, frozen=True):
    """An appeal that was filed before under the same key."""

    appeal_id: int
    body_sha256: bytes
    answer_by_at: datetime
    order_refs: list[str]


@query
async def known_appeal(tx: Transaction, *, merchant_id: int, request_key: str) -> Known | None:
    """Find an appeal by the key that its merchant gave it."""


@query
async def named_orders(tx: Transaction, *, merchant_id: int, order_refs: list[str]) -> list[Named]:
    """Find the fulfilment orders of orders named."""


@query
async def store_appeal(
    tx: Transaction,
    *,
    merchant_id: int,
    request_key: str,
    body_sha256: bytes,
    profile: str,
    scenario: str,
    statement: str,
    filed_at: datetime,
    filed_by: str,
    answer_by_at: datetime,
    fulfilment_order_ids: list[int],
    order_refs: list[str],
    counted_at: list[datetime],
) -> int | None:
    """Store an appeal with its orders; none if another one has its key or one of its orders."""


async def file_appeal(
    tx: Transaction,
    profile: Profile,
    merchant_id: int,
    new: NewAppeal,
    now: datetime,
    *,
    by: str,
) -> AppealFiled:
    """File an appeal of one merchant against what `profile` counts now.

    An order can be appealed from when it costs points until the channel's terms say, and once;
    orders that cannot are named with the reason, and the others are filed without them. All parts
    of an order that was split are appealed together.

    Raises:
        Invalid: no or too many orders, an unknown scenario, nothing said.
        KeyReused: the key came before with another appeal.
        Retry: another transaction filed one of the orders first.

    """
    _check(new)
    statement = plain(new.statement, "/statement")
    digest = hashlib.sha256(msgspec.json.encode((profile.code, new))).digest()
    known = await known_appeal(tx, merchant_id=merchant_id, request_key=new.request_key)
    if known is not None:
        return _repeated(known, digest, new)
    refs = list(dict.fromkeys(new.orders))
    found = await named_orders(tx, merchant_id=merchant_id, order_refs=refs)
    ids = [named.fulfilment_order_id for named in found]
    costing = await counted_orders(tx, profile, merchant=merchant_id, orders=ids, as_of=now)
    terms = terms_of(profile.code)
    until = {order: at + timedelta(days=terms.file_days) for order, at in costing.items()}
    answers = tuple(_judged(ref, found, until, now) for ref in refs)
    taken = {answer.order for answer in answers if answer.outcome == "filed"}
    filed = [n for n in found if n.order_ref in taken and n.fulfilment_order_id in costing]
    if not filed:
        return AppealFiled(appeal_id=None, answer_by_at=None, orders=answers)
    due = answer_by(terms, profile, now)
    appeal_id = await store_appeal(
        tx,
        merchant_id=merchant_id,
        request_key=new.request_key,
        body_sha256=digest,
        profile=profile.code,
        scenario=new.scenario,
        statement=statement,
        filed_at=now,
        filed_by=by,
        answer_by_at=due,
        fulfilment_order_ids=[named.fulfilment_order_id for named in filed],
        order_refs=[named.order_ref for named in filed],
        counted_at=[costing[named.fulfilment_order_id] for named in filed],
    )
    if appeal_id is None:
        raise Retry
    await move_appeal(
        tx, merchant_id, appeal_id, "", "filed", now, by=by, because=statement,
        told={"orders": len(taken), "scenario": new.scenario, "answer_by_at": due.isoformat()},
    )  # fmt: skip
    return AppealFiled(appeal_id=appeal_id, answer_by_at=due, orders=answers)


def _check(new: NewAppeal) -> None:
    wrong = []
    if not new.request_key.strip() or len(new.request_key) > _KEY_MAX:
        detail = f"give a key of your own for this appeal, of at most {_KEY_MAX} characters"
        wrong.append(FieldError("/request_key", "required", detail))
    if new.scenario not in scenarios():
        detail = f"use one of: {' '.join(scenarios())}"
        wrong.append(FieldError("/scenario", "unknown_scenario", detail))
    if not 1 <= len(new.orders) <= ORDERS_MAX:
        wrong.append(FieldError("/orders", "out_of_range", f"name 1 to {ORDERS_MAX:,} orders"))
    texts = (new.request_key, *new.orders)
    if any("\0" in text for text in texts):
        wrong.append(FieldError("", "bad_character", "a NUL is in none of our texts: leave it out"))
    if wrong:
        raise Invalid(wrong[0].detail, errors=tuple(wrong))


def _repeated(known: Known, digest: bytes, new: NewAppeal) -> AppealFiled:
    if known.body_sha256 != digest:
        raise KeyReused(f"appeal {known.appeal_id} was filed under this key with another body")
    orders = tuple(
        OrderFiled(order=ref, outcome="filed" if ref in known.order_refs else "not_filed")
        for ref in dict.fromkeys(new.orders)
    )
    return AppealFiled(appeal_id=known.appeal_id, answer_by_at=known.answer_by_at, orders=orders)


def _judged(
    ref: str, found: Sequence[Named], until: dict[int, datetime], now: datetime
) -> OrderFiled:
    mine = [named for named in found if named.order_ref == ref]
    last = max(
        (until[n.fulfilment_order_id] for n in mine if n.fulfilment_order_id in until), default=None
    )
    if not mine:
        outcome = "unknown_order"
    elif any(named.appealed for named in mine):
        outcome = "appealed_before"
    elif last is None:
        outcome = "not_counted"
    else:
        outcome = "filed" if now <= last else "too_late"
    return OrderFiled(order=ref, outcome=outcome, until=last)
