"""What planning finds, over HTTP: surges."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.planning.surging import SurgeShown, list_surges

Http = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=10_000)]
Going = Annotated[bool, QueryParameter(description="only those that go on")]


@get("/v1/surges", summary="List spikes that nobody planned")
async def show_surges(
    request: Http,
    context: Here,
    code: MerchantCode = None,
    going: Going = False,
    limit: Limit = 500,
) -> Sequence[SurgeShown]:
    """List surges of a merchant's SKUs, or for operators of all, those that go on first."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    everybodys = principal.role == "operator" and code is None
    whose = None if everybodys else await merchant_of(context.database, principal, code)
    return await context.database.run(
        actor_of(principal), lambda tx: list_surges(tx, merchant_id=whose, going=going, limit=limit)
    )


planning = Router("/", route_handlers=[show_surges], tags=["planning"])
