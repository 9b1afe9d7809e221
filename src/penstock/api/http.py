"""The HTTP application: routes, problems, OpenAPI."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import time
from typing import Any

from litestar import Litestar, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Components, Schema, SecurityScheme
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from penstock import __version__
from penstock.api.actions import actions
from penstock.api.appeals import appeals
from penstock.api.body import JsonRequest
from penstock.api.closed import close_bodies
from penstock.api.context import Context, Here
from penstock.api.contracts import contracts
from penstock.api.experience import experience
from penstock.api.explain import explained
from penstock.api.floor import floor
from penstock.api.foresee import foreseen
from penstock.api.front import show_front
from penstock.api.growth import growth
from penstock.api.lift import lift_routes
from penstock.api.merchants import merchants
from penstock.api.milestones import milestones
from penstock.api.operation import operation
from penstock.api.orders import orders
from penstock.api.pictures import pictures
from penstock.api.planning import planning
from penstock.api.problems import HANDLERS, MEDIA_TYPE, STATUS, Problem
from penstock.api.query_names import close_queries, refuse_unknown_names
from penstock.api.questionnaires import questionnaires
from penstock.api.receipt import receipt_of
from penstock.api.receipt_request import hot_route
from penstock.api.returns import returns
from penstock.api.scale import scale
from penstock.api.stock import stock
from penstock.api.stream_control import stream_control
from penstock.api.streams import streams
from penstock.api.vendors import vendors
from penstock.api.viewer import Viewer, viewer_files, viewer_folder
from penstock.api.vocabularies import vocabularies
from penstock.db.agree import require_agreement
from penstock.kernel.errors import Unavailable

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
"""Opens what the process needs, puts a `Context` at `app.state.context`, closes it at the end."""


def _context(state: State) -> Context:
    context: Context = state.context
    return context


@get(
    "/health",
    tags=["operation"],
    security=[{}],
    summary="Is this process alive and the database there?",
)
async def health(context: Here) -> dict[str, str]:
    """Answer 200 when an order could be taken now."""
    await require_agreement(context.database, context.clock)
    return {"status": "ready", "version": __version__}


ROUTES: list[Any] = [
    show_front,
    health,
    merchants,
    growth,
    actions,
    stock,
    streams,
    stream_control,
    orders,
    floor,
    vendors,
    contracts,
    vocabularies,
    returns,
    experience,
    milestones,
    pictures,
    foreseen,
    lift_routes,
    questionnaires,
    explained,
    appeals,
    planning,
    operation,
    scale,
]
_REFUSALS = {
    status: ResponseSpec(
        Problem,
        generate_examples=False,
        description=" Or: ".join(kind.title for kind in STATUS if STATUS[kind] == status),
        media_type=MEDIA_TYPE,
    )
    for status in sorted(set(STATUS.values()))
}
_REFUSALS[400].description = "The body or a parameter could not be read."
_ONLY_WITH_BODY = {409, 413, 429}
"""Statuses of refusals that nobody who only looks can meet."""


class _TimeOfDay(OpenAPISchemaPlugin):
    """Describes a `time` as one; the framework takes it for a duration."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is time

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ARG002  the port's
        return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.TIME)


class _App(Litestar):
    """The framework's application, with the hot routes answered in front of it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand receipt its requests, and the framework all others."""
        route = hot_route(scope) if scope["type"] == "http" else None
        if route is None:
            await super().__call__(scope, receive, send)
            return
        if "receipt" not in self.state:
            self.state.receipt = receipt_of(self.state.context)
        await self.state.receipt.answer(route, scope, receive, send)


def http_app(lifespan: Lifespan, body_max_bytes: int) -> Litestar:
    """Build the application; `lifespan` opens and closes the context in the serving process."""
    viewer = viewer_folder()
    app = _App(
        route_handlers=[*ROUTES, *viewer_files(viewer)],
        lifespan=[lifespan],
        request_class=JsonRequest,
        before_request=refuse_unknown_names,
        plugins=[_TimeOfDay()],
        dependencies={"context": Provide(_context, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        request_max_body_size=body_max_bytes,
        logging_config=None,  # the framework's own would write every library's doings to the log
        openapi_config=OpenAPIConfig(
            title="Penstock",
            version=__version__,
            path="/docs",
            render_plugins=[Viewer(viewer)],
            components=Components(
                security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}
            ),
            security=[{"key": []}],
        ),
    )
    for handler in (h for route in app.routes for h in getattr(route, "route_handlers", ())):
        if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema():
            handler.responses = _refusals(handler)
    close_bodies(app)
    close_queries(app)
    return app


def _refusals(handler: HTTPRouteHandler) -> dict[int, ResponseSpec]:
    """Choose how an operation may refuse: the mapping is one for all, so is its description."""
    if {} in handler.resolve_security():
        return {STATUS[Unavailable]: _REFUSALS[STATUS[Unavailable]]}
    looks = "GET" in handler.http_methods
    return {s: spec for s, spec in _REFUSALS.items() if not (looks and s in _ONLY_WITH_BODY)}
