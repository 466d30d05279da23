"""The door for webhooks: over real sockets, and in front of the application alone."""

from __future__ import annotations

import builtins
import hmac
import json
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from campaign.errors import ConfigError
from campaign.model import Call
from campaign.retell import Receiver, listen, receiver

pytestmark = pytest.mark.anyio

KEY = "key_webhook_secret"
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
NUMBER = "+14155550123"


@pytest.fixture
async def made() -> AsyncIterator[Receiver]:
    """Make a receiver that is closed at the end, whatever became of it."""
    one = Receiver(key=SecretStr(KEY), now=lambda: NOW)
    yield one
    await one.aclose()


def body_of(call_id: str = "call_1", event: str = "call_ended") -> bytes:
    """Return the body of a post about a call."""
    call = {"call_id": call_id, "call_status": "ended", "to_number": NUMBER}
    return json.dumps({"event": event, "call": call}).encode()


def headers_of(body: bytes, key: str = KEY) -> dict[str, str]:
    """Return the headers that the provider sends with a body."""
    ms = str(round(NOW.timestamp() * 1000))
    digest = hmac.new(key.encode(), body + ms.encode(), "sha256").hexdigest()
    return {"x-retell-signature": f"v={ms},d={digest}"}


@asynccontextmanager
async def running(
    one: Receiver, take: Callable[[Call], Awaitable[None]]
) -> AsyncIterator[httpx.AsyncClient]:
    """Open and run a receiver, and give a client of it."""
    port = await one.open()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.run, take)
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            yield client
        tasks.cancel_scope.cancel()


async def drop(_call: Call) -> None:
    """Take a call and do nothing."""


class Judge:
    """Believes everything, and keeps it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def is_timely(self, signature: str | None) -> bool:
        """Refuse only what says that it is late."""
        return signature != "late"

    def status_of(self, body: bytes, signature: str | None) -> int:
        """Keep the body."""
        self.bodies.append(body)
        return 204


@asynccontextmanager
async def in_front_of(judge: Judge) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the application alone, without any socket."""
    transport = httpx.ASGITransport(app=listen.Listener(judge).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


async def test_a_believed_call_is_handed_on(made: Receiver) -> None:
    """A signed post to any path is answered 204, and its call comes out as it was told."""
    got, arrive = anyio.create_memory_object_stream[Call](9)
    body = body_of()
    async with running(made, got.send) as client:
        answer = await client.post("/any/path?x=1", content=body, headers=headers_of(body))
        with anyio.fail_after(5):
            call = await arrive.receive()
    got.close()
    arrive.close()
    assert (answer.status_code, answer.content, "server" in answer.headers) == (204, b"", False)
    assert call == Call(call_id="call_1", status="ended", to_number=NUMBER)


async def test_it_answers_before_a_call_is_dealt_with(made: Receiver) -> None:
    """Handing on may take for ever: answers do not wait for it."""

    async def take(_call: Call) -> None:
        await anyio.sleep_forever()

    async with running(made, take) as client:
        answers = [
            await client.post("/", content=body, headers=headers_of(body))
            for body in map(body_of, ["a", "b", "c"])
        ]
    assert [answer.status_code for answer in answers] == [204, 204, 204]


async def test_what_the_wire_refuses(made: Receiver) -> None:
    """Only POST is served, only whole HTTP, only what is signed."""
    body = body_of()
    async with running(made, drop) as client:
        got = [
            (await client.get("/")).status_code,
            (await client.put("/", content=body, headers=headers_of(body))).status_code,
            (await client.post("/", content=body)).status_code,
            (await client.post("/", content=body, headers=headers_of(body, "no"))).status_code,
        ]
        async with await anyio.connect_tcp("127.0.0.1", made.port) as wire:
            await wire.send(b"nonsense\r\n\r\n")
            nonsense = await wire.receive()
    assert (got, nonsense[:12]) == ([405, 405, 401, 401], b"HTTP/1.1 400")


async def test_a_failure_behind_the_door_ends_it(made: Receiver) -> None:
    """What the taker raises is nobody's to swallow; the port is free again."""

    async def take(call: Call) -> None:
        raise KeyError(call.call_id)

    await made.open()
    body = body_of()
    assert made.status_of(body, headers_of(body)["x-retell-signature"]) == 204
    with pytest.raises(BaseExceptionGroup) as caught:
        await made.run(take)
    assert [repr(one) for one in caught.value.exceptions] == ["KeyError('call_1')"]
    with socket.socket() as again:
        again.bind(("127.0.0.1", made.port))


async def test_it_leaves_the_process_s_signals_alone(made: Receiver) -> None:
    """Ctrl-C stays with whoever handled it before."""
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(name) for name in names]
    async with running(made, drop) as client:
        await client.get("/")
        during = [signal.getsignal(name) for name in names]
    assert during == before


