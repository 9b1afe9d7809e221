"""A line to the API server: HTTP/1.1 over kept connections, and no more of it than a play needs.

A play makes thousands of calls and answers run into megabytes: a client for every case of HTTP
would cost it more than the API does.
"""

import asyncio
import re

_CONNECTIONS_MAX = 8
_TIMEOUT_S = 60.0
_BUFFER_BYTES = 4 * 1024 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)

_Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """Speaks to the server on `port` of this machine, over eight connections at most."""

    def __init__(self, port: int = 0) -> None:
        """Connect when something is said."""
        self.port = port
        self._kept: list[_Pair] = []
        self._free = asyncio.Semaphore(_CONNECTIONS_MAX)

    async def request(
        self, method: str, path: str, content: bytes = b"", headers: str = ""
    ) -> tuple[int, bytes]:
        r"""Ask and return status and body; `headers` are whole lines, each with its `\r\n`.

        What the server closed while nothing was said is no trouble: it is asked again.

        Raises:
            OSError: no connection, or it broke; TimeoutError is one, too.
            EOFError: the server closed it amid an answer, or answered no HTTP.

        """
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n{headers}"
        asked = f"{head}content-length: {len(content)}\r\n\r\n".encode() + content
        async with self._free, asyncio.timeout(_TIMEOUT_S):
            while self._kept:
                pair = self._kept.pop()
                try:
                    return await self._say(pair, asked)
                except (ConnectionError, EOFError):
                    continue
            return await self._say(
                await asyncio.open_connection("127.0.0.1", self.port, limit=_BUFFER_BYTES), asked
            )

    async def _say(self, pair: _Pair, asked: bytes) -> tuple[int, bytes]:
        reader, writer = pair
        try:
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
        except BaseException:
            writer.close()
            raise
        self._kept.append(pair)
        return int(head[9:12]), body

    async def close(self) -> None:
        """Hang up."""
        while self._kept:
            _, writer = self._kept.pop()
            writer.close()


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    if found is None or not head.startswith(b"HTTP/1.1 "):
        raise EOFError("no answer of HTTP/1.1 that tells its length")
    return int(found[1])
