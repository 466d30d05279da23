"""One request, one answer, once: bounded in size and time, and always closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext, suppress
from dataclasses import dataclass
from typing import cast

import anyio
import httpx

from campaign.retell.line import Line, Reply
from campaign.retell.sending import Sending

MAX_BODY = 64 * 1024 * 1024
MAX_ERROR_BODY = 64 * 1024


class AnswerTooLargeError(Exception):
    """An answer larger than anybody would send on purpose."""


WIRE_ERRORS = (
    httpx.TransportError,
    httpx.DecodingError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    AnswerTooLargeError,
    OSError,  # with `TimeoutError`
)
"""All that can go wrong on the wire; anything else is a bug of ours and stays one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status; names of headers are in lower case."""

    status: int
    raw_headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status promises what was asked for."""
        return 200 <= self.status < 300

    @property
    def headers(self) -> httpx.Headers:
        """The headers, for whoever looks for one by its name."""
        return httpx.Headers(list(self.raw_headers))

    @property
    def date(self) -> str:
        """When the server began the answer, as it wrote it; empty where it did not."""
        dates = [value for name, value in self.raw_headers if name == b"date"]
        return b", ".join(dates).decode("latin-1")

    @property
    def text(self) -> str:
        """The body as text, for what people write into errors."""
        return self.body.decode("utf-8", "replace")


async def exchange(line: httpx.AsyncBaseTransport, sending: Sending) -> Answer:
    """Send the request and read the answer; raises one of `WIRE_ERRORS`.

    All of it takes no longer than the `total` of its timeouts.
    """
    if isinstance(line, Line):
        return await _answer(line, sending)
    with anyio.fail_after(sending.timeouts.get("total")):
        return await _answer(line, sending)


async def _answer(line: httpx.AsyncBaseTransport, sending: Sending) -> Answer:
    response = await _sent(line, sending)
    try:
        body = await _read(response)
    finally:
        await response.aclose()
    return Answer(status=response.status_code, raw_headers=_raw(response), body=body)


async def _sent(line: httpx.AsyncBaseTransport, sending: Sending) -> httpx.Response | Reply:
    if not isinstance(line, Line):
        return await line.handle_async_request(sending.request())
    reply = await line.open(sending)
    return reply.whole() if reply.is_packed else reply


def _raw(response: httpx.Response | Reply) -> Sequence[tuple[bytes, bytes]]:
    if isinstance(response, Reply):
        return response.headers
    return [(name.lower(), value) for name, value in response.headers.raw]


async def _read(response: httpx.Response | Reply) -> bytes:
    if 200 <= response.status_code < 300:
        return await _read_whole(response)
    return await _read_error(response)


def _chunks(response: httpx.Response | Reply) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
    if isinstance(response, Reply):
        return nullcontext(response)
    # A generator, which httpx declares as an iterator: left early, it must be closed.
    return aclosing(cast(AsyncGenerator[bytes, None], response.aiter_bytes()))


async def _read_whole(response: httpx.Response | Reply) -> bytes:
    received = bytearray()
    async with _chunks(response) as chunks:
        async for chunk in chunks:
            received += chunk
            if len(received) > MAX_BODY:
                raise AnswerTooLargeError(f"more than {MAX_BODY} bytes")
    return bytes(received)


async def _read_error(response: httpx.Response | Reply) -> bytes:
    # The status has said what matters: a text that is cut short or cut off takes nothing away.
    received = bytearray()
    with suppress(*WIRE_ERRORS):
        async with _chunks(response) as chunks:
            async for chunk in chunks:
                received += chunk
                if len(received) > MAX_ERROR_BODY:
                    break
    return bytes(received[:MAX_ERROR_BODY])
