"""What may stand behind the question mark: a name that an operation does not know is refused.

Passed over, `?asof=2026-05-01` would be answered with today's score, and nobody would notice.
"""

from collections.abc import Collection, Iterable
from typing import Any

from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler

from penstock.kernel.errors import FieldError, Malformed

_KNOWN = "query_names"


def names_known(handler: HTTPRouteHandler) -> list[str] | None:
    """Return the names that an operation knows; None: it takes any."""
    return handler.opt.get(_KNOWN)


def close_queries(app: Litestar) -> None:
    """Tell each operation of the API which names it knows."""
    for route in app.routes:
        if not route.path.startswith("/v1/"):
            continue  # a page or a probe may carry what its caller adds for itself
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                model = handler.create_kwargs_model(route.path_parameters)
                handler.opt[_KNOWN] = sorted(p.field_alias for p in model.expected_query_params)


async def refuse_unknown_names(request: Request[Any, Any, Any]) -> None:
    """Refuse a request that names what its operation does not know.

    Raises:
        Unauthorised: no valid key: a stranger is told nothing else.
        Malformed: each such name, and those that there are.

    """
    known = names_known(request.route_handler)
    if known is not None and set(request.query_params) - set(known):
        await request.app.state.context.callers.identify(request)
        require_known(request.query_params, known)


def require_known(given: Iterable[str], known: Collection[str]) -> None:
    """Let pass only names that are known.

    Raises:
        Malformed: each other one, and those that there are.

    """
    strange = sorted(set(given) - set(known))
    if not strange:
        return
    those = f"use {' '.join(known)}" if known else "there is none here"
    errors = tuple(
        FieldError(f"/{name}", "unknown_parameter", f"no parameter {name[:64]!r}: {those}")
        for name in strange
    )
    raise Malformed(errors[0].detail, errors=errors)
