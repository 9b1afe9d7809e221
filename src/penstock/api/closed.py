"""Which types a request's body is made of: a field that they do not know is refused."""

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler


def close_bodies(app: Litestar) -> None:
    """Say in the API's description what `JsonRequest` does: bodies take no further fields."""
    closed: set[str] = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.parsed_data_field is not None:
                closed |= {kind.__name__ for kind in _structs(handler.parsed_data_field.annotation)}
    for schema in app.openapi_schema.components.schemas.values():
        if schema.title in closed:
            schema.additional_properties = False


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from _structs(field.type)
    for inner in typing.get_args(kind):
        yield from _structs(inner)
