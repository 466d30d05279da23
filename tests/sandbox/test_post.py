"""The served sandbox posts: over real sockets, to a receiver that behaves as it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from campaign.retell.webhook import believed
from campaign.sandbox import CallScript, Sandbox, SandboxPlan
from campaign.sandbox import post as posting
from campaign.sandbox.post import Postman
from campaign.sandbox.serve import serving

pytestmark = pytest.mark.anyio

TO = "+14155550100"
BUSY = CallScript(disconnection_reason="dial_busy", ring_s=0)
TALK = CallScript(disconnection_reason="user_hangup", ring_s=1, talk_s=2, analysis_delay_s=1)


@dataclass(slots=True, kw_only=True)
class Inbox:
    """Keeps every post; `answers` are given in turn, `b""` hangs up, `None` never answers."""

    answers: list[bytes | None] = field(default_factory=list)
    posts: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
                self.posts.append((head, await reader.readexactly(length)))
                self.came.set()
                answer = self.answers.pop(0) if self.answers else status("204 No Content")
                if answer is None:
                    await asyncio.Event().wait()
                elif answer == b"":
                    break
                else:
                    writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def holds(self, count: int) -> None:
        """Wait until so many posts came."""
        async with asyncio.timeout(10):
            while len(self.posts) < count:
                self.came.clear()
                await self.came.wait()


def status(line: str, *headers: str) -> bytes:
    """Return an answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {line}", "content-length: 0", *headers, "", ""]).encode()


@asynccontextmanager
async def listening(*answers: bytes | None) -> AsyncIterator[Inbox]:
    """Serve an inbox on loopback."""
    inbox = Inbox(answers=list(answers))
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(inbox.talk(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    inbox.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    yield inbox
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def posting_for(sandbox: Sandbox, **options: Any) -> AsyncIterator[Postman]:
    """Run a postman."""
    postman = Postman(sandbox, time.time, **options)
    task = asyncio.ensure_future(postman.run())
    yield postman
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def call(sandbox: Sandbox, url: str) -> None:
    """Create a call now that is told to `url`."""
    body = {
        "from_number": "+14157774444",
        "to_number": TO,
        "agent_override": {"agent": {"webhook_url": url}},
    }
    raw, key = json.dumps(body).encode(), {"authorization": "Bearer k"}
    sandbox.answer("POST", "/v2/create-phone-call", key, raw, time.time())


def announcing(*scripts: CallScript, speed: float = 1000.0) -> Sandbox:
    """Return a sandbox in which the calls to one number are scripted."""
    return Sandbox(SandboxPlan(speed=speed, scripts={TO: scripts}), announces=True)


async def test_a_served_call_is_told_as_it_goes() -> None:
    """Start, end and analysis are posted, in whatever order, signed with the key of the create."""
    plan = SandboxPlan(speed=100.0, scripts={TO: [TALK]})
    async with listening() as inbox:
        with serving(plan) as served:
            body = {
                "from_number": "+14157774444",
                "to_number": TO,
                "agent_override": {"agent": {"webhook_url": inbox.url}},
            }
            async with httpx.AsyncClient(trust_env=False) as client:
                made = await client.post(
                    f"{served.url}/v2/create-phone-call",
                    json=body,
                    headers={"Authorization": "Bearer key_of_the_create"},
                )
            await inbox.holds(3)
    call_id = made.json()["call_id"]
    told = [json.loads(body) for _, body in inbox.posts]
    assert sorted((one["event"], one["call"]["call_id"]) for one in told) == [
        (event, call_id) for event in ("call_analyzed", "call_ended", "call_started")
    ]
    for head, raw in inbox.posts:
        signature = head.split("x-retell-signature: ")[1].split("\r\n")[0]
        key, now = SecretStr("key_of_the_create"), datetime.now(UTC)
        assert believed(raw, signature, key, now) is True
        assert head.startswith("POST /hook HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answers", "posts", "connections"),
    [
        ([status("200 OK")], 1, 1),
        ([status("500 No")] * 2, 3, 1),
        ([status("500 No")] * 9, 4, 1),
        ([status("307 Elsewhere", "location: http://hooks.example/")] * 3, 4, 1),
        ([b"", b"nonsense\r\n\r\n", None], 4, 4),
        ([b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nwhat"], 1, 1),
    ],
)
async def test_a_post_that_is_not_answered_well_is_sent_again(
    answers: list[bytes | None], posts: int, connections: int
) -> None:
    """Up to three times more: on another status than 2xx, a broken answer, or none in time."""
    answer_s = 0.05 if None in answers else 10.0
    sandbox = announcing(BUSY)
    async with listening(*answers) as inbox:
        async with posting_for(sandbox, answer_s=answer_s, pauses_s=(0.0, 0.0, 0.0)) as postman:
            call(sandbox, inbox.url)
            postman.look()
            await inbox.holds(posts)
            # It is done with when there is room for all again: nothing of it comes any more.
            async with asyncio.timeout(10):
                while postman._room._value < posting.AT_ONCE:
                    await asyncio.sleep(0)
        assert (len(inbox.posts), inbox.connections) == (posts, connections)
    assert len({body for _, body in inbox.posts}) == 1


async def test_nobody_there_is_no_harm() -> None:
    """A port without anybody is tried again and given up; the next call is told."""
    sandbox = announcing(BUSY)
    async with listening() as gone:
        pass
    async with (
        listening() as inbox,
        posting_for(sandbox, pauses_s=(0.0, 0.0, 0.0)) as postman,
    ):
        call(sandbox, gone.url)
        call(sandbox, inbox.url)
        postman.look()
        await inbox.holds(1)
    assert (len(gone.posts), len(inbox.posts)) == (0, 1)


async def test_posts_at_once_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers, only so many posts are under way; leaving breaks them off."""
    monkeypatch.setattr(posting, "AT_ONCE", 3)
    sandbox = announcing(BUSY)
    async with listening(*[None] * 9) as inbox:
        async with posting_for(sandbox) as postman:
            for _ in range(9):
                call(sandbox, inbox.url)
            postman.look()
            await inbox.holds(3)
        assert (len(inbox.posts), inbox.connections) == (3, 3)


async def test_it_wakes_at_the_moment_of_an_event() -> None:
    """An event to come is waited for, without anybody saying so."""
    sandbox = announcing(TALK)
    async with listening() as inbox:
        call(sandbox, inbox.url)
        async with posting_for(sandbox):
            await inbox.holds(3)
    assert len(inbox.posts) == 3


def test_the_sandbox_does_not_hurry_its_receiver() -> None:
    """An answer has the ten seconds that the provider gives, and three posts may follow."""
    assert (posting.ANSWER_S, len(posting.PAUSES_S)) == (10.0, 3)
