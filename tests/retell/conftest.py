"""A tiny HTTP server on loopback that misbehaves as it is told, and requests to send to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from campaign.model import CallRequest
from campaign.retell import RetellProvider

KEY = "key_0123456789/secret"
CREATED = b'{"call_id":"call_1","call_status":"registered"}'


@dataclass(slots=True, kw_only=True)
class Received:
    """One request as it came."""

    head: str
    body: bytes
    connection: int


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def answer(
    body: bytes = CREATED, status: str = "201 Created", headers: str = ""
) -> Callable[[Received, asyncio.StreamWriter], Awaitable[None]]:
    """Return a handler that always gives the same answer."""
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode()

    async def give(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head + body)
        await writer.drain()

    return give


@dataclass(slots=True, kw_only=True)
class Server:
    """Counts connections and keeps requests; `handler` answers."""

    handler: Handler
    port: int = 0
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    requests: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side closes it."""
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        number = self.connections
        try:
            # Whatever a client does to its end is its own business.
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    await self.hear(reader, writer, number)
        finally:
            self.open_now -= 1
            writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def hear(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        """Read one request of a connection, and let the handler answer it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = 0
        for line in head.lower().split("\r\n"):
            if line.startswith("content-length:"):
                length = int(line.split(":")[1])
        body = await reader.readexactly(length)
        self.requests.append(Received(head=head, body=body, connection=number))
        await self.handler(self.requests[-1], writer)


class Wire:
    """A network that gives the same answer, or raises, and keeps what was sent."""

    def __init__(self, result: httpx.Response | Exception) -> None:
        self.result = result
        self.sent: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
def wire_of() -> Callable[[httpx.Response | Exception], Wire]:
    """Make networks that are functions."""
    return Wire


@pytest.fixture
def anyio_backend() -> str:
    """Use asyncio, as the sockets of these tests do."""
    return "asyncio"


@pytest.fixture
def key() -> str:
    """Give an API key that must never be seen."""
    return KEY


@pytest.fixture
def give() -> Callable[..., Any]:
    """Make handlers that always give the same answer."""
    return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Serve on loopback: calls are created until `handler` is replaced."""
    server = Server(handler=answer())
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.talk(reader, writer))
        tasks.add(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    yield server
    listener.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def provider_of() -> Callable[..., RetellProvider]:
    """Make providers with the tests' key."""

    def make(base_url: str = "https://api.example.test", **options: Any) -> RetellProvider:
        return RetellProvider(base_url=base_url, api_key=SecretStr(KEY), **options)

    return make


@pytest.fixture
def request_of() -> Callable[..., CallRequest]:
    """Make create requests between fictional numbers."""

    def make(**changes: Any) -> CallRequest:
        fields: dict[str, Any] = {
            "from_number": "+14155550100",
            "to_number": "+14155550123",
            "idempotency_key": "att_000000000000000000000001",
        }
        return CallRequest(**{**fields, **changes})

    return make
