"""Transports, one connection each, taken last in, first out.

One pool for all creates does not scale: its cost grows with the square of the waiting requests.
Taking the transport that came back last keeps the warm connections few and warm; one that lay
idle is closed by its own short keep-alive before a create could ride a stale connection.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from functools import cache, lru_cache

import anyio
import httpx

from campaign.errors import ConfigError
from campaign.retell.line import Line, head_of

KEEPALIVE_S = 5.0
CLOSE_S = 2.0
MOST_HEADS = 256

Opener = Callable[[], httpx.AsyncBaseTransport]


def opener() -> Opener:
    """Return what opens transports; they share one TLS context."""
    context = cache(trusting)
    # The heads of creates differ in nothing but their lengths.
    head = lru_cache(maxsize=MOST_HEADS)(head_of)
    return lambda: Line(context, keepalive_s=KEEPALIVE_S, head=head)


def trusting() -> ssl.SSLContext:
    """Return whom TLS trusts: the usual authorities.

    Or those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name, for whoever sits behind a company's own.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        named = os.environ.get("SSL_CERT_FILE", "")
        raise ConfigError(
            f"the certificates in SSL_CERT_FILE ({named!r}) cannot be read: {error}",
            hint="name a file of certificates (PEM), or unset it for the usual ones",
        ) from error


class Lines:
    """At most `size` transports; `shared` is one that stands for them all."""

    def __init__(
        self,
        size: int,
        open_one: Opener,
        *,
        shared: httpx.AsyncBaseTransport | None = None,
        idle: list[httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._free = anyio.Semaphore(size, fast_acquire=True)
        self._open = open_one
        self._shared = shared
        self._idle = [] if idle is None else idle
        self._closed = False

    def beside(self, size: int) -> Lines:
        """Return others, with a bound of their own, that ride the same idle transports."""
        return Lines(size, self._open, shared=self._shared, idle=self._idle)

    def borrow(self) -> Loan:
        """Lend a transport, waiting for a free one; whoever fails with it, it is thrown away."""
        return Loan(self)

    async def take(self) -> httpx.AsyncBaseTransport:
        """Take a transport, waiting for a free one; followed by `give_back`."""
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            await self._free.acquire()
        try:
            return self._lent()
        except BaseException:
            self._free.release()
            raise

    def _lent(self) -> httpx.AsyncBaseTransport:
        if self._closed:
            raise RuntimeError("the provider is closed")
        if self._shared is not None:
            return self._shared
        return self._idle.pop() if self._idle else self._open()

    async def give_back(self, line: httpx.AsyncBaseTransport, *, failed: bool) -> None:
        """Take back what was lent, and close what failed or came too late."""
        try:
            if line is self._shared:
                return
            if failed or self._closed:
                await _close(line)
            else:
                self._idle.append(line)
        finally:
            self._free.release()

    async def aclose(self) -> None:
        """Close the idle transports now, and each other one when it comes back."""
        self._closed = True
        while self._idle:
            await _close(self._idle.pop())


class Loan:
    """A transport for the length of a block, as `Lines.borrow` lends it."""

    __slots__ = ("_line", "_lines")

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def __aenter__(self) -> httpx.AsyncBaseTransport:
        self._line = await self._lines.take()
        return self._line

    async def __aexit__(self, failed: type[BaseException] | None, *_: object) -> None:
        await self._lines.give_back(self._line, failed=failed is not None)


async def _close(line: httpx.AsyncBaseTransport) -> None:
    # Shielded: our own cancellation must not leave a socket open. Bounded: nor may a dead peer.
    with anyio.move_on_after(CLOSE_S, shield=True):
        await line.aclose()
