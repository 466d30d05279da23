"""A provider that costs next to nothing: it creates a call for every POST, at once or after a wait.

    python loopback.py [--core N] [--delay-ms N] [--listing FILE]

Prints its port. A line on its standard input makes it print, as JSON, what it has seen since the
last one: connections, creates, the most creates that waited at once, when the first and the last
of them came. `GET /arrivals` tells when the creates came. Whoever asks for a list of calls is told
what the file has, no calls without one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

JSON = b"HTTP/1.1 %s -\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
CALL = b'{"call_id":"%s","call_type":"phone_call","call_status":"registered","agent_id":"agent_1"}'
ACCOUNT = {"org_id": "org_loopback"}
NO_CALLS = {"items": [], "has_more": False, "total": 0}


class Wire(asyncio.Protocol):
    """One connection: a request's head, then as many bytes as it says, then an answer."""

    delay_s: ClassVar[float] = 0.0
    listing: ClassVar[bytes] = json.dumps(NO_CALLS).encode()
    accepted = 0
    created = 0
    waiting = 0
    most_waiting = 0
    arrivals: ClassVar[list[float]] = []

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        Wire.accepted += 1

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _length(head.lower())
            if len(self._received) < end + 4 + length:
                return
            self._received = self._received[end + 4 + length :]
            self._take(head)

    def _take(self, head: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        if method == b"POST" and path.endswith(b"/create-phone-call"):
            self._create()
        else:
            self._transport.write(_read(path))

    def _create(self) -> None:
        Wire.arrivals.append(time.monotonic())
        Wire.created += 1
        Wire.waiting += 1
        Wire.most_waiting = max(Wire.most_waiting, Wire.waiting)
        answer = _written(CALL % f"call_{Wire.created}".encode(), b"201")
        if Wire.delay_s:
            asyncio.get_running_loop().call_later(Wire.delay_s, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, answer: bytes) -> None:
        Wire.waiting -= 1
        self._transport.write(answer)


def _length(head: bytes) -> int:
    _, _, found = head.partition(b"content-length:")
    return int(found.partition(b"\r\n")[0] or 0)


def _read(path: bytes) -> bytes:
    if path.endswith(b"/list-calls"):
        return _written(Wire.listing)
    if path == b"/arrivals":
        return _said({"at_s": Wire.arrivals})
    if path == b"/get-api-key-info":
        return _said(ACCOUNT)
    if b"/get-call/" in path:
        return _written(CALL % path.rpartition(b"/")[2])
    return _written(b'{"message":"not here"}', b"404")


def _said(value: Mapping[str, object]) -> bytes:
    return _written(json.dumps(value).encode())


def _written(body: bytes, status: bytes = b"200") -> bytes:
    return JSON % (status, len(body), body)


def _counts() -> str:
    came = Wire.arrivals
    counts = {
        "connections": Wire.accepted,
        "created": Wire.created,
        "most_waiting": Wire.most_waiting,
        "first_s": came[0] if came else 0.0,
        "last_s": came[-1] if came else 0.0,
    }
    Wire.accepted = Wire.created = Wire.most_waiting = 0
    came.clear()
    return json.dumps(counts)


async def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", type=int)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--listing", type=Path)
    options = parser.parse_args()
    if options.listing is not None:
        Wire.listing = options.listing.read_bytes()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    Wire.delay_s = options.delay_ms / 1000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Wire, "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(_counts(), flush=True)  # noqa: T201
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
