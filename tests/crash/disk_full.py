"""The database's disk fills up while orders come, and is freed: 503 meanwhile, nothing lost.

Runs inside a namespace of its own; the disk is a small tmpfs. Everything is `penstock up`: what
comes back comes back by itself. The last line printed is one JSON object.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from benchmarks.last_units import Answer, Buyer, open_shop, order_body
from client import AT
from rig import bring_up_loopback

from penstock.app import prepare
from penstock.db.embedded import EmbeddedServer

PORT, SIZE_MB = 8075, 420


class Shop:
    """What was asked, and what was answered."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.acknowledged: dict[str, int] = {}
        self.statuses: Counter[int] = Counter()
        self._n = 0

    async def order(self) -> int:
        """Place one order; return its status, 0 where nobody answered."""
        self._n += 1
        name = f"K-{self._n}"
        answer = await self._ask("POST", "/v1/orders", order_body(name, (("HOT", 1),), AT))
        if answer.status == 201:
            self.acknowledged[name] = answer.order_id
        self.statuses[answer.status] += 1
        return answer.status

    async def health(self) -> int:
        """Return what /health answers."""
        return (await self._ask("GET", "/health", b"")).status

    async def _ask(self, method: str, path: str, body: bytes) -> Answer:
        buyer = Buyer(PORT, self._key)
        try:
            await buyer.connect()
            return await asyncio.wait_for(buyer.ask(method, path, body), 40)
        except (OSError, TimeoutError):
            return Answer(0, b"")


async def until(asked: list[int], wanted: int, shop: Shop, seconds: float) -> float:
    """Order until the answer is `wanted`; return the seconds that it took."""
    begun_s = time.monotonic()
    while (status := await shop.order()) != wanted:
        asked.append(status)
        assert time.monotonic() < begun_s + seconds, f"no {wanted} in {seconds} s: {asked[-5:]}"
        await asyncio.sleep(0.05)
    return time.monotonic() - begun_s


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


async def write_on(url: str) -> None:
    """Let the log need new files: what is left of the present one would last for long."""
    with contextlib.suppress(OSError, asyncpg.PostgresError):
        connection = await asyncpg.connect(url, timeout=5)
        for _ in range(40):
            await connection.execute("SELECT pg_switch_wal()")
            await connection.execute("SELECT txid_current()")


async def play(url: str, disk: Path) -> dict[str, object]:
    """Order, fill, order, free, order; return what was seen."""
    shop = Shop((await open_shop(url, "shop", {"HOT": 1_000_000}, datetime.now(UTC))).key)
    asked: list[int] = []
    await until(asked, 201, shop, 60)
    shop.statuses.clear()  # until it listened, nobody answered
    for _ in range(50):
        await shop.order()
    ballast = fill(disk)
    filled = asyncio.create_task(write_on(url))
    refused_after_s = await until(asked, 503, shop, 90)
    await filled
    health = [await shop.health() for _ in range(3)]
    for _ in range(20):
        await shop.order()
    ballast.unlink()
    back_after_s = await until(asked, 201, shop, 90)
    connection = await asyncpg.connect(url)
    stored = dict(
        await connection.fetch(
            "SELECT channel_order_id, order_id FROM orders.receipt WHERE outcome = 'accepted'"
        )
    )
    await connection.close()
    lost = {k for k, order_id in shop.acknowledged.items() if stored.get(k) != order_id}
    return {
        "acknowledged": len(shop.acknowledged),
        "lost": len(lost),
        "answers": {str(status): n for status, n in sorted(shop.statuses.items())},
        "health_while_full": health,
        "refused_after_s": round(refused_after_s, 1),
        "back_after_s": round(back_after_s, 1),
        "health_after": await shop.health(),
    }


@contextlib.contextmanager
def tmpfs() -> Iterator[Path]:
    """A small disk of our own."""
    with tempfile.TemporaryDirectory(prefix="full-") as name:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0711", "tmpfs", name], check=True
        )
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def main() -> int:
    """Run."""
    bring_up_loopback()
    with tmpfs() as disk:
        data = disk / "data"
        environment = os.environ | {
            "PENSTOCK_DATA_FOLDER": str(data), "PENSTOCK_PORT": str(PORT),
        }  # fmt: skip
        with EmbeddedServer(data) as server:
            asyncio.run(prepare(server.url()))
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "penstock", "up"], env=environment, stdout=sys.stderr
            )
            try:
                found = asyncio.run(play(server.url(), disk))
            finally:
                supervisor.terminate()
                supervisor.wait(40)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
