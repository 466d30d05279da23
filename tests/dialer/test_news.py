"""What the provider says of its own accord, and what it holds of answered calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import anyio
import pytest

from campaign.model import Call, Contact, Fault, FaultKind
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

TALK = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=2.0, talk_s=20.0)
MISSED = CallScript(status="not_connected", disconnection_reason="dial_no_answer", ring_s=2.0)


def telling(world: Any, every_s: float) -> Callable[[Callable[[Call], Awaitable[None]]], Any]:
    """Return news that tell how every call stands, again and again."""

    async def news(take: Callable[[Call], Awaitable[None]]) -> None:
        client = world.client()
        while True:
            await anyio.sleep(every_s)
            for call_id in list(world.sandbox.calls):
                call = await client.get(call_id)
                if isinstance(call, Call):
                    await take(call)

    return news


@pytest.mark.no_cover
async def test_ends_are_heard_of_at_once(make_world: MakeWorld, people: People) -> None:
    """With news, pages are rare, and lines are free all the same."""
    contacts = people(6)
    world = make_world(speed=1.0, scripts={c.to_number: [TALK] for c in contacts})
    world.news = telling(world, 0.5)
    report = await world.run(contacts, max_live=1, told=True, analysis_for_s=0.0)
    assert 6 == report.created
    assert anyio.current_time() < 6 * 24
    lists = [entry for entry in world.sandbox.log if "list-calls" in entry.path]
    assert len(lists) <= anyio.current_time() / 5 + 1


async def test_an_unknown_call_is_found_by_news(make_world: MakeWorld, people: People) -> None:
    """What carries the attempt's own metadata is the attempt's call."""
    contacts = people(1)
    world = make_world(
        speed=1.0,
        scripts={c.to_number: [TALK] for c in contacts},
        faults=FaultPlan(script={1: FaultName.ERROR_AFTER}),
        listing_lag_s=1000.0,
    )
    world.news = telling(world, 1.0)
    report = await world.run(contacts, told=True)
    assert (1, ["ended"]) == (report.unknown, world.states())


async def test_news_of_other_calls_change_nothing(make_world: MakeWorld, people: People) -> None:
    """A call of somebody else's, or of nobody, is not believed to be one of ours."""
    contacts = people(2)
    world = make_world(speed=1.0, scripts={c.to_number: [TALK] for c in contacts})

    async def news(take: Callable[[Call], Awaitable[None]]) -> None:
        while True:
            await anyio.sleep(1.0)
            await take(Call(call_id="call_other", status="ended"))
            await take(Call(call_id="call_2", status="ended", metadata={"attempt_id": "att_x"}))

    world.news = news
    report = await world.run(contacts, told=True)
    assert (2, ["ended"] * 2) == (report.created, world.states())
    assert 22 <= anyio.current_time()


async def test_the_documents_of_answered_calls_are_kept(
    make_world: MakeWorld, people: People
) -> None:
    """One each, with the transcript; none of calls that nobody answered."""
    contacts = people(4)
    scripts = {c.to_number: [TALK] for c in contacts} | {contacts[0].to_number: [MISSED]}
    world = make_world(speed=1.0, scripts=scripts)
    kept: dict[str, Mapping[str, Any]] = {}

    async def keep(call_id: str, document: Mapping[str, Any]) -> None:
        kept[call_id] = document

    world.keep_document = keep
    await world.run(contacts)
    answered = [a.call.call_id for a in world.attempts() if a.contact_key != contacts[0].key]
    assert sorted(answered) == sorted(kept)
    assert all(document["transcript"] for document in kept.values())


async def test_a_document_that_cannot_be_had_is_given_up(
    make_world: MakeWorld, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """After some tries the run ends without it, and says so."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts={c.to_number: [TALK] for c in contacts})
    tries = []

    async def keep(*_: Any) -> None:
        raise AssertionError

    async def document(call_id: str) -> Fault:
        tries.append(call_id)
        return Fault(kind=FaultKind.UNKNOWN, message="no answer")

    client = world.client()
    client.document = document
    world.provider = lambda: client
    world.keep_document = keep
    await world.run(contacts)
    assert 4 == len(tries)
    assert "document_failed" in {getattr(record, "action", "") for record in caplog.records}


async def test_analyses_that_come_after_the_run_are_taken_by_sync(
    make_world: MakeWorld, people: People
) -> None:
    """The end was known, and is not changed; summary and sentiment follow."""
    contacts = people(3)
    script = replace(TALK, analysis_delay_s=300.0)
    world = make_world(speed=1.0, scripts={c.to_number: [script] for c in contacts})
    await world.run(contacts, analysis_for_s=1.0)
    assert [None] * 3 == [attempt.call.summary for attempt in world.attempts()]
    assert 0 == (await world.sync()).analyzed
    await anyio.sleep(400)
    assert 3 == (await world.sync()).analyzed
    assert all(attempt.call.summary for attempt in world.attempts())
    assert 0 == (await world.sync()).analyzed


async def test_news_that_come_before_the_answer(make_world: MakeWorld, people: People) -> None:
    """An end that is told of while its create is being recorded is asked after at once."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts={c.to_number: [MISSED] for c in contacts})
    client, told = world.client(), anyio.Event()
    create = client.create

    async def slowly(request: Any) -> Any:
        call = await create(request)
        await told.wait()
        return call

    async def news(take: Callable[[Call], Awaitable[None]]) -> None:
        await anyio.sleep(5.0)
        (call_id,) = world.sandbox.calls
        await take(Call(call_id=call_id, status="not_connected"))
        told.set()
        await anyio.sleep_forever()

    client.create = slowly
    world.provider = lambda: client
    world.news = news
    report = await world.run(contacts, told=True, idempotent=False)
    assert (1, ["ended"]) == (report.created, world.states())
    assert anyio.current_time() < 8
