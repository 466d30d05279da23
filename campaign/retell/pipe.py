"""Bytes to and from one peer, on asyncio; what goes wrong is told in httpx's words.

A line needs no more of a socket than this, and asks a hundred thousand times for it: every layer
between it and the event loop is paid for by each call.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from typing import cast

import anyio
import httpx

EYEBALLS_S = 0.25
"""How long an address is tried before the next one is tried beside it (RFC 8305)."""


class Pipe(asyncio.Protocol):
    """A connection; `connect` opens one."""

    _transport: asyncio.Transport
    _poll: select.poll

    def __init__(self) -> None:
        self._received = bytearray()
        self._resting = False
        self._full = False
        self._ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[httpx.TimeoutException | None] | None = None
        self._lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, as `asyncio` calls it."""
        self._transport = cast(asyncio.Transport, transport)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket"), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """Keep what came; nobody may speak unasked."""
        if self._resting:
            self.abort()
            return
        self._received += data
        self._wake()

    def eof_received(self) -> None:
        """Take note that no more will come; `asyncio` closes the transport."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end, and of what brought it about."""
        self._ended = True
        self._error = exc
        self._lost.set()
        self._wake()

    def pause_writing(self) -> None:
        """Take note that the peer does not keep up."""
        self._full = True

    def resume_writing(self) -> None:
        """Go on."""
        self._full = False
        self._wake()

    @property
    def is_quiet(self) -> bool:
        """Tell whether the peer has neither spoken nor hung up, up to this moment."""
        # What has arrived and was not yet read by the loop is known to the kernel.
        return not self._ended and not self._transport.is_closing() and not self._poll.poll(0)

    def rest(self) -> bool:
        """Expect nothing more until the next `send`; `False` where more has come already."""
        self._resting = not self._received
        return self._resting

    async def send(self, data: bytes, timeout_s: float) -> None:
        """Send everything; what fails of it shows when the answer is read.

        A server may answer and hang up before it has heard all of a request.
        """
        self._resting = False
        self._transport.write(data)
        if self._full:
            await self._wait(timeout_s, httpx.WriteTimeout)

    async def receive(self, timeout_s: float) -> bytes:
        """Return what came, waiting for it; nothing at the end."""
        if not self._received and not self._ended:
            await self._wait(timeout_s, httpx.ReadTimeout)
        if not self._received and self._error is not None:
            raise httpx.ReadError(str(self._error)) from self._error
        data = bytes(self._received)
        self._received.clear()
        return data

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._ended = True
        self._transport.abort()

    async def aclose(self) -> None:
        """Close, and wait until nothing is left open."""
        self.abort()
        await self._lost.wait()

    async def _wait(self, timeout_s: float, late: type[httpx.TimeoutException]) -> None:
        """Wait until something happens."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(timeout_s, self._wake, late(""))
        try:
            too_late = await self._waiter
        finally:
            self._waiter = None
            timer.cancel()
        if too_late is not None:
            raise too_late

    def _wake(self, too_late: httpx.TimeoutException | None = None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(too_late)


async def connect(
    host: str, port: int, *, context: ssl.SSLContext | None, timeout_s: float
) -> Pipe:
    """Open a connection, with TLS where there is a context; nothing of ours is sent by that."""
    loop = asyncio.get_running_loop()
    try:
        with anyio.fail_after(timeout_s):
            _, pipe = await loop.create_connection(
                Pipe,
                host,
                port,
                ssl=context,
                server_hostname=None if context is None else host,
                happy_eyeballs_delay=EYEBALLS_S,
            )
    except TimeoutError as error:
        raise httpx.ConnectTimeout("") from error
    except OSError as error:  # with `SSLError`
        raise httpx.ConnectError(str(error)) from error
    return pipe
