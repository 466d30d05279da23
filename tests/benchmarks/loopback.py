"""A provider that costs next to nothing: it creates a call for every POST, at once.

Prints its port; a line on its standard input makes it print how many connections it has accepted
and how many calls it has created. `GET /arrivals` tells when the creates came.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from typing import ClassVar

ACCOUNT = {"org_id": "org_loopback"}
NO_CALLS = {"items": [], "has_more": False, "total": 0}


class Wire(asyncio.Protocol):
    """One connection: a request's head, then as many bytes as it says, then an answer."""

    accepted = 0
    created = 0
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
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            length = _length(head.lower())
            if len(rest) < length:
                return
            self._received = rest[length:]
            self._transport.write(_answer(head))


def _length(head: bytes) -> int:
    _, _, found = head.partition(b"content-length:")
    return int(found.partition(b"\r\n")[0] or 0)


def _answer(head: bytes) -> bytes:
    method, path, _ = head.split(b" ", 2)
    if path.endswith(b"/list-calls"):
        return _written(200, NO_CALLS)
    if method == b"POST":
        Wire.created += 1
        Wire.arrivals.append(time.monotonic())
        return _written(201, _call(f"call_{Wire.created}"))
    if path == b"/arrivals":
        return _written(200, {"at_s": Wire.arrivals})
    if path == b"/get-api-key-info":
        return _written(200, ACCOUNT)
    if b"/get-call/" in path:
        return _written(200, _call(path.rpartition(b"/")[2].decode()))
    return _written(404, {"message": "not here"})


def _call(call_id: str) -> dict[str, str]:
    return {"call_id": call_id, "call_status": "registered", "agent_id": "agent_loopback"}


def _written(status: int, value: Mapping[str, object]) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Wire, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(Wire.accepted, Wire.created, flush=True)  # noqa: T201
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
