"""The door inside the process: an httpx transport that talks to a sandbox without a network.

Broken connections become the exceptions that a real wire gives, and waiting goes through anyio,
so that a test's virtual clock moves it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import anyio
import httpx

from campaign.sandbox.answer import Answer
from campaign.sandbox.machine import Sandbox


class SandboxTransport(httpx.AsyncBaseTransport):
    """Answers every request from `sandbox`, whatever its host; `now_s` tells the time."""

    def __init__(self, sandbox: Sandbox, now_s: Callable[[], float]) -> None:
        self._sandbox = sandbox
        self._now_s = now_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request to the sandbox; raise what the wire would where the answer is cut."""
        body = await request.aread()
        answer = self._sandbox.answer(
            request.method,
            request.url.raw_path.decode("ascii"),
            request.headers,
            body,
            self._now_s(),
        )
        await _wait(answer, request)
        if answer.cut in {"before", "after"}:
            raise httpx.ReadError("the connection was reset", request=request)
        return httpx.Response(
            answer.status,
            headers={**answer.headers, "content-length": str(len(answer.body))},
            stream=_Body(answer),
            request=request,
        )


class _Body(httpx.AsyncByteStream):
    """The body of an answer, or its first half and then the end of the connection."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body = self._answer.body
        if self._answer.cut != "truncate":
            yield body
            return
        yield body[: len(body) // 2]
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body"
        )


async def _wait(answer: Answer, request: httpx.Request) -> None:
    timeout_s: float | None = request.extensions.get("timeout", {}).get("read")
    stalls = answer.cut == "stall"
    if stalls and timeout_s is None:
        await anyio.sleep_forever()
    elif timeout_s is not None and (stalls or answer.delay_s > timeout_s):
        await anyio.sleep(timeout_s)
        raise httpx.ReadTimeout("no answer within the read time-out", request=request)
    else:
        await anyio.sleep(answer.delay_s)
