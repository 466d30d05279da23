"""Connections over real sockets on loopback: reuse, bounds, cancellation, closing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from campaign.model import Call, CallRequest, Fault
from campaign.retell import RetellProvider
from campaign.retell.line import Line
from campaign.retell.lines import Lines, opener

pytestmark = pytest.mark.anyio

MakeProvider = Callable[..., RetellProvider]
MakeRequest = Callable[..., CallRequest]
Give = Callable[..., Any]


async def many(provider: RetellProvider, make: MakeRequest, count: int) -> list[Call | Fault]:
    """Create `count` calls at once."""
    results: list[Call | Fault] = []

    async def one() -> None:
        results.append(await provider.create(make()))

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(one)
    return results


async def test_calls_one_after_another_share_a_connection(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """The transport that came back last is taken first."""
    provider = provider_of(server.url, in_flight=5)
    for _ in range(10):
        assert isinstance(await provider.create(request_of()), Call)
    await provider.aclose()
    assert (server.connections, len(server.requests)) == (1, 10)


async def test_after_a_rush_the_warm_connection_is_taken(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """Last in, first out: single calls after a rush all use the same connection."""
    provider = provider_of(server.url, in_flight=4)
    await many(provider, request_of, 4)
    for _ in range(6):
        await provider.create(request_of())
    await provider.aclose()
    assert len({request.connection for request in server.requests[4:]}) == 1


async def test_calls_at_once_have_a_connection_each_and_no_more(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """Forty creates through four lines make four connections."""

    async def slowly(request: Any, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.005)
        await give()(request, writer)

    server.handler = slowly
    provider = provider_of(server.url, in_flight=4)
    results = await many(provider, request_of, 40)
    await provider.aclose()
    assert {type(result) for result in results} == {Call}
    assert (server.connections, server.most_open, len(server.requests)) == (4, 4, 40)


async def test_reads_do_not_wait_for_creates(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """A read is sent while all creates that may be on the wire are."""
    gate = asyncio.Event()

    async def hold_creates(request: Any, writer: asyncio.StreamWriter) -> None:
        if request.head.startswith("POST /v2/create"):
            await gate.wait()
        await give()(request, writer)

    server.handler = hold_creates
    provider = provider_of(server.url, in_flight=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(provider.create, request_of())
        assert await provider.get("call_1") == Call(call_id="call_1", status="registered")
        gate.set()
    await provider.aclose()


async def test_creates_go_on_with_what_reads_have_opened(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any
) -> None:
    """Reads before and after creates open nothing of their own."""
    provider = provider_of(server.url, in_flight=2)
    await provider.get("call_1")
    await provider.create(request_of())
    await provider.get("call_1")
    await provider.aclose()
    assert (server.connections, len(server.requests)) == (1, 3)


async def test_what_is_sent_is_what_was_encoded(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, key: str
) -> None:
    """One head with a host and a length, one body."""
    provider = provider_of(f"{server.url}/pre")
    await provider.create(request_of(variables={"n": "007"}))
    await provider.aclose()
    (request,) = server.requests
    lines = request.head.lower().split("\r\n")
    assert lines[0] == "post /pre/v2/create-phone-call http/1.1"
    assert f"host: 127.0.0.1:{server.port}" in lines
    assert f"content-length: {len(request.body)}" in lines
    assert f"authorization: bearer {key}" in lines
    assert json.loads(request.body)["retell_llm_dynamic_variables"] == {"n": "007"}


async def test_a_cancelled_create_leaves_nothing_open(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """Cancellation in the middle closes the connection and gives the line back."""

    async def silent(_request: Any, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)

    server.handler = silent
    provider = provider_of(server.url, in_flight=1)
    for turn in range(1, 4):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(provider.create, request_of())
            while len(server.requests) < turn:
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
    server.handler = give()
    with anyio.fail_after(5):
        assert isinstance(await provider.create(request_of()), Call)
        while server.open_now > 1:
            await anyio.sleep(0.001)
    await provider.aclose()
    assert (server.connections, len(server.requests)) == (4, 4)


async def test_a_create_cancelled_while_it_waits_sends_nothing(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """Waiting for a line is before the first byte."""
    gate = asyncio.Event()

    async def hold(request: Any, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await give()(request, writer)

    server.handler = hold
    provider = provider_of(server.url, in_flight=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(provider.create, request_of())
        while not server.requests:
            await anyio.sleep(0.001)
        with anyio.move_on_after(0.02):
            await provider.create(request_of())
        gate.set()
    await provider.aclose()
    assert len(server.requests) == 1


async def test_a_line_that_comes_back_after_the_end_is_closed(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Give
) -> None:
    """Closing the provider does not cut a create short, and leaves no socket."""
    gate = asyncio.Event()
    results: list[Call | Fault] = []

    async def hold(request: Any, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await give()(request, writer)

    async def create() -> None:
        results.append(await provider.create(request_of()))

    server.handler = hold
    provider = provider_of(server.url, in_flight=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(create)
        while not server.requests:
            await anyio.sleep(0.001)
        await provider.aclose()
        gate.set()
    with anyio.fail_after(5):
        while server.open_now:
            await anyio.sleep(0.001)
    assert [type(result) for result in results] == [Call]


def test_transports_share_one_tls_context() -> None:
    """Loading the certificates once is what makes a transport cheap."""
    open_one = opener()
    contexts = set()
    for _ in range(3):
        transport = open_one()
        assert isinstance(transport, Line)
        contexts.add(transport._context())
    assert len(contexts) == 1


async def test_a_transport_that_failed_is_thrown_away() -> None:
    """Whoever fails with a transport, the next one gets another."""
    opened: list[httpx.AsyncBaseTransport] = []
    closed: list[httpx.AsyncBaseTransport] = []

    class Transport(httpx.AsyncBaseTransport):
        async def aclose(self) -> None:
            closed.append(self)

    def open_one() -> httpx.AsyncBaseTransport:
        opened.append(Transport())
        return opened[-1]

    lines = Lines(1, open_one)
    with pytest.raises(httpx.ReadError):
        async with lines.borrow():
            raise httpx.ReadError("x")
    async with lines.borrow() as second:
        assert second is opened[1]
    async with lines.borrow() as third:
        assert third is second
    await lines.aclose()
    assert closed == opened
