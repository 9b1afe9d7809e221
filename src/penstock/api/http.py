"""The HTTP application: routes, problems, OpenAPI."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import ScalarRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from penstock import __version__
from penstock.api.context import Context, Here
from penstock.api.floor import floor
from penstock.api.orders import orders
from penstock.api.problems import HANDLERS
from penstock.api.returns import returns
from penstock.api.vendors import vendors

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
"""Opens what the process needs, puts a `Context` at `app.state.context`, closes it at the end."""


def _context(state: State) -> Context:
    context: Context = state.context
    return context


@get("/health", tags=["operation"], summary="Is this process alive and the database there?")
async def health(context: Here) -> dict[str, str]:
    """Answer 200 when an order could be taken now."""
    await context.database.ping()
    return {"status": "ready", "version": __version__}


ROUTES: list[Any] = [health, orders, floor, vendors, returns]


def http_app(lifespan: Lifespan, body_max_bytes: int) -> Litestar:
    """Build the application; `lifespan` opens and closes the context in the serving process."""
    return Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        dependencies={"context": Provide(_context, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        request_max_body_size=body_max_bytes,
        openapi_config=OpenAPIConfig(
            title="Penstock",
            version=__version__,
            path="/docs",
            render_plugins=[ScalarRenderPlugin()],
            components=Components(
                security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}
            ),
            security=[{"key": []}],
        ),
    )
