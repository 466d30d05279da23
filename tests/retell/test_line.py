"""One connection over real sockets on loopback: what is sent, what is read, what is not ridden."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

from campaign.retell.exchange import Answer, exchange
from campaign.retell.line import Line, head_of
from campaign.retell.lines import opener
from campaign.retell.sending import Sending

pytestmark = pytest.mark.anyio

Give = Callable[..., Any]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


@pytest.fixture
async def line(server: Any) -> AsyncIterator[Line]:
    """Open a line, and close it after the test, before the server."""
    line = opener()()
    assert isinstance(line, Line)
    yield line
    await line.aclose()


async def ask(line: Line, url: str, *, content: bytes = b"{}", timeout_s: float = 5.0) -> Answer:
    """Send one request."""
    timeout = httpx.Timeout(timeout_s).as_dict()
    request = httpx.Request("POST", url, content=content, extensions={"timeout": timeout})
    return await exchange(line, Sending.of(request))


def writing(*parts: bytes) -> Callable[[Any, asyncio.StreamWriter], Any]:
    """Return a handler that writes parts one by one."""

    async def handle(_request: Any, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)

    return handle


@asynccontextmanager
async def deaf(answer: bytes = b"") -> AsyncIterator[str]:
    """Serve a server that reads nothing, or nothing until it has answered."""
    release = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer:
            writer.write(answer)
        await release.wait()
        writer.transport.abort()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1024)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        release.set()
        listener.close()
        await listener.wait_closed()


@pytest.mark.parametrize(
    "parts",
    [
        (OK,),
        (OK[:7], OK[7:40], OK[40:]),
        (b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", OK),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
        ),
    ],
)
async def test_an_answer_is_read_however_it_comes(
    line: Line, server: Any, parts: tuple[bytes, ...]
) -> None:
    """In one piece or many, after hints, in chunks; the connection is then ridden again."""
    server.handler = writing(*parts)
    for _ in range(2):
        assert (await ask(line, server.url)).body == b"hi"
    assert (server.connections, len(server.requests)) == (1, 2)


async def test_an_answer_may_end_with_its_connection(line: Line, server: Any) -> None:
    """Without a length the end of the connection is the end of the body."""

    async def handle(_request: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhi")
        writer.close()

    server.handler = handle
    for _ in range(2):
        assert (await ask(line, server.url)).body == b"hi"
    assert server.connections == 2


@pytest.mark.parametrize("parts", [(OK + OK,), (OK + b"H",)])
async def test_what_came_unasked_is_not_the_next_answer(
    line: Line, server: Any, parts: tuple[bytes, ...]
) -> None:
    """An answer too many costs the connection: it would be taken for another call's."""
    server.handler = writing(*parts)
    for _ in range(2):
        assert (await ask(line, server.url)).body == b"hi"
    assert server.connections == 2


async def test_whoever_speaks_while_nothing_is_asked_is_left(line: Line, server: Any) -> None:
    """Bytes between two requests close the connection as they come."""
    server.handler = writing(OK)
    writers: list[asyncio.StreamWriter] = []

    async def handle(_request: Any, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(OK)

    server.handler = handle
    assert (await ask(line, server.url)).body == b"hi"
    writers[0].write(OK)
    with anyio.fail_after(5):
        while server.open_now:
            await anyio.sleep(0.001)
    assert (await ask(line, server.url)).body == b"hi"
    assert server.connections == 2


async def test_what_the_kernel_knows_is_heeded(line: Line, server: Any) -> None:
    """A server that has hung up is left though the loop has not read of it yet."""
    writers: list[asyncio.StreamWriter] = []

    async def handle(_request: Any, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(OK)

    server.handler = handle
    assert (await ask(line, server.url)).body == b"hi"
    pipe = line._pipe
    assert pipe is not None
    before = pipe.is_quiet
    # No turn of the loop from here on.
    writers[0].get_extra_info("socket").shutdown(socket.SHUT_WR)
    assert (before, pipe.is_quiet) == (True, False)
    assert (await ask(line, server.url)).body == b"hi"
    assert server.connections == 2


async def test_a_connection_is_not_ridden_past_its_time(server: Any) -> None:
    """What has rested for longer than a server may keep it is closed unasked."""
    server.handler = writing(OK)
    line = Line(lambda: pytest.fail("no TLS here"), keepalive_s=0.0, head=head_of)
    for _ in range(2):
        assert (await ask(line, server.url)).body == b"hi"
    await line.aclose()
    assert server.connections == 2


async def test_a_reset_is_a_read_error(line: Line, server: Any) -> None:
    """The server may have heard the request: this is not a failure to connect."""

    async def handle(_request: Any, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server.handler = handle
    with pytest.raises(httpx.ReadError):
        await ask(line, server.url)


@pytest.mark.parametrize("status", [101, 99])
async def test_an_answer_that_is_none(line: Line, server: Any, status: int) -> None:
    """Another protocol, or a status that does not exist, is no answer."""
    server.handler = writing(b"HTTP/1.1 %d X\r\n\r\n" % status)
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(line, server.url)


async def test_a_head_without_end(line: Line, server: Any) -> None:
    """Headers that go on for ever are left."""
    server.handler = writing(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 50_000)
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(line, server.url)


async def test_a_server_that_does_not_listen(line: Line) -> None:
    """A request that does not leave in time has left in part: a write time-out."""
    async with deaf() as url:
        with pytest.raises(httpx.WriteTimeout):
            await ask(line, url, content=b"x" * 20_000_000, timeout_s=0.05)


async def test_a_large_request_leaves_piece_by_piece(line: Line, server: Any) -> None:
    """A request larger than what the system holds for a socket arrives whole."""
    server.handler = writing(OK)
    content = b"x" * 5_000_000
    assert (await ask(line, server.url, content=content)).body == b"hi"
    assert server.requests[0].body == content


async def test_an_answer_before_the_request_was_heard(line: Line) -> None:
    """A server may refuse before it has heard all: its answer counts, its connection does not."""
    refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"
    async with deaf(refusal) as url:
        answer = await ask(line, url, content=b"x" * 20_000_000)
    assert answer.status == 413


async def test_a_header_that_is_none_sends_nothing(line: Line, server: Any) -> None:
    """What cannot be written is told before a byte leaves, and the line can be used again."""
    server.handler = writing(OK)
    timeout = httpx.Timeout(5.0).as_dict()
    request = httpx.Request(
        "POST", server.url, headers={"x": "a\r\nb"}, extensions={"timeout": timeout}
    )
    with pytest.raises(httpx.LocalProtocolError):
        await line.handle_async_request(request)
    assert (await ask(line, server.url)).body == b"hi"
    assert len(server.requests) == 1


async def test_a_body_that_is_left_costs_the_connection(line: Line, server: Any) -> None:
    """What was not read of an answer would be the beginning of the next."""
    server.handler = writing(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi")
    timeout = httpx.Timeout(5.0).as_dict()
    request = httpx.Request("GET", server.url, extensions={"timeout": timeout})
    response = await line.handle_async_request(request)
    await response.aclose()
    server.handler = writing(OK)
    assert (await ask(line, server.url)).body == b"hi"
    assert server.connections == 2
