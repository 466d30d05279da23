"""What a wire does wrong, over real sockets on loopback: refusals, cuts, silence, floods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from campaign.model import Call, CallRequest, Fault, FaultKind
from campaign.retell import RetellProvider

pytestmark = pytest.mark.anyio

MakeProvider = Callable[..., RetellProvider]
MakeRequest = Callable[..., CallRequest]
Give = Callable[..., Any]


async def test_nobody_listening_is_not_sent(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """A refused connection leaves nothing behind."""
    provider = provider_of("http://127.0.0.1:1")
    fault = await provider.create(request_of())
    await provider.aclose()
    assert isinstance(fault, Fault)
    assert fault.kind == FaultKind.NOT_SENT


async def test_a_handshake_that_fails_is_not_sent(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """TLS to a server that has none ends before a byte of the request leaves."""
    provider = provider_of(f"https://127.0.0.1:{server.port}", connect_timeout_s=0.2)
    fault = await provider.create(request_of())
    await provider.aclose()
    assert isinstance(fault, Fault)
    assert (fault.kind, server.requests) == (FaultKind.NOT_SENT, [])


def cut(*sent: bytes, reset: bool) -> Callable[[Any, asyncio.StreamWriter], Any]:
    """Return a handler that sends some bytes and then hangs up."""

    async def handle(_request: Any, writer: asyncio.StreamWriter) -> None:
        for part in sent:
            writer.write(part)
            await writer.drain()
        if reset:
            writer.transport.abort()
        else:
            writer.close()

    return handle


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize(
    "sent",
    [
        (),
        (b"HTTP/1.1 201 Cre",),
        (b"HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\n", b'{"call_id":"call_1"'),
        (b"SSH-2.0-OpenSSH\r\n\r\n",),
    ],
)
async def test_a_connection_cut_after_sending_is_unknown(
    *,
    provider_of: MakeProvider,
    request_of: MakeRequest,
    server: Any,
    give: Give,
    reset: bool,
    sent: tuple[bytes, ...],
) -> None:
    """A call may exist; nothing is sent again, and the next create has a fresh connection."""
    server.handler = cut(*sent, reset=reset)
    provider = provider_of(server.url)
    fault = await provider.create(request_of())
    assert isinstance(fault, Fault)
    assert (fault.kind, len(server.requests)) == (FaultKind.UNKNOWN, 1)
    server.handler = give()
    assert isinstance(await provider.create(request_of()), Call)
    await provider.aclose()
    assert [request.connection for request in server.requests] == [1, 2]


async def test_a_connection_that_was_closed_while_idle_is_not_ridden(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """A server that hangs up between two calls costs a connection, not an unknown."""

    async def once(request: Any, writer: asyncio.StreamWriter) -> None:
        await give()(request, writer)
        writer.close()

    server.handler = once
    provider = provider_of(server.url)
    assert isinstance(await provider.create(request_of()), Call)
    with anyio.fail_after(5):
        while server.open_now:
            await anyio.sleep(0.001)
    assert isinstance(await provider.create(request_of()), Call)
    await provider.aclose()
    assert (server.connections, len(server.requests)) == (2, 2)


async def test_silence_past_the_time_out_is_unknown(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """The read time-out ends the wait, and the connection with it."""

    async def silent(_request: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)

    server.handler = silent
    provider = provider_of(server.url, read_timeout_s=0.05)
    fault = await provider.create(request_of())
    assert fault == Fault(kind=FaultKind.UNKNOWN, message="no answer came (ReadTimeout)")
    with anyio.fail_after(5):
        while server.open_now:
            await anyio.sleep(0.001)
    await provider.aclose()
    assert len(server.requests) == 1


async def test_a_redirect_is_not_followed(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """The base URL is wrong, and nothing is sent anywhere else."""
    server.handler = give(b"", "307 Temporary Redirect", f"location: {server.url}/x\r\n")
    provider = provider_of(server.url)
    fault = await provider.create(request_of())
    await provider.aclose()
    assert isinstance(fault, Fault)
    assert (fault.kind, len(server.requests)) == (FaultKind.RUN, 1)


async def test_no_cookie_is_kept(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """Each create is alone."""
    server.handler = give(headers="set-cookie: a=b\r\n")
    provider = provider_of(server.url)
    await provider.create(request_of())
    await provider.create(request_of())
    await provider.aclose()
    assert "cookie" not in server.requests[1].head.lower()


async def test_a_body_that_never_ends_is_left(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """A flood is refused at its bound; the next create finds a fresh connection."""

    async def flood(_request: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
            await writer.drain()

    server.handler = flood
    provider = provider_of(server.url)
    fault = await provider.create(request_of())
    await provider.create(request_of())
    await provider.aclose()
    assert isinstance(fault, Fault)
    assert (fault.kind, server.connections) == (FaultKind.ROW, 2)
