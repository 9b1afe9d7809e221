"""The one place where refusals become HTTP: RFC 9457 problem details."""

import logging
import re
from math import ceil
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from penstock.channels.json_fit import explained
from penstock.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    KeyReused,
    LimitReached,
    Malformed,
    NotFound,
    Overloaded,
    RateLimited,
    Refusal,
    TooLarge,
    Unauthorised,
    Unavailable,
)

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[Refusal], int] = {
    Malformed: 400,
    Unauthorised: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    KeyReused: 422,
    LimitReached: 429,
    RateLimited: 429,
    Unavailable: 503,
    Overloaded: 503,
}
_TIMES = {
    "date": "a date such as 2026-11-21",
    "time": "a time of day such as 17:00:00",
    "duration": "a duration such as PT1H or P1DT12H",
}
"""What a decoder calls a text that is no such time, and what to send instead."""
_TIME = re.compile(r"\b(date|time|duration)s?\b")


_BUG = "An error of ours; it is logged. Nothing half-done was kept; try again later."


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 with two extensions: `code` for programs, `errors` by field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[FieldError, ...] = ()


def _type(code: str) -> str:
    return f"urn:penstock:problem:{code}"


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response[Problem]:
    """Answer with a problem document; `code` also names its type."""
    body = Problem(_type(code), title, status, detail, code, errors)
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def told(error: Exception) -> tuple[int, Problem, dict[str, str]]:
    """Map a refusal to status, problem and headers; anything else is a bug of ours."""
    if not isinstance(error, Refusal):
        return 500, Problem(_type("bug"), "Something is broken here.", 500, _BUG, "bug"), {}
    refusal = error
    headers = {}
    if isinstance(refusal, Unavailable):
        headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, RateLimited):
        wait_s = max(1, ceil(refusal.retry_after_s))
        window_s = max(1, ceil(refusal.burst / refusal.limit))
        headers["Retry-After"] = str(wait_s)
        headers["RateLimit-Policy"] = f'"orders";q={refusal.burst};w={window_s}'
        headers["RateLimit"] = f'"orders";r=0;t={wait_s}'
    if isinstance(refusal, Unauthorised):
        headers["WWW-Authenticate"] = "Bearer"
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    detail = refusal.detail
    if refusal.errors and detail == refusal.title:
        more = f" ({len(refusal.errors) - 1} more)" if len(refusal.errors) > 1 else ""
        detail = f"{refusal.errors[0].detail}{more}"
    return (
        status,
        Problem(_type(refusal.code), refusal.title, status, detail, refusal.code, refusal.errors),
        headers,
    )


def from_refusal(_: Request[Any, Any, Any], refusal: Refusal) -> Response[Problem]:
    """Map a refusal to its status."""
    status, body, headers = told(refusal)
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def from_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Map what the framework refuses: unknown path, method, or parameter, or no body at all."""
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status_code, "bad_request" if error.status_code < 500 else "bug"
    )
    extra = error.extra if isinstance(error.extra, list) else []
    if any(isinstance(e, dict) and e.get("key") == "data" for e in extra):
        return from_refusal(request, Malformed("The body is empty: send it as JSON."))
    errors = tuple(_parameter(e) for e in extra if isinstance(e, dict))
    detail = errors[0].detail if errors else error.detail
    title = "There is no such thing." if code == "not_found" else "The request was refused."
    return problem(error.status_code, code, title, detail, errors, dict(error.headers or {}))


def worded(error: FieldError) -> FieldError:
    """Say what to send where a date, a time of day or a duration could not be read.

    Errors of other fields, instants among them, say so already and stay as they are.
    """
    name = error.pointer.rpartition("/")[2]
    found = _TIME.search(error.detail.removeprefix(name))
    if found is None or error.code not in {"wrong_type", "out_of_range"}:
        return error
    return FieldError(error.pointer, "bad_time", f"{name} must be {_TIMES[found[1]]}.")


_PLAINLY = re.compile(r", not text in quotes| or null(?=[.,])")
"""What makes no sense of a parameter: nothing in an address is in quotes, or null."""


def _parameter(extra: dict[str, Any]) -> FieldError:
    """Explain an error of the framework's about a part of the address."""
    message, key = str(extra.get("message", "")), extra.get("key", "")
    error = worded(explained(f"{message} - at `$.{key}`"))
    return msgspec.structs.replace(error, detail=_PLAINLY.sub("", error.detail))


def from_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Log a bug once, here, and tell the caller nothing of our insides."""
    log.error("bug at %s %s", request.method, request.url.path, exc_info=error)
    status, body, _ = told(error)
    return Response(body, status_code=status, media_type=MEDIA_TYPE)


HANDLERS: dict[Any, Any] = {
    Refusal: from_refusal,
    HTTPException: from_http,
    Exception: from_bug,
}
