"""What only the ledger in memory can do: run in virtual time, and be looked into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from campaign.ledger.memory import MemoryLedger
from campaign.ledger.store import Store
from campaign.model import Begun, EventKind

Make = Callable[..., Any]


def test_it_runs_in_virtual_time(a_campaign: Make, an_intent: Make) -> None:
    """A ledger in memory needs no thread, so a day passes in no time."""

    async def day() -> list[object]:
        ledger = MemoryLedger()
        await ledger.open_campaign(a_campaign())
        answers: list[object] = [await ledger.begin(an_intent())]
        await trio.sleep(86_400)
        return [*answers, await ledger.begin(an_intent(1))]

    clock = trio.testing.MockClock(autojump_threshold=0)
    assert trio.run(day, clock=clock) == [Begun(id=1), Begun(id=2)]


def test_it_waits_where_the_file_does(a_campaign: Make, an_intent: Make) -> None:
    """A caller can be cancelled while it waits for a write, which is carried out all the same."""

    async def cancelled() -> tuple[bool, int]:
        ledger = MemoryLedger()
        await ledger.open_campaign(a_campaign())
        with trio.CancelScope() as scope:
            scope.cancel()
            await ledger.begin(an_intent())
        return scope.cancelled_caught, len(await ledger.in_flight("spring"))

    assert trio.run(cancelled) == (True, 1)


@pytest.mark.anyio
async def test_events_are_appended(a_campaign: Make, an_intent: Make, an_event: Make) -> None:
    """Everything after the first intent is an event, as in the file."""
    store = Store()
    ledger = MemoryLedger(store)
    await ledger.open_campaign(a_campaign())
    begun = await ledger.begin(an_intent())
    await ledger.record(an_event(begun, EventKind.NOT_SENT))
    await ledger.begin(an_intent(after_s=2))
    await ledger.orphans("spring", an_intent().at)
    kinds = [event.kind for event in store.events]
    assert kinds == [EventKind.NOT_SENT, EventKind.INTENT, EventKind.AMBIGUOUS]
