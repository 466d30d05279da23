"""Handing dials to workers: in order, and with nothing lost in between."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from campaign.dialer.handover import Handover

pytestmark = pytest.mark.anyio


@pytest.fixture
def dropped() -> list[int]:
    """Collect what was given to somebody who was cancelled in that moment."""
    return []


@pytest.fixture
def handover(dropped: list[int]) -> Handover[int]:
    """Hand numbers over."""
    return Handover(dropped.append)


async def test_things_go_to_who_waits_in_order(handover: Handover[int]) -> None:
    """Who came first gets what comes first, and goes on before the next is given."""
    taken: list[tuple[int, int | None]] = []

    async def take(who: int) -> None:
        await anyio.sleep(who)
        taken.append((who, await handover.take()))

    async with anyio.create_task_group() as group:
        for who in (3, 1, 2):
            group.start_soon(take, who)
        await anyio.sleep(9)
        for thing in (10, 20, 30):
            await handover.give(thing)
    assert [(1, 10), (2, 20), (3, 30)] == taken


async def test_a_giver_waits_for_a_taker(handover: Handover[int]) -> None:
    """Nothing is kept for somebody who may never come."""
    with anyio.move_on_after(1) as scope:
        await handover.give(1)
    assert scope.cancelled_caught
    async with anyio.create_task_group() as group:
        group.start_soon(handover.give, 2)
        await anyio.sleep(1)
        assert 2 == await handover.take()


async def test_givers_have_their_turns(handover: Handover[int]) -> None:
    """Of two who have much to give, none waits for the other to have given everything."""
    taken: list[int | None] = []

    async def give(things: range) -> None:
        for thing in things:
            await handover.give(thing)

    async with anyio.create_task_group() as group:
        group.start_soon(give, range(10))
        await anyio.sleep(1)
        group.start_soon(give, range(10, 20))
        for _ in range(20):
            await anyio.sleep(1)
            taken.append(await handover.take())
    assert [thing for pair in zip(range(10), range(10, 20), strict=True) for thing in pair] == taken


async def test_closed_nobody_waits(handover: Handover[int]) -> None:
    """Whoever waits, or comes later, is told that there is nothing left."""
    taken: list[int | None] = []

    async def take() -> None:
        taken.append(await handover.take())

    async with anyio.create_task_group() as group:
        group.start_soon(take)
        await anyio.sleep(1)
        handover.close()
    await take()
    assert [None, None] == taken


@pytest.mark.parametrize("close", [False, True])
async def test_a_taker_that_gives_up_gets_nothing(
    handover: Handover[int], dropped: list[int], *, close: bool
) -> None:
    """Cancelled while it waits, it is passed over; as it is closed too, it leaves nothing."""
    scope = anyio.CancelScope()

    async def wait() -> None:
        with scope:
            await handover.take()

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(1)
        scope.cancel()
        if close:
            handover.close()
    with anyio.move_on_after(1) as late:
        await handover.give(1)
    assert late.cancelled_caught
    assert [] == dropped


def test_what_was_given_to_who_is_cancelled_is_told(
    handover: Handover[int], dropped: list[int]
) -> None:
    """Given and cancelled from outside in the same moment: the thing is not lost sight of."""

    async def both() -> None:
        async def give() -> None:
            await handover.give(1)
            taker.cancel()

        async with asyncio.TaskGroup() as group:
            group.create_task(give())
            await asyncio.sleep(0.01)
            taker = group.create_task(handover.take())
        assert taker.cancelled()

    asyncio.run(both())
    assert [1] == dropped
