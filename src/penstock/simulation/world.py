"""Build the scenario's world with the verbs that an operator uses."""

from datetime import timedelta
from typing import Any

import msgspec

from penstock import lending
from penstock.access.key import Principal, create_key
from penstock.db.transaction import Transaction
from penstock.inventory.add_node import NewNode, add_node
from penstock.inventory.add_pool import add_pool, add_stream_pool
from penstock.inventory.receive_asn import receive_asn
from penstock.inventory.ring_fence import ring_fence
from penstock.merchants.add_skus import add_skus
from penstock.merchants.apply import Application, apply
from penstock.merchants.approve_skus import approve_skus
from penstock.merchants.decide import Decision, decide
from penstock.merchants.set_markets import Market, set_markets
from penstock.merchants.sku_rules import NewSku
from penstock.promise.due import shipped_slas
from penstock.simulation.chance import Chance
from penstock.simulation.scenario import Scenario, Seller
from penstock.streams.schedule import schedule
from penstock.streams.validate import NewStream, StreamSku
from penstock.vendors.contract import (
    NewPickup,
    NewRate,
    NewVendor,
    add_pickups,
    add_rates,
    add_vendors,
)


class Keys(msgspec.Struct, frozen=True):
    """API keys by merchant, vendor and node, and each node's number."""

    merchants: dict[str, str]
    vendors: dict[str, str]
    floors: dict[str, str]
    nodes: dict[str, int]


async def build(tx: Transaction, scenario: Scenario, chance: Chance, endpoint: str) -> Keys:
    """Set up nodes, vendors, merchants, stock and streams; building twice is building once.

    `endpoint` is where the simulated vendors' API listens.
    """
    await lending.set_up(tx)
    nodes = {}
    for node in scenario.nodes:
        nodes[node.code] = await add_node(
            tx,
            NewNode(
                code=node.code,
                title=node.title,
                country=node.country,
                zone=node.zone,
                cut_off=node.cut_off,
                orders_per_hour=node.orders_per_hour,
            ),
        )
    await _sign_vendors(tx, scenario, nodes, endpoint)
    merchants = {}
    for seller in scenario.sellers:
        merchants[seller.code] = await _open_shop(tx, scenario, seller, nodes)
    return await _keys(tx, scenario, chance, merchants, nodes)


async def _sign_vendors(
    tx: Transaction, scenario: Scenario, nodes: dict[str, int], endpoint: str
) -> None:
    await add_vendors(
        tx,
        [
            NewVendor(
                vendor=v.vendor,
                title=v.title,
                role=v.role,
                gateway="sandbox",
                endpoint=f"{endpoint}/{v.vendor}",
                zone=v.zone,
                vocabulary=v.vocabulary,
            )
            for v in scenario.vendors
        ],
        scenario.sets_up_at,
    )
    await add_rates(
        tx,
        [
            NewRate(
                vendor=lane.vendor,
                node_id=nodes[lane.node],
                country=lane.country,
                service=lane.service,
                weight_to_g=weight_g,
                fee_minor=fee_minor,
                currency=lane.currency,
                transit_days=lane.transit_days,
                parcels_per_day=lane.parcels_per_day,
                effective_from=scenario.rates_from,
            )
            for lane in scenario.lanes
            for weight_g, fee_minor in (
                (2_000, lane.fee_2kg_minor),
                (30_000, lane.fee_30kg_minor),
            )
        ],
    )
    cut_off = {node.code: node.cut_off for node in scenario.nodes}
    await add_pickups(
        tx,
        [
            NewPickup(vendor=lane.vendor, node_id=nodes[lane.node], cut_off=cut_off[lane.node])
            for lane in scenario.lanes
        ],
    )


