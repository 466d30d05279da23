"""The door for the provider's webhooks: what is believed is handed on, in its own time.

A post is answered as soon as its call waits in a bounded queue, however long handing on takes:
the provider gives up on an answer after some seconds. A full queue is a 503, on which it posts
again. Posts come in any order, late, twice or never; nothing here relies on them.
"""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from campaign.errors import ConfigError
from campaign.log import Action, Log
from campaign.model import Call
from campaign.retell import webhook
from campaign.retell.address import SecretText

if TYPE_CHECKING:
    from campaign.retell.listen import Listener

QUEUE = 1000
REMEMBERED = 10_000
BACKLOG = 128

log = Log(__name__)


class Receiver:
    """Takes webhooks on `host` and `port` (0: a free one), signed with `key`.

    `open` binds, `run` serves and is a `ports.News`, `aclose` ends both. `now` is the wall clock
    that signatures are held against.
    """

    def __init__(
        self,
        *,
        key: SecretText,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.host = host
        self.port = port
        self._key = key
        self._now = now
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._put, self._take = anyio.create_memory_object_stream[Call](QUEUE)
        self._socket: socket.socket | None = None
        self._listener: Listener | None = None
        self._doubted = False

    def __repr__(self) -> str:
        return f"Receiver(host={self.host!r}, port={self.port!r})"

    async def open(self) -> int:
        """Bind and return the port, which is also `port` from now on; posts wait until `run`.

        A port that is taken or not permitted, and a missing library, are a `ConfigError`.
        """
        try:
            from campaign.retell.listen import Listener
        except ImportError as error:
            raise ConfigError(
                f"taking webhooks needs a library that is not installed: {error.name!r}",
                hint="pip install 'campaign[server]'",
            ) from error
        self._socket = await _bound(self.host, self.port)
        self.port = self._socket.getsockname()[1]
        self._listener = Listener(self)
        return self.port

    async def run(self, take: Callable[[Call], Awaitable[None]]) -> None:
        """Serve until cancelled and hand each call on, one after the other; once only."""
        if self._listener is None or self._socket is None:
            raise RuntimeError("a receiver must be opened before it runs, and not be closed")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listener.serve, self._socket)
            try:
                async for call in self._take:
                    await take(call)
            finally:
                self._listener.stop()

    async def aclose(self) -> None:
        """Close the port and forget what waits; may come twice."""
        if self._socket is not None:
            self._socket.close()
        self._socket = self._listener = None
        self._put.close()
        self._take.close()

    def is_timely(self, signature: str | None) -> bool:
        """Tell whether a post with this signature is worth reading."""
        return webhook.is_timely(signature, self._now()) or self._doubt()

    def status_of(self, body: bytes, signature: str | None) -> int:
        """Take a whole post and return the HTTP status that answers it."""
        if not webhook.believed(body, signature, self._key, self._now()):
            self._doubt()
            return 401
        told = webhook.told(body)
        if told is None:
            return 204 if webhook.is_other_news(body) else 400
        return self._queued(told)

    def _queued(self, told: webhook.Told) -> int:
        name = (told.event, told.call.call_id)
        if name in self._seen:
            return 204
        try:
            self._put.send_nowait(told.call)
        except anyio.WouldBlock:
            return 503
        # Only what waits in the queue is remembered: what was put off will be posted again.
        self._seen[name] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return 204

    def _doubt(self) -> bool:
        # Once: whoever finds the port could otherwise fill the log.
        if not self._doubted:
            self._doubted = True
            log.warning(
                Action.WEBHOOK_REFUSED,
                "a webhook was refused: its signature is missing, too old or not made with our key",
            )
        return False


async def _bound(host: str, port: int) -> socket.socket:
    try:
        found = await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        family, address = found[0][0], found[0][4]
        # Put in by hand: a look-up takes port 70000 for 4464.
        return _listening(family, (address[0], port))
    except (OSError, OverflowError, UnicodeError) as error:
        raise ConfigError(
            f"webhooks cannot be taken on host {host!r}, port {port!r}: {error}",
            hint="choose another --webhook-port (0 takes a free one) or webhook_host",
        ) from error


def _listening(family: int, address: tuple[str, int]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made