async def test_posts_wait_for_it_to_run(made: Receiver) -> None:
    """From `open` on nobody is turned away: whoever connects waits."""
    port = await made.open()
    async with await anyio.connect_tcp("127.0.0.1", port) as wire:
        await wire.send(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(made.run, drop)
            with anyio.fail_after(5):
                answer = await wire.receive()
            tasks.cancel_scope.cancel()
    assert (answer[:12], port) == (b"HTTP/1.1 405", made.port)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (body_of(), 204),
        (body_of(event="call_started"), 204),
        (b'{"event":"agent_deployed"}', 204),
        (b'{"event":"call_ended"}', 400),
        (b"not json", 400),
    ],
)
async def test_what_is_believed_gets_its_status(made: Receiver, body: bytes, expected: int) -> None:
    """Other news is taken and forgotten; only what cannot be read is a 400."""
    assert made.status_of(body, headers_of(body)["x-retell-signature"]) == expected


async def test_a_full_queue_puts_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A post that found no room is not remembered: posted again, it is taken."""
    monkeypatch.setattr(receiver, "QUEUE", 1)
    one = Receiver(key=SecretStr(KEY), now=lambda: NOW)
    posts = [
        (body, headers_of(body)["x-retell-signature"]) for body in (body_of("a"), body_of("b"))
    ]
    statuses = [one.status_of(*post) for post in (posts[0], posts[1], posts[0])]
    calls: list[str] = []

    async def take(call: Call) -> None:
        calls.append(call.call_id)
        if len(calls) == 1:
            assert one.status_of(*posts[1]) == 204
        else:
            scope.cancel()

    await one.open()
    with anyio.fail_after(5), anyio.CancelScope() as scope:
        await one.run(take)
    await one.aclose()
    assert (statuses, calls) == ([204, 503, 204], ["a", "b"])


async def test_an_event_is_handed_on_once(made: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same event of the same call is known again for as long as memory reaches."""
    monkeypatch.setattr(receiver, "REMEMBERED", 2)
    names = [("a", "call_ended"), ("a", "call_ended"), ("a", "call_started"), ("b", "call_ended")]
    statuses = []
    for call_id, event in [*names, names[0]]:
        body = body_of(call_id, event)
        statuses.append(made.status_of(body, headers_of(body)["x-retell-signature"]))
    waiting = made._take.statistics().current_buffer_used
    assert (statuses, waiting) == ([204] * 5, 4)