async def _open_shop(
    tx: Transaction, scenario: Scenario, seller: Seller, nodes: dict[str, int]
) -> int:
    now = scenario.sets_up_at
    (applied,) = await apply(
        tx,
        [Application(code=seller.code, title=seller.title, country=seller.country)],
        now - timedelta(days=30),
    )
    merchant_id = applied.merchant_id
    await decide(
        tx,
        [
            Decision(
                merchant_id=merchant_id,
                verdict="approved",
                because="curated for the evening",
                daily_cap=seller.daily_cap,
                hold=seller.hold,
            )
        ],
        now,
    )
    markets = [
        Market(country=country, currency=currency, sla=sla)
        for country, (currency, sla, _) in seller.markets.items()
    ]
    await set_markets(tx, merchant_id, markets, shipped_slas().keys())
    skus = await _list_skus(tx, scenario, seller, merchant_id)
    pool_id = await add_pool(
        tx,
        merchant_id,
        "market",
        node_ids=[nodes[code] for code in seller.nodes],
        markets=[(country, 1) for country in seller.markets],
    )
    assert pool_id
    for code in seller.nodes:
        lines = [
            (skus[s.code], s.units[code], s.units[code], f"{'ABCD'[i % 4]}-{1 + i:02}-{1 + i % 5}")
            for i, s in enumerate(seller.skus)
        ]
        asn = f"{seller.code}-{code}-1"
        await receive_asn(tx, merchant_id, asn, nodes[code], lines, now)
    await _schedule(tx, scenario, seller, merchant_id, skus)
    return merchant_id


async def _list_skus(
    tx: Transaction, scenario: Scenario, seller: Seller, merchant_id: int
) -> dict[str, int]:
    currency = next(iter(seller.markets.values()))[0]
    answers = await add_skus(
        tx,
        merchant_id,
        [
            NewSku(
                code=sku.code,
                title=sku.title,
                weight_g=sku.weight_g,
                length_mm=sku.size_mm[0],
                width_mm=sku.size_mm[1],
                height_mm=sku.size_mm[2],
                value_minor=sku.price_minor[currency],
                currency=currency,
                hs6=sku.hs6,
                origin_country=seller.origin,
            )
            for sku in seller.skus
        ],
    )
    await approve_skus(tx, [(merchant_id, sku.code) for sku in seller.skus], scenario.sets_up_at)
    return {answer.code: answer.sku_id for answer in answers}


async def _schedule(
    tx: Transaction, scenario: Scenario, seller: Seller, merchant_id: int, skus: dict[str, int]
) -> None:
    kept = tuple(StreamSku(skus[s.code], s.ring_fenced) for s in seller.skus if s.ring_fenced)
    if kept:
        stream = NewStream(
            code=scenario.stream,
            title=scenario.title,
            host="Mia",
            country=next(iter(seller.markets)),
            starts_at=scenario.starts_at,
            ends_at=scenario.ends_at,
            skus=kept,
            expected_orders=sum(s.quantity for s in kept),
        )
        await schedule(
            tx, merchant_id, stream, scenario.sets_up_at,
            open_pool=add_stream_pool, ring_fence=ring_fence,
        )  # fmt: skip


async def _keys(
    tx: Transaction,
    scenario: Scenario,
    chance: Chance,
    merchants: dict[str, int],
    nodes: dict[str, int],
) -> Keys:
    async def key(name: str, role: Any, **about: Any) -> str:
        secret = b"".join(
            int(chance.uniform("key", name, i) * 2**32).to_bytes(4, "big") for i in range(5)
        )
        principal = Principal(key_id=name, role=role, **about)
        return await create_key(tx, principal, f"{name} of the play", secret, scenario.sets_up_at)

    return Keys(
        merchants={
            code: await key(f"m-{code}", "merchant", merchant_id=merchant_id)
            for code, merchant_id in merchants.items()
        },
        vendors={
            v.vendor: await key(f"v-{v.vendor}", "vendor", vendor=v.vendor)
            for v in scenario.vendors
        },
        floors={
            code: await key(f"f-{code}", "floor", node_id=node_id)
            for code, node_id in nodes.items()
        },
        nodes=nodes,
    )
