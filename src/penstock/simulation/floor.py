"""The people of one node: they ask what is next, fetch it, pack it, hand it over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec

from penstock.gateways.effects import LabelRequest, ManifestRequest
from penstock.shipping.hand_over import HandOverAnswer, WaitingManifest
from penstock.simulation.books import Books
from penstock.simulation.chance import Chance
from penstock.simulation.client import Client
from penstock.simulation.scenario import Node
from penstock.simulation.vendors import Vendors
from penstock.warehouse.confirm_pick import PickAnswer, PickConfirmation, PickedLine
from penstock.warehouse.next_batch import Batch
from penstock.warehouse.pack import Pack, PackAnswer
from penstock.warehouse.work import PickedOrder, Work

_WALK = timedelta(minutes=2)
_PER_ORDER = timedelta(seconds=40)
_PACKS_PER_CALL = 500
_LABEL = msgspec.json.Decoder(LabelRequest)


class Floor:
    """One node's pickers, packers and dock, acting through the API with a floor key."""

    def __init__(
        self, client: Client, node_id: int, node: Node, chance: Chance, books: Books,
        vendors: Vendors,
    ) -> None:  # fmt: skip
        """Staff a node."""
        self._client = client
        self._path = f"/v1/nodes/{node_id}"
        self._node = node
        self._chance = chance
        self._books = books
        self._vendors = vendors
        self._pickers = tuple(f"{node.code}-{i + 1}" for i in range(node.pickers))

    async def act(self, now: datetime) -> None:
        """Do what is to be done at `now`; doing it twice is doing it once."""
        local = now.astimezone(ZoneInfo(self._node.zone)).time()
        if not self._node.opens <= local < self._node.closes or now.minute % 5 or now.second:
            return
        work = await self._client.get(f"{self._path}/work?limit=10000", Work)
        if work.backlog.batches_waiting or work.backlog.batches_in_hand:
            await self._pick(now)
        await self._pack([order for order in work.to_pack if order.picked_at < now])
        if local >= self._node.cut_off:
            await self._hand_over(now)

    async def _pick(self, now: datetime) -> None:
        batches = await self._take(self._pickers)
        done = [b for b in batches if b.started_at + _WALK + _PER_ORDER * b.orders <= now]
        if done:
            confirmations = [self._found(batch) for batch in done]
            answers = await self._client.post(
                f"{self._path}/picks:confirm",
                {"confirmations": confirmations},
                list[PickAnswer],
            )
            assert {a.outcome for a in answers} <= {"picked", "short", "repeated"}, answers
            await self._take([batch.picker for batch in done])

    async def _take(self, pickers: Sequence[str]) -> list[Batch]:
        return await self._client.post(
            f"{self._path}/picks:next", {"pickers": pickers}, list[Batch]
        )

    def _found(self, batch: Batch) -> PickConfirmation:
        """Say what was found; now and then the books are wrong and a unit is not there."""
        parts = [(line, part) for line in batch.lines for part in line.parts]
        missing = [
            self._chance.happens(
                self._node.missing_share, "missing", batch.picker, batch.started_at, line.sku, i
            )
            for i, (line, _) in enumerate(parts)
        ]
        if not any(missing):
            return PickConfirmation(batch_id=batch.batch_id, picker=batch.picker, complete=True)
        lines = tuple(
            PickedLine(
                merchant_id=line.merchant_id,
                fulfilment_order_id=part.fulfilment_order_id,
                line_no=part.line_no,
                sku=line.sku,
                picked=part.quantity - gone,
            )
            for (line, part), gone in zip(parts, missing, strict=True)
        )
        return PickConfirmation(batch_id=batch.batch_id, picker=batch.picker, lines=lines)

    async def _pack(self, orders: Sequence[PickedOrder]) -> None:
        for start in range(0, len(orders), _PACKS_PER_CALL):
            packs = [
                Pack(
                    merchant_id=order.merchant_id,
                    fulfilment_order_id=order.fulfilment_order_id,
                    packer=f"{self._node.code}-bench",
                )
                for order in orders[start : start + _PACKS_PER_CALL]
            ]
            answers = await self._client.post(
                f"{self._path}/packs", {"packs": packs}, list[PackAnswer]
            )
            assert {a.outcome for a in answers} <= {"packed", "repeated"}, answers

    async def _hand_over(self, now: datetime) -> None:
        waiting = await self._client.get(f"{self._path}/manifests", list[WaitingManifest])
        if not waiting:
            return
        self._collect(waiting, now)
        await self._client.post(
            f"{self._path}/hand-overs",
            {"hand_overs": [{"manifest": m.manifest} for m in waiting]},
            list[HandOverAnswer],
        )

    def _collect(self, waiting: Sequence[WaitingManifest], now: datetime) -> None:
        """Let the vans leave; their carriers know what becomes of each parcel."""
        for vendor in sorted({m.vendor for m in waiting}):
            names = [m.manifest for m in waiting if m.vendor == vendor]
            requests = [
                msgspec.json.decode(raw, type=ManifestRequest)
                for raw in self._books.requests(vendor, "manifests", names)
            ]
            numbers = chain.from_iterable(r.tracking_numbers for r in requests)
            labels = self._books.labelled(vendor, list(numbers))
            reports = []
            for number, request in labels.items():
                reports += self._vendors.collect(vendor, _LABEL.decode(request), number, now)
            self._books.add_reports(reports)
