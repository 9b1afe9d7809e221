"""Stock over HTTP: where it lies, what may sell it, what came in, what is left."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import JSONBody, QueryParameter

from penstock.api.caller import actor_of, merchant_by_code, merchant_of, require, require_node
from penstock.api.context import Context, Here, MerchantCode
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Transaction, merchant
from penstock.inventory.add_node import NewNode, add_node
from penstock.inventory.add_pool import add_pool
from penstock.inventory.receive_asn import receive_asn
from penstock.inventory.stock_of import PoolStock, stock_of
from penstock.kernel.errors import Invalid

Http = Request[Any, Any, Any]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""What somebody outside calls a thing."""
Number = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
"""What we call a node."""
_PAGE_SKUS_MAX = 10_000


class NodeSet(msgspec.Struct, frozen=True):
    """The number under which the node is known from now on."""

    node_id: int


class PoolMarket(msgspec.Struct, frozen=True, kw_only=True):
    """A country that a pool serves; it sells from the first pool by `rank` that has the SKU."""

    country: str
    rank: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 1


class NewPool(msgspec.Struct, frozen=True, kw_only=True):
    """What a market may sell, and the nodes where it lies."""

    code: Code
    node_ids: tuple[Number, ...]
    markets: tuple[PoolMarket, ...]


class PoolSet(msgspec.Struct, frozen=True):
    """The number under which the pool is known from now on."""

    pool_id: int


class AsnTold(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU (its code) that came, and the bin they were put into."""

    sku: str
    announced: int
    received: int
    bin: str = ""


class Asn(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery of one merchant's goods to a node (its number)."""

    code: Code
    node: Number
    lines: tuple[AsnTold, ...]


class SkuDiscrepancy(msgspec.Struct, frozen=True):
    """A SKU of which more or fewer units came than were announced."""

    sku: str
    announced: int
    received: int


class AsnReceived(msgspec.Struct, frozen=True):
    """What was taken in; `repeated` when it had been before and nothing changed."""

    asn_id: int
    repeated: bool
    discrepancies: tuple[SkuDiscrepancy, ...]


class SkuKnown(msgspec.Struct, frozen=True):
    """A SKU's code and number."""

    code: str
    sku_id: int


@query
async def skus_by_code(tx: Transaction, *, merchant_id: int, codes: list[str]) -> list[SkuKnown]:
    """Find a merchant's SKUs by their codes."""


async def sku_ids(tx: Transaction, merchant_id: int, codes: Iterable[str]) -> dict[str, int]:
    """Return the number of each code; 0, which no SKU has, where the merchant has none such."""
    asked = dict.fromkeys(codes, 0)
    found = await skus_by_code(tx, merchant_id=merchant_id, codes=list(asked))
    return asked | {sku.code: sku.sku_id for sku in found}


@post("/v1/nodes", status_code=200, summary="Set up a node")
async def set_up_node(request: Http, context: Here, data: JSONBody[NewNode]) -> NodeSet:
    """Set a node up, or change the one of that code."""
    require(await context.callers.identify(request), "operator")
    return NodeSet(await context.database.run(OPERATOR, lambda tx: add_node(tx, data)))


@post("/v1/pools", status_code=200, summary="Set up a pool")
async def set_up_pool(
    request: Http, context: Here, data: JSONBody[NewPool], code: MerchantCode = None
) -> PoolSet:
    """Let a merchant's markets sell what lies at nodes; the same code again adds to it."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    merchant_id = await merchant_of(context.database, principal, code)
    markets = [(market.country, market.rank) for market in data.markets]
    pool_id = await context.database.run(
        merchant(merchant_id),
        lambda tx: add_pool(tx, merchant_id, data.code, node_ids=data.node_ids, markets=markets),
    )
    return PoolSet(pool_id)


@post("/v1/asns", status_code=200, summary="Receive goods")
async def receive_goods(
    request: Http, context: Here, data: JSONBody[Asn], code: MerchantCode = None
) -> AsnReceived:
    """Take in what came: it is stock at the node and for sale at once, and twice is once."""
    require_node(await context.callers.identify(request), data.node)
    merchant_id = await _named(context, code)
    now = context.now()

    async def work(tx: Transaction) -> AsnReceived:
        ids = await sku_ids(tx, merchant_id, (line.sku for line in data.lines))
        lines = [(ids[told.sku], told.announced, told.received, told.bin) for told in data.lines]
        came = await receive_asn(tx, merchant_id, data.code, data.node, lines, now)
        codes = {sku_id: sku for sku, sku_id in ids.items()}
        return AsnReceived(
            came.asn_id,
            came.repeated,
            tuple(
                SkuDiscrepancy(codes[d.sku_id], d.announced, d.received) for d in came.discrepancies
            ),
        )

    return await context.database.run(merchant(merchant_id), work)


@get("/v1/stock", summary="What a merchant has for sale")
async def show_stock(
    request: Http,
    context: Here,
    code: MerchantCode = None,
    after: Annotated[str, QueryParameter(description="the last SKU of the page before")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=_PAGE_SKUS_MAX, description="SKUs")] = 1_000,
) -> Sequence[PoolStock]:
    """List on hand, reserved and available units by SKU and pool, a page of SKUs at a time."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    return await context.database.run(
        actor_of(principal),
        lambda tx: stock_of(tx, merchant_id=merchant_id, after=after, skus=limit),
    )


async def _named(context: Context, code: str | None) -> int:
    """Return the merchant whose goods a floor or an operator has before it."""
    found = None
    if code:
        found = await context.database.run(OPERATOR, lambda tx: merchant_by_code(tx, code=code))
    if found is None:
        raise Invalid("name the merchant: add ?merchant=CODE with the code of an existing merchant")
    return found


stock = Router(
    "/", route_handlers=[set_up_node, set_up_pool, receive_goods, show_stock], tags=["stock"]
)
