"""A shop's front end that may die at any moment, and its journal, which does not.

A line is in the journal before its request is sent and again when its answer has come. A killed
client that is started again reads its journal and repeats whatever has no answer. (What is written
to a file outlives the process that wrote it; only a power cut would ask for more.)
"""

import http.client
import json
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from benchmarks.last_units import Basket, order_body

BASKETS: tuple[Basket, ...] = (
    (("HOT", 1),),
    (("HOT", 1),),
    (("COLD", 1),),
    (("WARM", 1),),
    (("HOT", 1), ("COLD", 2)),
    (("COLD", 1), ("WARM", 2), ("HOT", 1)),
)
AT = datetime(2026, 11, 20, tzinfo=UTC)
ANSWERS = (200, 201, 409, 422)
_PATIENCE_S = 60.0


class Order(msgspec.Struct):
    """What a journal knows of one order; `status` 0: its answer has not come."""

    basket: Basket
    status: int = 0
    order_id: int = 0
    code: str = ""
    cancel: str = ""
    """Of its cancellation: `asked`, then the outcome."""


def whole_lines(path: Path) -> bytes:
    """Return a journal without the line that a kill, or a look in between, cut in two.

    Linux writes page by page: a line across two pages can be cut though it is one write. Nobody
    has acted on such a line yet.
    """
    written = path.read_bytes() if path.exists() else b""
    return written[: written.rfind(b"\n") + 1]


class Journal:
    """The client's memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.orders: dict[str, Order] = {}
        self.wrong: list[str] = []
        for line in whole_lines(path).splitlines():
            self._read(json.loads(line))

    def open(self) -> None:
        """Begin to write, behind the last whole line."""
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, len(whole_lines(self.path)))

    def write(self, *entry: object) -> None:
        """Add an entry, in one write, and know it."""
        os.write(self._file, json.dumps(entry).encode() + b"\n")
        self._read(list(entry))

    def _read(self, entry: list[Any]) -> None:
        match entry:
            case ["order", key, basket]:
                self.orders[key] = Order(tuple((sku, units) for sku, units in basket))
            case ["answer", key, status, order_id, code]:
                order = self.orders[key]
                order.status, order.order_id, order.code = status, order_id, code
            case ["cancel", key]:
                self.orders[key].cancel = "asked"
            case ["cancelled", key, outcome]:
                self.orders[key].cancel = outcome
            case ["wrong", said]:
                self.wrong.append(said)


class Client:
    """One front end; `port` is shared by all API processes."""

    def __init__(self, journal: Journal, name: str, port: int, key: str, seed: int) -> None:
        self._journal, self._name, self._port, self._key = journal, name, port, key
        self._chance = random.Random(seed)
        self._http: http.client.HTTPConnection | None = None

    def run(self, stop: Path) -> None:
        """Settle what was left open; then order until `stop` exists."""
        self._journal.open()
        for key, order in self._journal.orders.items():
            if not order.status:
                self._place(key, order)
            if order.cancel == "asked":
                self._cancel(key, order)
        while not stop.exists():
            key = f"{self._name}-{len(self._journal.orders)}"
            self._journal.write("order", key, self._chance.choice(BASKETS))
            order = self._journal.orders[key]
            self._place(key, order)
            if order.status == 201 and self._chance.random() < 0.3:
                self._journal.write("cancel", key)
                self._cancel(key, order)
            if self._chance.random() < 0.1:
                self._again()

    def _place(self, key: str, order: Order) -> None:
        status, said = self._settled("/v1/orders", order_body(key, order.basket, AT))
        self._journal.write(
            "answer", key, status, said.get("order_id", 0), said.get("outcome", said.get("code"))
        )

    def _cancel(self, key: str, order: Order) -> None:
        body = json.dumps({"orders": [order.order_id], "reason": "changed_mind"}).encode()
        _, said = self._settled("/v1/orders:cancel", body)
        self._journal.write("cancelled", key, said[0]["outcome"])

    def _again(self) -> None:
        """Repeat an order that was answered: the same body gets the same answer, another none."""
        key, order = self._chance.choice(list(self._journal.orders.items()))
        if order.code == "sold_out":
            return  # was not recorded, so this would be a first time
        status, said = self._settled("/v1/orders", order_body(key, order.basket, AT))
        if (status, said.get("order_id", 0)) != (order.status, order.order_id):
            self._journal.write("wrong", f"{key}: {order}, repeated: {status} {said}")
        other = order_body(key, (("WARM", 99),), AT)
        status, said = self._settled("/v1/orders", other)
        if status != 422:
            self._journal.write("wrong", f"{key} with another body: {status} {said}")

    def _settled(self, path: str, body: bytes) -> tuple[int, Any]:
        """Ask until there is an answer, as one does whose order must not be lost."""
        ends_s = time.monotonic() + _PATIENCE_S
        pause_s = 0.01
        while time.monotonic() < ends_s:
            try:
                status, said = self._ask(path, body)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                self._http = None
                status, said = 0, {}
            if status in ANSWERS:
                return status, said
            if status not in {0, 429, 503}:
                self._journal.write("wrong", f"{path}: {status} {said}")
            time.sleep(pause_s * self._chance.random())
            pause_s = min(2 * pause_s, 0.5)
        raise TimeoutError(f"no answer in {_PATIENCE_S} s")

    def _ask(self, path: str, body: bytes) -> tuple[int, Any]:
        if self._http is None:
            self._http = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        self._http.request("POST", path, body, headers)
        answer = self._http.getresponse()
        return answer.status, json.loads(answer.read())
