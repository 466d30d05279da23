"""One connection as an httpx transport: HTTP/1.1 by h11, one request at a time.

httpx's own transport is a pool of connections over a layer for three event loops; with one
connection each, that is two thirds of what a create costs. A connection is ridden again only while
nothing speaks against it: a request sent on one that the server has left may have been heard.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import Callable
from typing import TypeAlias

import h11
import httpx

from campaign.retell.pipe import Pipe, connect
from campaign.retell.sending import Headers, Sending

MAX_HEAD = 100 * 1024
PORTS = {"http": 80, "https": 443}

Head: TypeAlias = Callable[[str, bytes, Headers], h11.Request]


def head_of(method: str, target: bytes, headers: Headers) -> h11.Request:
    """Return the head of a request, every header looked at."""
    return h11.Request(method=method, target=target, headers=list(headers))


class Line(httpx.AsyncBaseTransport):
    """Keeps its connection for `keepalive_s` after an answer; `context` is asked for TLS only.

    `head` makes the head of a request, as `head_of` does.
    """

    def __init__(
        self, context: Callable[[], ssl.SSLContext], *, keepalive_s: float, head: Head
    ) -> None:
        self._context = context
        self._head_of = head
        self._keepalive_s = keepalive_s
        self._pipe: Pipe | None = None
        self._talk = _new_talk()
        self._fresh_until_s = 0.0
        self._ends_s = math.inf
        self._now_s: Callable[[], float] = time.monotonic

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, once, and return the answer as soon as its head is there.

        Its `timeout` extension must be complete; where it has a `total`, no wait goes beyond it.
        """
        return (await self.open(Sending.of(request))).whole()

    async def open(self, sending: Sending) -> Reply:
        """Do the same, and return no more of a response than is needed of one."""
        timeouts = sending.timeouts
        self._now_s = asyncio.get_running_loop().time
        self._ends_s = self._now_s() + timeouts.get("total", math.inf)
        pipe = await self._ready(sending.url, timeouts["connect"])
        try:
            # What cannot be written raises here, before anything is sent.
            written = self._written(sending)
            await pipe.send(written, self._left_s(timeouts["write"]))
            head = await self._head(pipe, timeouts["read"])
        except BaseException:
            self._drop(pipe)
            raise
        return Reply(self, pipe, head, timeouts["read"])

    async def aclose(self) -> None:
        """Close the connection."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            await pipe.aclose()

    def finish(self, pipe: Pipe) -> None:
        """Keep the connection where request and answer are complete and nothing came beyond."""
        talk = self._talk
        done = talk.our_state is h11.DONE and talk.their_state is h11.DONE
        if done and talk.trailing_data == (b"", False) and pipe.rest():
            talk.start_next_cycle()
            self._fresh_until_s = self._now_s() + self._keepalive_s
        else:
            self._drop(pipe)

    async def event(
        self, pipe: Pipe, timeout_s: float
    ) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        """Return the next part of the answer."""
        while True:
            try:
                event = self._talk.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            data = await pipe.receive(self._left_s(timeout_s))
            if not data and self._talk.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._talk.receive_data(data)

    async def _ready(self, url: httpx.URL, timeout_s: float) -> Pipe:
        if self._pipe is not None and not self._is_fresh(self._pipe):
            self._drop(self._pipe)
        if self._pipe is None:
            self._talk = _new_talk()
            self._pipe = await connect(
                url.raw_host.decode("ascii"),
                url.port or PORTS[url.scheme],
                context=self._context() if url.scheme == "https" else None,
                timeout_s=timeout_s,
            )
        return self._pipe

    def _drop(self, pipe: Pipe) -> None:
        """Close the connection at once: the next request has another one."""
        pipe.abort()
        self._pipe = None

    def _left_s(self, timeout_s: float) -> float:
        return min(timeout_s, self._ends_s - self._now_s())

    def _is_fresh(self, pipe: Pipe) -> bool:
        return self._now_s() < self._fresh_until_s and pipe.is_quiet

    def _written(self, sending: Sending) -> bytes:
        """Return a whole request as bytes, so that it leaves in one piece."""
        try:
            head = self._head_of(sending.method, sending.target, sending.headers)
            parts = (head, h11.Data(data=sending.body), h11.EndOfMessage())
            return b"".join(self._talk.send(part) or b"" for part in parts)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error

    async def _head(self, pipe: Pipe, timeout_s: float) -> h11.Response:
        while True:
            event = await self.event(pipe, timeout_s)
            if isinstance(event, h11.Response):
                return event


class Reply(httpx.AsyncByteStream):
    """An answer whose head is there, its body as it comes: what is read of a `httpx.Response`."""

    def __init__(self, line: Line, pipe: Pipe, head: h11.Response, timeout_s: float) -> None:
        self.status_code = head.status_code
        self.headers = list(head.headers)
        self._line = line
        self._pipe = pipe
        self._timeout_s = timeout_s

    def whole(self) -> httpx.Response:
        """Return the same as a response, which also unpacks; it costs as much as all the rest."""
        return httpx.Response(self.status_code, headers=self.headers, stream=self)

    @property
    def is_packed(self) -> bool:
        """Tell whether the body is compressed."""
        return any(name == b"content-encoding" for name, _ in self.headers)

    def __aiter__(self) -> Reply:
        return self

    async def __anext__(self) -> bytes:
        # No generator: of a create's answer it would be the most expensive part.
        event = await self._line.event(self._pipe, self._timeout_s)
        if not isinstance(event, h11.Data):
            raise StopAsyncIteration
        return bytes(event.data)

    async def aclose(self) -> None:
        """Give the connection back, or close it where something of the answer was left."""
        self._line.finish(self._pipe)


def _new_talk() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
