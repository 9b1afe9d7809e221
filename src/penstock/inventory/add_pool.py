"""Set up pools: what a market may sell, and the ring-fence of a livestream."""

from collections.abc import Sequence

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import Conflict, FieldError, Invalid
from penstock.kernel.repeats import repeats


@query
async def store_pool(
    tx: Transaction,
    *,
    merchant_id: int,
    code: str,
    node_ids: list[int],
    countries: list[str],
    ranks: list[int],
) -> int | None:
    """Insert the pool with its nodes and markets, or add these to the one of that code."""


@query
async def known_nodes(tx: Transaction, *, node_ids: list[int]) -> list[int]:
    """Find which of these nodes there are."""


@query
async def nodes_elsewhere(
    tx: Transaction, *, merchant_id: int, pool_id: int, node_ids: list[int]
) -> list[str]:
    """Name the nodes asked for that back another family of this merchant."""


@query
async def store_stream_pool(
    tx: Transaction, *, merchant_id: int, code: str, family_id: int, stream_id: int
) -> int | None:
    """Insert a stream's pool in the family of a market pool, or find the one of that code."""


async def add_pool(
    tx: Transaction,
    merchant_id: int,
    code: str,
    *,
    node_ids: Sequence[int],
    markets: Sequence[tuple[str, int]],
) -> int:
    """Set up a market pool that `node_ids` back, for `markets` as (country, rank); return its id.

    A market sells a SKU from the first pool by rank that carries it. The same code again adds
    nodes and markets.

    Raises:
        Invalid: a node or country that there is not, or a country twice.
        Conflict: a node backs another pool of the merchant, and its stock cannot be sold twice; or
            the code is that of a stream's pool.

    """
    known = set(await known_nodes(tx, node_ids=list(node_ids)))
    if wrong := _problems(node_ids, known, [country for country, _ in markets]):
        raise Invalid(errors=wrong)
    pool_id = await store_pool(
        tx,
        merchant_id=merchant_id,
        code=code,
        node_ids=list(node_ids),
        countries=[country for country, _ in markets],
        ranks=[rank for _, rank in markets],
    )
    if pool_id is None:
        raise Conflict(f"{code!r} is the pool of a stream; give the market's pool another code")
    elsewhere = await nodes_elsewhere(
        tx, merchant_id=merchant_id, pool_id=pool_id, node_ids=list(node_ids)
    )
    if elsewhere:
        raise Conflict(
            f"{', '.join(elsewhere)} already back another pool of this merchant; "
            "leave them out, or use that pool"
        )
    return pool_id


async def add_stream_pool(
    tx: Transaction, merchant_id: int, code: str, family_id: int, stream_id: int
) -> int:
    """Open a stream's own pool beside the market pool `family_id` and return its id.

    Raises:
        Conflict: another pool of the merchant has that code.

    """
    pool_id = await store_stream_pool(
        tx, merchant_id=merchant_id, code=code, family_id=family_id, stream_id=stream_id
    )
    if pool_id is None:
        raise Conflict(f"a pool {code!r} exists already; give the stream another code")
    return pool_id


def _problems(
    node_ids: Sequence[int], known: set[int], countries: Sequence[str]
) -> tuple[FieldError, ...]:
    wrong = [
        FieldError(f"/node_ids/{i}", "unknown_node", f"there is no node {node_id}; set it up first")
        for i, node_id in enumerate(node_ids)
        if node_id not in known
    ]
    twice = repeats(countries)
    for i, country in enumerate(countries):
        if country not in COUNTRIES:
            detail = f"{country!r} is no country of ISO 3166-1; use a code such as US"
            wrong.append(FieldError(f"/markets/{i}/country", "unknown_country", detail))
        if i in twice:
            detail = f"{country} is there already; say it once"
            wrong.append(FieldError(f"/markets/{i}/country", "said_twice", detail))
    return tuple(wrong)
