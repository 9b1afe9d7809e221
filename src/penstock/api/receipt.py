"""The hot routes: orders come in past the framework, are merged, and answered after the commit.

Nothing here holds a connection while it waits. In order, a request meets: the cap of requests in
hand, its key, its merchant's rate, the size of its body, its own rules, and the lane of its
merchant; only what gets through all of these costs the database anything.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec

from penstock import lending
from penstock.access.once import require_same_body
from penstock.api.caller import merchant_of
from penstock.api.context import Context
from penstock.api.gate import Gate, Limits
from penstock.api.problems import MEDIA_TYPE, told
from penstock.api.query_names import require_known
from penstock.api.receipt_request import (
    LINES,
    HungUpError,
    Receive,
    Route,
    body_of,
    caller_of,
    lines_of,
    wants_lines,
)
from penstock.channels.json_text import decode_order
from penstock.channels.ndjson_file import decode_lines, decode_orders
from penstock.channels.parsed import Parsed
from penstock.db.transaction import merchant
from penstock.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    KeyReused,
    LimitReached,
    Malformed,
    Overloaded,
    RateLimited,
    Refusal,
    TooLarge,
    Unavailable,
)
from penstock.orders.intake import CHUNK, Taken, answer_all, taken_of, taker
from penstock.orders.item import Answer
from penstock.orders.lanes import Bounds, Lanes
from penstock.orders.receive import Wanted
from penstock.orders.sold_out import SoldOut
from penstock.orders.validate import validate

log = logging.getLogger(__name__)
_PARAMETERS = ("merchant",)
_KEY_LENGTH = 255
_NOT_ACCEPTABLE = "One or more fields are not acceptable; see errors."
_ENCODE = msgspec.json.Encoder().encode
REFUSALS: dict[str, type[Refusal]] = {
    "insufficient_stock": Conflict,
    "sold_out": Conflict,
    "daily_cap_reached": LimitReached,
    "merchant_not_approved": Forbidden,
    "key_reused": KeyReused,
    "archive_unreadable": Unavailable,
    "paused": Conflict,
    "throttled": LimitReached,
    "stream_cap_reached": Conflict,
    "buyer_limit_reached": Conflict,
    "ticket_required": Conflict,
    "expired": Conflict,
    "cancelled": Conflict,
}
"""Of a refused single order; every other outcome is Invalid."""

Send = Callable[[Any], Awaitable[None]]


class Batch(msgspec.Struct):
    """One answer an order, in the order of the request, and how many there are of each."""

    counts: dict[str, int]
    answers: list[Taken]


class Receipt:
    """Answers the two routes' requests, in one process."""

    def __init__(
        self,
        context: Context,
        lanes: Lanes[Wanted, Answer],
        gate: Gate,
    ) -> None:
        """Take what `receipt_of` has composed."""
        self._context = context
        self._lanes = lanes
        self._gate = gate
        self.answered: Counter[tuple[str, str]] = Counter()
        """Answers by (route, outcome or code of the refusal), for the metrics."""

    def metrics(self) -> list[str]:
        """Return how full this process is and what it has answered, in Prometheus' text format."""
        gauges = {
            "penstock_receipt_requests_in_hand": ("Requests being answered.", self._gate.in_hand),
            "penstock_receipt_refusals_held": ("Refusals held back.", self._gate.held),
            "penstock_receipt_waiting_orders": ("Orders that wait.", self._lanes.waiting),
            "penstock_receipt_waiting_limit": ("Orders that may wait now.", self._lanes.limit),
        }
        lines = []
        for name, (said, value) in gauges.items():
            lines += [f"# HELP {name} {said}", f"# TYPE {name} gauge", f"{name} {value}"]
        name = "penstock_receipt_answers_total"
        lines += [f"# HELP {name} Answers by outcome or problem.", f"# TYPE {name} counter"]
        return lines + [
            f'{name}{{route="{route}",outcome="{outcome}"}} {count}'
            for (route, outcome), count in sorted(self.answered.items())
        ]

    async def answer(self, route: Route, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        headers: dict[str, str] = {}
        try:
            with self._gate.request():
                if route == "many" and wants_lines(scope):
                    await self._stream(scope, receive, send)
                    return
                body = await (self._one if route == "one" else self._many)(scope, receive)
            status, media_type = (201 if route == "one" else 200), "application/json"
        except HungUpError:
            self.answered[route, "gone"] += 1
            return
        except Refusal as refusal:
            self.answered[route, refusal.code] += 1
            if isinstance(refusal, Overloaded | RateLimited):
                await self._gate.refuse(caller_of(scope))
            status, problem, headers = told(refusal)
            body, media_type = _ENCODE(problem), MEDIA_TYPE
        except Exception as error:
            log.exception("bug at POST %s", scope["path"], exc_info=error)
            self.answered[route, "bug"] += 1
            status, problem, headers = told(error)
            body, media_type = _ENCODE(problem), MEDIA_TYPE
        lines = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
        lines += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    async def _one(self, scope: Any, receive: Receive) -> bytes:
        merchant_id, key = await self._whose(scope, 1)
        raw = await body_of(scope, receive, self._context.settings.body_max_bytes)
        order = decode_order(raw)
        errors = validate(order, self._context.now())
        if errors:
            raise _refused(Taken(1, "invalid", order.channel_order_id, errors=errors))
        wanted = Wanted(order, key, hashlib.sha256(raw).digest() if key else b"")
        (answer,) = await self._lanes.submit(merchant_id, (wanted,), len(raw))
        taken = taken_of(1, answer)
        if taken.outcome != "accepted":
            raise _refused(taken)
        self.answered["one", "accepted"] += 1
        return _ENCODE(taken)

    async def _many(self, scope: Any, receive: Receive) -> bytes:
        merchant_id, key = await self._whose(scope, 0)
        raw = await body_of(scope, receive, self._context.settings.body_max_bytes)
        parsed = decode_orders(raw)
        most = self._context.settings.batch_max_orders
        if len(parsed) > most:
            raise TooLarge(f"{len(parsed)} orders in one request: send at most {most}")
        self._gate.spend(merchant_id, len(parsed))
        if key:
            digest, now = hashlib.sha256(raw).digest(), self._context.now()
            await self._context.database.run(
                merchant(merchant_id),
                lambda tx: require_same_body(tx, merchant_id, key, digest, now),
            )
        answers: list[Taken] = []
        for start in range(0, len(parsed), CHUNK):
            chunk = parsed[start : start + CHUNK]
            share_bytes = len(raw) * len(chunk) // len(parsed)
            answers += await self._chunk(merchant_id, chunk, share_bytes)
        counts = Counter(taken.outcome for taken in answers)
        self.answered.update({("many", outcome): n for outcome, n in counts.items()})
        return _ENCODE(Batch(dict(counts), answers))

    async def _stream(self, scope: Any, receive: Receive, send: Send) -> None:
        """Take orders as they come, a line each, and answer each chunk when it is durable.

        However long the stream is, what is held of it is one chunk. A refusal in the middle ends
        the answers with a line that says so; what was answered before it stands.
        """
        merchant_id, _ = await self._whose(scope, 0)
        most = self._context.settings.body_max_bytes
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES)]}
        )
        try:
            async for first_line, lines in lines_of(receive, most, CHUNK):
                parsed = decode_lines(lines, first_line)
                self._gate.spend(merchant_id, len(parsed))
                answers = await self._chunk(merchant_id, parsed, sum(map(len, lines)))
                self.answered.update(("stream", taken.outcome) for taken in answers)
                body = b"".join(_ENCODE(taken) + b"\n" for taken in answers)
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except HungUpError:
            self.answered["stream", "gone"] += 1
            return
        except Exception as error:  # the status is sent: the last line has to tell it
            if not isinstance(error, Refusal):
                log.exception("bug in a stream of orders", exc_info=error)
            _, problem, _ = told(error)
            self.answered["stream", problem.code] += 1
            await send({"type": "http.response.body", "body": _ENCODE(problem) + b"\n"})
            return
        await send({"type": "http.response.body", "body": b""})

    async def _chunk(
        self, merchant_id: int, parsed: Sequence[Parsed], weight_bytes: int
    ) -> list[Taken]:
        return await answer_all(
            parsed,
            self._context.now(),
            lambda wanted: self._lanes.submit(merchant_id, wanted, weight_bytes),
        )

    async def _whose(self, scope: Any, orders: int) -> tuple[int, str]:
        """Return whose orders these are, at a rate that is agreed, and the Idempotency-Key."""
        authorization = key = ""
        for name, value in scope["headers"]:
            if name == b"authorization":
                authorization = value.decode("latin-1")
            elif name == b"idempotency-key":
                key = value.decode("latin-1")
        principal = await self._context.callers.who(authorization)
        code = None
        if scope["query_string"]:
            given = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            require_known(given, _PARAMETERS)
            code = given.get("merchant", [None])[0]
        merchant_id = await merchant_of(self._context.database, principal, code)
        if len(key) > _KEY_LENGTH:
            raise Malformed(f"use an Idempotency-Key of at most {_KEY_LENGTH} characters")
        if orders:
            self._gate.spend(merchant_id, orders)
        return merchant_id, key


def _refused(taken: Taken) -> Refusal:
    kind = REFUSALS.get(taken.outcome, Invalid)
    errors: tuple[FieldError, ...] = taken.errors
    return kind(taken.detail or _NOT_ACCEPTABLE, errors=errors, code=taken.outcome)


def receipt_of(context: Context) -> Receipt:
    """Compose the receipt of a process."""
    settings = context.settings
    remembered = timedelta(milliseconds=settings.sold_out_ms)
    ports = lending.receipt(settings.archive_folder)
    take = taker(context.database, context.now, ports, SoldOut(remembered))
    bounds = Bounds(
        waiting_max=max(1, settings.waiting_max_orders // 2),
        all_waiting_max=settings.waiting_max_orders,
        # A fifth of the connections is for all that is not receipt.
        at_once=max(1, settings.connections_max * 4 // 5),
    )
    limits = Limits(
        requests_max=settings.requests_max,
        orders_per_s=settings.merchant_orders_per_s,
        orders_burst=settings.merchant_orders_burst,
        refusals_per_s=settings.refusals_per_s,
    )
    return Receipt(context, Lanes(take, bounds), Gate(limits))
