"""Orders that are packed and wait for the road, with the carriers that could take them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome
from penstock.lifecycle.advance import Subject, create, new_ids
from penstock.shipping.buy_label import LabelPorts, prepare_labels, record_labels
from penstock.shipping.hand_over import HandOver, hand_over
from penstock.shipping.manifest import prepare_manifests, record_manifests

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS = (
    '{"name": "Ada Okafor", "line1": "1 High Street", "city": "Austin", "country": "US",'
    ' "region": "TX", "postal_code": "78701"}'
)


class Heard:
    """A port that remembers what it was given."""

    def __init__(self):
        self.rows = []

    async def __call__(self, tx, rows, at):
        self.rows += rows


class Road:
    """Carriers and packed parcels in one transaction."""

    def __init__(self, make):
        self.make, self.tx = make, make.tx
        self.posted, self.reported, self.shipped = Heard(), Heard(), Heard()
        self.ports = LabelPorts(
            post=self.posted,
            report=self.reported,
            fx=lambda _: {"USD": Decimal("0.9"), "GBP": Decimal("1.2")},
        )

    async def vendor(self, name, *, role="carrier", zone="America/Chicago", vocabulary="swift"):
        await self.tx.fetch(
            "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, zone, joined_at,"
            " vocabulary) VALUES ($1, $1, $2, 'sandbox', 'http://vendor.test', $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            name, role, zone, NOW, vocabulary,
        )  # fmt: skip

    async def lane(self, name, node_id, *, days=3, fee=500, country="US", service="standard",
                   to_g=30_000, a_day=1_000_000, currency="USD", cut_off=time(17),
                   since=date(2026, 1, 1), until=date(2030, 1, 1), **vendor):  # fmt: skip
        await self.vendor(name, **vendor)
        await self.tx.fetch(
            "INSERT INTO vendors.pickup VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            name, node_id, cut_off,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO vendors.rate VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            name, node_id, country, service, to_g, fee, currency, days, a_day, since, until,
        )  # fmt: skip

    async def packed(self, node_id, orders=1, *, each=1, merchant_id=None, sku_id=None,
                     country="US", weight_g=800, deliver_by_at=NOW + timedelta(days=7),
                     event="packed", keys=None, goods=1000, currency="USD",
                     shipping=0):  # fmt: skip
        """Pack `orders` of `each` parcels with one unit in each; return the parcels."""
        merchant_id = merchant_id or await self.make.merchant()
        sku_id = sku_id or await self.make.sku(merchant_id)
        order_ids = await new_ids(self.tx, count=orders, at=NOW)
        keys = keys or [f"K-{self.make.number()}" for _ in range(orders)]
        await self.tx.fetch(
            "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id,"
            " outcome, country, currency, goods_minor, shipping_minor, policy,"
            " buyer_id, ship_to, ordered_at, paid_at, received_at, dispatch_by_at, deliver_by_at)"
            " SELECT $1, id, 'test', key, 'accepted', $4, $7, $8 * $9::int, $10,"
            " 'all_or_nothing', '', $5::json, $6, $6, $6, $6::timestamptz, $11"
            " FROM unnest($2::bigint[], $3::text[]) AS n (id, key)",
            merchant_id, order_ids, keys, country, ADDRESS.replace('"US"', f'"{country}"'), NOW,
            currency, goods, each, shipping, deliver_by_at,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO orders.line (merchant_id, order_id, line_no, sku_id, pool_id, quantity,"
            " accepted, unit_price_minor) SELECT $1, id, 0, $3, 1, $4, $4, $5"
            " FROM unnest($2::bigint[]) AS n (id)",
            merchant_id, order_ids, sku_id, each, goods,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id,"
            " node_id) SELECT $1, id, id, $3 FROM unnest($2::bigint[]) AS n (id)",
            merchant_id, order_ids, node_id,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO lifecycle.subject SELECT $1, id, 'fulfilment_order', 'packed', at,"
            " 'infinity', at + interval '96 hours'"
            " FROM unnest($2::bigint[]) AS n (id), (SELECT $3::timestamptz) AS t (at)",
            merchant_id, order_ids, NOW,
        )  # fmt: skip
        return await self._parcels(
            merchant_id, order_ids, each, node_id, country, weight_g, sku_id, event
        )

    async def _parcels(self, merchant_id, order_ids, each, node_id, country, weight_g, sku_id,
                       event):  # fmt: skip
        count = len(order_ids) * each
        ids = await new_ids(self.tx, count=count, at=NOW)
        await self.tx.fetch(
            "INSERT INTO warehouse.carton VALUES ('box', 300, 200, 100, 80, 30000)"
            " ON CONFLICT DO NOTHING"
        )
        await self.tx.fetch(
            "INSERT INTO warehouse.parcel SELECT $1, id, orders[1 + (n - 1) / $4],"
            " 1 + (n - 1) % $4, $5, $6, 'box', $7, 'pat', $8"
            " FROM (SELECT $3::bigint[] AS orders) AS o,"
            " unnest($2::bigint[]) WITH ORDINALITY AS p (id, n)",
            merchant_id, ids, order_ids, each, node_id, country, weight_g, NOW,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO warehouse.parcel_line SELECT $1, id, 0, $3, 1"
            " FROM unnest($2::bigint[]) AS p (id)",
            merchant_id, ids, sku_id,
        )  # fmt: skip
        await create(
            self.tx,
            kind="parcel",
            merchant_ids=[merchant_id] * count,
            subject_ids=ids,
            events=[event] * count,
            due_at=[None] * count,
            at=NOW,
        )
        return [Subject(merchant_id, parcel_id) for parcel_id in ids]

    async def labelled(self, parcels, now=NOW):
        """Buy labels whose tracking numbers are T and the parcel's id."""
        intents = await prepare_labels(self.tx, parcels, now, ports=self.ports)
        await record_labels(self.tx, [bought(i) for i in intents], now, ports=self.ports)

    async def manifested(self, parcels, now=NOW):
        await self.labelled(parcels, now)
        intents = await prepare_manifests(self.tx, parcels, now)
        await record_manifests(
            self.tx, [Settled(i, done(i, "{}")) for i in intents], now, report=self.reported
        )
        return sorted({i.request.reference for i in intents})

    async def handed_over(self, parcels, node_id, now=NOW):
        manifests = await self.manifested(parcels, now)
        wishes = [HandOver(manifest=m) for m in manifests]
        return await hand_over(self.tx, node_id, wishes, now, ship=self.shipped)

    async def status(self, parcels):
        rows = await self.tx.fetch(
            "SELECT subject_id, status FROM lifecycle.subject WHERE subject_id = ANY ($1)",
            [p.subject_id for p in parcels],
        )
        by_id = dict(tuple(r) for r in rows)
        return [by_id[p.subject_id] for p in parcels]

    async def order_status(self, parcels):
        rows = await self.tx.fetch(
            "SELECT p.parcel_id, s.status FROM warehouse.parcel AS p JOIN lifecycle.subject AS s"
            " ON (s.merchant_id, s.subject_id) = (p.merchant_id, p.fulfilment_order_id)"
            " WHERE p.parcel_id = ANY ($1)",
            [p.subject_id for p in parcels],
        )
        by_id = dict(tuple(r) for r in rows)
        return [by_id[p.subject_id] for p in parcels]


def done(intent, body):
    return Outcome(intent.request.reference, "done", body.encode())


def bought(intent, fee=500, currency="USD"):
    name = intent.request.reference
    number = f"T{intent.subject.subject_id}"
    return Settled(
        intent,
        done(
            intent,
            f'{{"reference": "{name}", "tracking_number": "{number}", "fee_minor": {fee},'
            f' "currency": "{currency}"}}',
        ),
    )


@pytest.fixture
def road(make):
    return Road(make)


@pytest.fixture
def road_in(make_in):
    return lambda tx: Road(make_in(tx))


@pytest.fixture
def settled_as_bought():
    return bought