async def test_a_refusal_is_logged_once_and_says_nothing(
    made: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning for all refusals, without key, body or number; nothing for what is believed."""
    caplog.set_level(logging.DEBUG)
    body = body_of()
    assert made.status_of(body, headers_of(body)["x-retell-signature"]) == 204
    assert caplog.records == []
    wrong = headers_of(body, "another")["x-retell-signature"]
    assert [made.status_of(body, wrong), made.is_timely(None), made.is_timely("v")] == [401, 0, 0]
    assert [(one.levelname, one.__dict__["action"]) for one in caplog.records] == [
        ("WARNING", "webhook_refused")
    ]
    assert not any(secret in caplog.text for secret in (KEY, NUMBER, "call_1"))


async def test_the_key_is_not_shown(made: Receiver) -> None:
    """A receiver shows where it listens."""
    assert repr(made) == "Receiver(host='127.0.0.1', port=0)"


async def test_late_posts_are_not_read() -> None:
    """What cannot be believed anyway is refused before its body."""
    judge = Judge()
    async with in_front_of(judge) as client:
        answer = await client.post("/", content=b"x", headers={"x-retell-signature": "late"})
    assert (answer.status_code, judge.bodies) == (401, [])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([5_000_000], 204),
        ([5_000_001], 413),
        ([2_500_000, 2_500_000], 204),
        ([2_500_000, 2_500_001], 413),
    ],
)
async def test_bodies_are_bounded(sizes: list[int], expected: int) -> None:
    """5 MB are read, announced or in pieces, and not a byte more."""

    async def pieces() -> AsyncIterator[bytes]:
        for size in sizes:
            yield b"x" * size

    judge = Judge()
    async with in_front_of(judge) as client:
        content: Any = b"x" * sizes[0] if len(sizes) == 1 else pieces()
        answer = await client.post("/", content=content)
    assert (answer.status_code, len(judge.bodies)) == (expected, int(expected == 204))


async def posted(judge: Judge, *messages: dict[str, Any]) -> int:
    """Put a post before the application that comes in as messages, and then no more."""
    left, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        if not left:
            await anyio.sleep_forever()
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    app: Any = listen.Listener(judge).app
    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status


async def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A post has its time to come in."""
    monkeypatch.setattr(listen, "READ_S", 0.02)
    half = {"type": "http.request", "body": b"half", "more_body": True}
    assert await posted(judge := Judge(), half) == 408
    assert judge.bodies == []


async def test_a_client_that_leaves_is_no_news() -> None:
    """Half a body counts for nothing."""
    half = {"type": "http.request", "body": b"half", "more_body": True}
    assert await posted(judge := Judge(), half, {"type": "http.disconnect"}) == 400
    assert judge.bodies == []


@pytest.mark.parametrize("host", ["256.0.0.1", "192.0.2.1", "a" * 70, "127.0.0.1"])
async def test_a_place_that_cannot_be_had(host: str) -> None:
    """A port that is taken, or a host that is not ours, is a configuration error naming both."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one = Receiver(key=SecretStr(KEY), host=host, port=port)
        with pytest.raises(ConfigError, match=f"host '{host}', port {port}: .*--webhook-port"):
            await one.open()
        await one.aclose()


async def test_a_port_that_does_not_exist() -> None:
    """Nor is there a port 70000."""
    one = Receiver(key=SecretStr(KEY), port=70_000)
    with pytest.raises(ConfigError, match="port 70000"):
        await one.open()
    await one.aclose()


async def test_it_can_listen_on_the_other_loopback() -> None:
    """The sixth version of the protocol has one too."""
    one = Receiver(key=SecretStr(KEY), host="::1")
    assert await one.open() == one.port > 0
    await one.aclose()


async def test_a_closed_receiver_does_not_run(made: Receiver) -> None:
    """Neither before it was opened nor after it was closed; closing twice is nothing."""
    with pytest.raises(RuntimeError, match="must be opened"):
        await made.run(drop)
    await made.open()
    await made.aclose()
    await made.aclose()
    with pytest.raises(RuntimeError, match="must be opened"):
        await made.run(drop)


async def test_a_missing_library_is_named(made: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the message says how to install it."""
    real = builtins.__import__

    def without_uvicorn(name: str, *rest: Any, **more: Any) -> Any:
        if name == "uvicorn":
            raise ImportError("No module named 'uvicorn'", name="uvicorn")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "campaign.retell.listen")
    monkeypatch.setattr(builtins, "__import__", without_uvicorn)
    with pytest.raises(ConfigError, match=r"'uvicorn'; pip install 'campaign\[server\]'"):
        await made.open()
