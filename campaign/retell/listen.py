"""HTTP for webhooks: starlette and uvicorn, which only this module knows.

Bounded in every direction, because the port may be open to everybody: connections, posts read at
once, bytes and seconds of each.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import Protocol

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

MAX_BODY_BYTES = 5_000_000
READ_S = 10.0
READERS = 32
CONNECTIONS = 500
GRACE_S = 1

# A handler of its own keeps its complaints about strangers' requests off stderr, where a progress
# bar may be; whoever has set up logging still gets them.
logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())


class Judge(Protocol):
    """Who says what a post is worth."""

    def is_timely(self, signature: str | None) -> bool:
        """Tell whether a post with this signature is worth reading."""
        ...

    def status_of(self, body: bytes, signature: str | None) -> int:
        """Take a whole post and return the HTTP status that answers it."""
        ...


class Listener:
    """Serves one bound socket and puts every post before `judge`."""

    def __init__(self, judge: Judge) -> None:
        self.app = _app(judge)
        self._server = _Server(
            uvicorn.Config(
                self.app,
                access_log=False,
                h11_max_incomplete_event_size=65_536,
                http="h11",
                lifespan="off",
                limit_concurrency=CONNECTIONS,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                ws="none",
            )
        )

    async def serve(self, bound: socket.socket) -> None:
        """Serve until `stop`, then let the posts that are being read finish, for a moment."""
        # Cut off in the middle, the server would leave its connections open behind it.
        with anyio.CancelScope(shield=True):
            await self._server.serve(sockets=[bound])

    def stop(self) -> None:
        """Ask `serve` to end."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Leaves the signals of the process to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _TooLargeError(Exception):
    """A body that nobody sends on purpose."""


def _app(judge: Judge) -> Starlette:
    reading = anyio.Semaphore(READERS)

    async def take(request: Request) -> Response:
        signature = request.headers.get("x-retell-signature")
        if not judge.is_timely(signature):
            return Response(status_code=401)
        async with reading:
            return await _answer(judge, request, signature)

    return Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])


async def _answer(judge: Judge, request: Request, signature: str | None) -> Response:
    try:
        with anyio.fail_after(READ_S):
            body = await _read(request)
    except _TooLargeError:
        return Response(status_code=413)
    except TimeoutError:
        return Response(status_code=408)
    except ClientDisconnect:
        # Nobody is there any more to read it.
        return Response(status_code=400)
    return Response(status_code=judge.status_of(body, signature))


async def _read(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MAX_BODY_BYTES:
        raise _TooLargeError
    received = bytearray()
    async with aclosing(request.stream()) as pieces:
        async for piece in pieces:
            received += piece
            if len(received) > MAX_BODY_BYTES:
                raise _TooLargeError
    return bytes(received)
