"""One connection of the served sandbox: HTTP/1.1 by h11 on an asyncio transport.

Written on the bare transport because a planned fault has to break the connection itself: reset
it, close it in the middle of a body, or leave it without an answer.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

import h11

from campaign.sandbox.answer import Answer, in_text

MAX_BODY_BYTES = 1_000_000

Respond = Callable[[str, str, dict[str, str], bytes], Answer]
"""Answers (method, target, headers with lower-case names, body)."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with no time to linger: closing sends a reset, not an end."""


class Door(asyncio.Protocol):
    """Reads requests off one connection, asks `respond`, writes or breaks off the answers.

    `open_doors` holds every open connection, for the server to close at its end.
    """

    def __init__(self, respond: Respond, open_doors: set[Door]) -> None:
        self._respond = respond
        self._open_doors = open_doors
        self._http = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (what create_server gives)
        self._transport = transport
        self._open_doors.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End: whatever was still to be answered has nobody to go to."""
        self._open_doors.discard(self)

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes and answer the requests that they complete."""
        self._http.receive_data(data)
        self._read_on()

    def eof_received(self) -> None:
        """Take the client's end of the connection."""
        self._http.receive_data(b"")
        self._read_on()

    def _read_on(self) -> None:
        try:
            while self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            self._give_up(error.error_status_hint, "Bad Request")

    def _take(self, event: object) -> bool:
        """Handle one event; tell whether another may follow at once."""
        if isinstance(event, h11.Request):
            self._request = event
            self._body.clear()
            return True
        if isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) <= MAX_BODY_BYTES:
                return True
            self._give_up(413, "Payload Too Large")
        elif isinstance(event, h11.EndOfMessage) and self._request is not None:
            return self._answer(self._request)
        elif isinstance(event, h11.ConnectionClosed):
            self._transport.close()
        return False

    def _answer(self, request: h11.Request) -> bool:
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in request.headers}
        answer = self._respond(
            request.method.decode("latin-1"),
            request.target.decode("latin-1"),
            headers,
            bytes(self._body),
        )
        if answer.cut == "stall":
            return False
        if answer.delay_s > 0:
            asyncio.get_running_loop().call_later(answer.delay_s, self._late, answer)
            return False
        return self._deliver(answer)

    def _late(self, answer: Answer) -> None:
        if not self._transport.is_closing() and self._deliver(answer):
            self._read_on()

    def _deliver(self, answer: Answer) -> bool:
        if answer.cut in {"before", "after"}:
            self._reset()
            return False
        self._write(answer)
        if answer.cut == "truncate" or self._http.our_state is not h11.DONE:
            self._transport.close()
            return False
        self._http.start_next_cycle()
        self._request = None
        return True

    def _write(self, answer: Answer) -> None:
        headers = {**answer.headers}
        if answer.status != 204:
            headers["content-length"] = str(len(answer.body))
        response = h11.Response(status_code=answer.status, headers=list(headers.items()))
        whole = answer.cut != "truncate"
        body = answer.body if whole else answer.body[: len(answer.body) // 2]
        if self._request is not None and self._request.method == b"HEAD":
            body = b""
        out = [self._http.send(response), self._http.send(h11.Data(data=body))]
        if whole:
            out.append(self._http.send(h11.EndOfMessage()))
        self._transport.write(b"".join(part for part in out if part))

    def _reset(self) -> None:
        peer: socket.socket = self._transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _give_up(self, status: int, text: str) -> None:
        # Nothing of an answer can be out yet: h11 reads no further before the last one is whole.
        self._write(in_text(status, text, {"connection": "close"}))
        self._transport.close()
