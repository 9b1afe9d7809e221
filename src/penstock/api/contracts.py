"""Contracts with vendors over HTTP: who works for the network, at what rate, collecting when."""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request, Router, post
from litestar.params import JSONBody

from penstock.api.caller import require
from penstock.api.context import Here
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import FieldError
from penstock.vendors.contract import (
    NewPickup,
    NewRate,
    NewVendor,
    add_pickups,
    add_rates,
    add_vendors,
)
from penstock.vendors.contract_rules import rate_problems, vendor_problems

Http = Request[Any, Any, Any]


class Vendors(msgspec.Struct, frozen=True):
    """Vendors to sign on."""

    vendors: tuple[NewVendor, ...]

    def breaches(self) -> Iterator[FieldError]:
        """Name the rules that a vendor's record breaks by itself."""
        for i, vendor in enumerate(self.vendors):
            yield from vendor_problems(i, vendor)


class Rates(msgspec.Struct, frozen=True):
    """Lines of rate cards."""

    rates: tuple[NewRate, ...]

    def breaches(self) -> Iterator[FieldError]:
        """Name the rules that a rate breaks by itself."""
        for i, rate in enumerate(self.rates):
            yield from rate_problems(i, rate)


class Pickups(msgspec.Struct, frozen=True):
    """When vendors collect."""

    pickups: tuple[NewPickup, ...]


@post("/v1/vendors", status_code=204, summary="Sign vendors on")
async def sign_vendors(request: Http, context: Here, data: JSONBody[Vendors]) -> None:
    """Sign vendors on, or bring those of the same name up to date."""
    require(await context.callers.identify(request), "operator")
    now = context.now()
    await context.database.run(OPERATOR, lambda tx: add_vendors(tx, data.vendors, now))


@post("/v1/rates", status_code=204, summary="Add to rate cards")
async def card_rates(request: Http, context: Here, data: JSONBody[Rates]) -> None:
    """Add lines to rate cards, all or none; a line of the same first day is corrected."""
    require(await context.callers.identify(request), "operator")
    await context.database.run(OPERATOR, lambda tx: add_rates(tx, data.rates))


@post("/v1/pickups", status_code=204, summary="Say when vendors collect")
async def set_pickups(request: Http, context: Here, data: JSONBody[Pickups]) -> None:
    """Set when vendors collect at nodes, on each node's clock."""
    require(await context.callers.identify(request), "operator")
    await context.database.run(OPERATOR, lambda tx: add_pickups(tx, data.pickups))


contracts = Router("/", route_handlers=[sign_vendors, card_rates, set_pickups], tags=["vendors"])
