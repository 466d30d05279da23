"""The door on loopback: a sandbox served over TCP, with its log to be read beside it.

`GET /sandbox/log` and `GET /sandbox/calls` show what happened, to local callers only. A create
that names a webhook in `agent_override.agent.webhook_url` gets the events of its call posted there,
signed with the key it came with. Only this door posts, and only to this machine.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from campaign.errors import ConfigError
from campaign.policy.loopback import is_loopback
from campaign.sandbox.answer import Answer, in_json, refused
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.machine import Sandbox
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.post import Postman

if TYPE_CHECKING:
    from campaign.sandbox.door import Door

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A sandbox that is being served, and where."""

    url: str
    sandbox: Sandbox


def steady_clock() -> Callable[[], float]:
    """Return a clock of the time of day that never goes back while we serve."""
    offset_s = time.time() - time.monotonic()
    return lambda: time.monotonic() + offset_s


class Responder:
    """Answers for a sandbox by a clock, and shows its log; `after` is called behind each answer."""

    def __init__(
        self, sandbox: Sandbox, now_s: Callable[[], float], after: Callable[[], None]
    ) -> None:
        self._sandbox = sandbox
        self._now_s = now_s
        self._after = after

    def __call__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one request."""
        if method == "GET" and target.startswith("/sandbox/"):
            return self._shown(target.removeprefix("/sandbox/"), headers)
        answer = self._sandbox.answer(method, target, headers, body, self._now_s())
        self._after()
        return answer

    def _shown(self, what: str, headers: Mapping[str, str]) -> Answer:
        # A web page that resolves its own name to loopback is stopped by the name it asks for.
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        if not is_loopback(host):
            return refused(403, f"the sandbox's log is shown on loopback only, not to {host!r}")
        if what == "log":
            return in_json(200, [asdict(entry) for entry in self._sandbox.log])
        if what == "calls":
            return in_json(200, [_received(call) for call in self._sandbox.calls.values()])
        return refused(404, f"the sandbox shows 'log' and 'calls', not {what!r}")


def serve(
    plan: SandboxPlan,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    on_ready: Callable[[str], None],
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM, then return; `on_ready` is told its base URL.

    `port=0` takes a free one. A host that is not loopback, or a port that is taken, is a
    `ConfigError`.
    """
    sandbox = Sandbox(plan, announces=True)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await _serve(sandbox, host, port, on_ready, stop)

    asyncio.run(main())


@contextmanager
def serving(plan: SandboxPlan | None = None, *, port: int = 0) -> Iterator[Served]:
    """Serve a sandbox from a thread of its own for the length of a `with` block."""
    sandbox = Sandbox(plan, announces=True)
    ready: Future[tuple[str, Callable[[], None]]] = Future()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()

        def end() -> None:
            loop.call_soon_threadsafe(stop.set)

        def on_ready(url: str) -> None:
            ready.set_result((url, end))

        await _serve(sandbox, LOOPBACK, port, on_ready, stop)

    def run() -> None:
        try:
            asyncio.run(main())
        except ConfigError as error:
            ready.set_exception(error)
        finally:
            ready.cancel()

    thread = threading.Thread(target=run, name="campaign-sandbox", daemon=True)
    thread.start()
    try:
        url, end = ready.result()
        try:
            yield Served(url=url, sandbox=sandbox)
        finally:
            end()
    finally:
        thread.join()


async def _serve(
    sandbox: Sandbox,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    if not is_loopback(host):
        raise ConfigError(
            f"the sandbox cannot be served on {host!r}", hint=f"use {LOOPBACK}, it has no password"
        )
    # Two addresses would get two ports.
    host = LOOPBACK if host == "localhost" else host
    doors: set[Door] = set()
    now_s = steady_clock()
    postman = Postman(sandbox, now_s)
    make_door = _door_maker(Responder(sandbox, now_s, postman.look), doors)
    try:
        server = await asyncio.get_running_loop().create_server(make_door, host, port)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"the sandbox cannot listen on port {port!r}: {error}",
            hint="choose another port, or 0 for a free one",
        ) from error
    try:
        async with asyncio.TaskGroup() as tasks:
            posting = tasks.create_task(postman.run())
            on_ready(_url(*server.sockets[0].getsockname()[:2]))
            await stop.wait()
            posting.cancel()
    finally:
        server.close()
        for door in list(doors):
            door.abort()
        await server.wait_closed()


def _door_maker(respond: Responder, doors: set[Door]) -> Callable[[], Door]:
    try:
        from campaign.sandbox.door import Door
    except ImportError as error:
        raise ConfigError(
            f"the served sandbox needs a library that is not installed: {error.name!r}",
            hint="pip install 'campaign[sandbox]'",
        ) from error
    return lambda: Door(respond, doors)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _received(call: CallRecord) -> dict[str, object]:
    return {
        "call_id": call.call_id,
        "created_s": call.created_s,
        "v1": call.v1,
        "request": call.request,
    }
