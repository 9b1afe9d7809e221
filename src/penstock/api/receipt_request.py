"""Read a request of receipt as ASGI hands it over: its route, its body, its lines as they come."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

from penstock.kernel.errors import Malformed, TooLarge

Route = Literal["one", "many"]
_ROUTES: dict[str, Route] = {"/v1/orders": "one", "/v1/orders:batch": "many"}
LINES = b"application/x-ndjson"
"""What a client accepts that wants each chunk's answers as soon as they are durable."""

Receive = Callable[[], Awaitable[Any]]


class HungUpError(Exception):
    """The client hung up before its body was complete."""


def hot_route(scope: Any) -> Route | None:
    """Tell which of the two routes a request is for, by the path as the framework reads it."""
    if scope["method"] != "POST":
        return None
    path = scope["path"]
    return _ROUTES.get(path) or _ROUTES.get("/" + "/".join(filter(None, path.split("/"))))


def caller_of(scope: Any) -> int:
    """Tell callers apart by what they show, good or not, without keeping it: it may be long."""
    return next((hash(value) for name, value in scope["headers"] if name == b"authorization"), 0)


def wants_lines(scope: Any) -> bool:
    """Tell whether each chunk's answers are wanted as soon as they are durable."""
    return any(name == b"accept" and LINES in value for name, value in scope["headers"])


async def body_of(scope: Any, receive: Receive, most_bytes: int) -> bytes:
    """Return the whole body of a request.

    Raises:
        HungUpError: the client hung up.
        TooLarge, Malformed: it has more than `most_bytes`, or nothing.

    """
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > most_bytes:
            raise TooLarge(f"The body has {int(value)} bytes: send at most {most_bytes}.")
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUpError
        part = message.get("body", b"")
        size += len(part)
        if size > most_bytes:
            raise TooLarge(f"The body is larger than {most_bytes} bytes: send it in parts.")
        parts.append(part)
        if not message.get("more_body"):
            break
    raw = parts[0] if len(parts) == 1 else b"".join(parts)
    if not raw.strip():
        raise Malformed("the body is empty; send the order as JSON")
    return raw


async def lines_of(
    receive: Receive, line_max_bytes: int, at_once: int
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Yield up to `at_once` lines and the number of the first, as they come.

    Raises:
        HungUpError: the client hung up.
        TooLarge: a line is.

    """
    rest, first_line, more = b"", 1, True
    lines: list[bytes] = []
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUpError
        more = message.get("more_body", False)
        *whole, rest = (rest + message.get("body", b"")).split(b"\n")
        if len(rest) > line_max_bytes:
            raise TooLarge(f"A line is larger than {line_max_bytes} bytes.")
        lines += whole if more else [*whole, rest]
        while len(lines) >= at_once or (lines and not more):
            yield first_line, lines[:at_once]
            first_line += at_once
            del lines[:at_once]
