"""The line: answers however long, connections kept, and what breaks is an error of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from penstock.simulation.line import Line

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LONG = bytes(range(256)) * 20_000


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[Line]:
    ended: list[asyncio.Event] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = asyncio.Event()
        ended.append(end)
        with suppress(EOFError, OSError):
            await serve(reader, writer)
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()
        end.set()

    running = await asyncio.start_server(one, "127.0.0.1", 0)
    line = Line(running.sockets[0].getsockname()[1])
    try:
        yield line
    finally:
        await line.close()
        running.close()
        for end in ended:
            await end.wait()


async def read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
    return head, await reader.readexactly(int(length.partition(b": ")[2]))


def answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def test_what_is_asked_arrives_and_one_connection_serves_all_calls_in_turn() -> None:
    met: list[tuple[bytes, bytes]] = []
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while True:
            met.append(await read(reader))
            writer.write(answer(LONG, b"201 Created"))

    async def work() -> None:
        async with server(serve) as line:
            for _ in range(3):
                told = await line.request("POST", "/v1/x", LONG, "authorization: Bearer k\r\n")
                assert told == (201, LONG)

    asyncio.run(work())
    assert len(connections) == 1
    head, body = met[2]
    assert head.startswith(b"POST /v1/x HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer k\r\n" in head
    assert body == LONG


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(reader)
        writer.write(answer(b"{}"))
        await writer.drain()
        writer.close()

    async def work() -> None:
        async with server(serve) as line:
            for _ in range(3):
                assert await line.request("GET", "/health") == (200, b"{}")
                await asyncio.sleep(0.01)

    asyncio.run(work())


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"]
)
def test_an_answer_that_does_not_come_whole_is_an_error(said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read(reader)
        writer.write(said)
        await writer.drain()
        writer.close()

    async def work() -> None:
        async with server(serve) as line:
            with pytest.raises((EOFError, OSError)):
                await line.request("GET", "/health")

    asyncio.run(work())


def test_where_nobody_listens_it_is_an_error() -> None:
    async def work() -> None:
        async with server(lambda _, writer: asyncio.sleep(0)) as line:
            pass
        with pytest.raises(OSError, match=r"refused|Connect"):
            await line.request("GET", "/health")

    asyncio.run(work())
