"""How far a run is, as it is told while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaign.dialer.stop import Stop
from campaign.model import Contact, Outcome, Tally
from campaign.policy.redial import Policy
from campaign.sandbox import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[..., list[Contact]]


def talking(talk_s: float) -> CallScript:
    """Return a call that is answered at once and lasts so long."""
    return CallScript(
        status="ended",
        disconnection_reason="user_hangup",
        ring_s=0.0,
        talk_s=talk_s,
        analysis_delay_s=0.0,
    )


async def test_the_last_word_is_the_report(make_world: MakeWorld, people: People) -> None:
    """In the end the tally says what the report says, and how the calls went."""
    scripts = {contact.to_number: [talking(5.0)] for contact in people(4)}
    world = make_world(scripts=scripts, blocked_countries={"+14155550001": "IL"})
    report = await world.run(people(4))
    last: Tally = world.progress.seen[-1]
    assert (report.created, report.failed, report.unknown) == (3, 1, 0)
    assert (3, 1, 0, 4, 0) == (last.created, last.failed, last.unknown, last.first, last.again)
    assert ({"answered": 3}, 0, None) == (last.outcomes, last.live, last.oldest_live_at)
    assert (4, True, True, None) == (last.dialled, last.following, last.over, last.stopped_by)
    assert last.spent_usd > 0
    assert last.last_error is not None
    assert last.last_error_at is not None


async def test_it_is_told_every_second(make_world: MakeWorld, people: People) -> None:
    """Also where nothing happens, it is said how long calls have been live."""
    world = make_world(speed=1.0, scripts={"+14155550000": [talking(30.0)]})
    await world.run(people(1))
    ages = [
        tally.oldest_live_at.timestamp()
        for tally in world.progress.seen
        if tally.live and tally.oldest_live_at
    ]
    assert len(ages) >= 29
    assert 1 == len(set(ages))


@pytest.mark.no_cover
async def test_redials_are_counted_apart(make_world: MakeWorld, people: People) -> None:
    """Whoever is dialled once more is no new contact; until then it is said when that is."""
    busy = CallScript(status="not_connected", disconnection_reason="dial_busy", ring_s=1.0)
    world = make_world(scripts={"+14155550000": [busy, talking(1.0)]})
    began_at = world.clock.now()
    await world.run(
        people(1),
        redial=Policy(attempts=2, after_s=(600.0,), on=frozenset({Outcome.BUSY})),
        wait_s=900.0,
    )
    dues = {tally.next_due for tally in world.progress.seen} - {None}
    assert any(due and due > began_at + timedelta(seconds=590) for due in dues)
    last: Tally = world.progress.seen[-1]
    assert (1, 1, {"busy": 1, "answered": 1}) == (last.first, last.again, last.outcomes)


async def test_a_stop_is_told(make_world: MakeWorld, people: People) -> None:
    """While live calls are followed, it is said that no new one is placed, and why."""
    world = make_world(speed=1.0, scripts={"+14155550000": [talking(30.0)]})
    stop = Stop(drain_for_s=20.0)

    async def press(_: Stop) -> None:
        import anyio

        await anyio.sleep(3)
        stop.signal(2)

    await world.run(people(9), stop=stop, alongside=press)
    told = [tally for tally in world.progress.seen if tally.live and tally.stopped_by]
    assert {"signal"} == {tally.stopped_by for tally in told}
    assert any(tally.following for tally in told)
