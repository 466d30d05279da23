"""Posts what a served sandbox has to tell: signed, in time, and again where nobody answers well.

Transports of one connection each, taken last in, first out: many posts at once stay cheap.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence

import httpx

from campaign.sandbox.machine import Sandbox
from campaign.sandbox.webhooks import Notice, signature

AT_ONCE = 64
ANSWER_S = 10.0
PAUSES_S = (0.5, 1.0, 2.0)
"""Waits before the first, second and third time that an event is posted again."""


class Postman:
    """Posts the events of `sandbox` by the time that `now_s` tells, while `run` runs."""

    def __init__(
        self,
        sandbox: Sandbox,
        now_s: Callable[[], float],
        *,
        answer_s: float = ANSWER_S,
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._sandbox = sandbox
        self._now_s = now_s
        self._answer_s = answer_s
        self._pauses_s = pauses_s
        self._changed = asyncio.Event()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._idle: list[httpx.AsyncHTTPTransport] = []
        # Never used over plain http; without one each transport would load the certificates.
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def look(self) -> None:
        """Look at what is due now: a request may have changed it."""
        self._changed.set()

    async def run(self) -> None:
        """Post until cancelled; what is under way then is broken off."""
        try:
            async with asyncio.TaskGroup() as posts:
                while True:
                    for notice in self._sandbox.due(self._now_s()):
                        await self._room.acquire()
                        posts.create_task(self._told(notice))
                    await self._wait()
        finally:
            for transport in self._idle:
                await transport.aclose()

    async def _wait(self) -> None:
        next_s = self._sandbox.next_event_s
        wait_s = None if next_s is None else max(0.0, next_s - self._now_s())
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def _told(self, notice: Notice) -> None:
        try:
            body = self._sandbox.news(notice)
            for pause_s in self._pauses_s:
                if await self._is_taken(notice, body):
                    return
                await asyncio.sleep(pause_s)
            await self._is_taken(notice, body)
        finally:
            self._room.release()

    async def _is_taken(self, notice: Notice, body: bytes) -> bool:
        transport = self._idle.pop() if self._idle else self._opened()
        try:
            async with asyncio.timeout(self._answer_s):
                status = await _status(transport, self._request(notice, body))
        except BaseException as error:
            await transport.aclose()
            if isinstance(error, httpx.TransportError | OSError):
                return False
            raise
        self._idle.append(transport)
        return 200 <= status < 300

    def _request(self, notice: Notice, body: bytes) -> httpx.Request:
        headers = {
            "content-type": "application/json",
            "x-retell-signature": signature(body, notice.key, self._now_s()),
        }
        return httpx.Request("POST", notice.url, headers=headers, content=body)

    def _opened(self) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=2.0)
        return httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=limits)


async def _status(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> int:
    # A redirect is an answer like any other and leads nowhere; no body says anything.
    response = await transport.handle_async_request(request)
    try:
        async for _ in response.aiter_raw():
            pass
    finally:
        await response.aclose()
    return response.status_code
