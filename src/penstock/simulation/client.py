"""The API as those outside reach it: over HTTP, with a key, and again when the line breaks."""

from typing import Any, TypeVar

import msgspec

from penstock.simulation.line import Line

T = TypeVar("T")


class Interrupted(Exception):  # noqa: N818  the play heals what broke and goes on
    """The API, or what is behind it, does not answer now."""


class Client:
    """Calls as one caller; every call may be repeated, for all of them are idempotent."""

    def __init__(self, line: Line, key: str) -> None:
        """Speak through `line` with `key`."""
        self._line = line
        self._headers = f"authorization: Bearer {key}\r\ncontent-type: application/json\r\n"

    async def post(self, path: str, body: Any, answer: type[T]) -> T:
        """Post a value (bytes go as they are) and read the answer.

        Raises:
            Interrupted: no answer, or one that says to try again.
            AssertionError: the API refused what a play never sends.

        """
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self._call("POST", path, content, answer)

    async def get(self, path: str, answer: type[T]) -> T:
        """Get a value; raises as `post`."""
        return await self._call("GET", path, b"", answer)

    async def _call(self, method: str, path: str, content: bytes, answer: type[T]) -> T:
        try:
            status, body = await self._line.request(method, path, content, self._headers)
        except (OSError, EOFError) as error:
            raise Interrupted(f"{method} {path}: {type(error).__name__}") from error
        if status in {429, 502, 503, 504}:
            raise Interrupted(f"{method} {path}: {status}")
        assert 200 <= status < 300, f"{method} {path}: {status} {body[:400].decode()}"
        return msgspec.json.decode(body, type=answer)
