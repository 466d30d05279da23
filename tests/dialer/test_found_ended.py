"""Calls of unknown outcome that are found when they are over already: their ends count as any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import pytest

from campaign.errors import HaltError
from campaign.ledger.memory import MemoryLedger
from campaign.model import Contact, Spending
from campaign.policy.purse import Purse
from campaign.policy.redial import Policy
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

LATE = FaultPlan(script={1: FaultName.ERROR_AFTER})
"""The first create is answered 500 although its call was made."""

LAG_S = 60.0
"""The list shows a call that much later: it is over by then."""

MISSED = CallScript(status="not_connected", disconnection_reason="dial_no_answer", ring_s=10.0)
TALKED = CallScript(
    status="ended", disconnection_reason="user_hangup", ring_s=5.0, talk_s=20.0, cost_cents=100.0
)
BROKE = CallScript(status="error", disconnection_reason="credit_exhausted", ring_s=1.0)


def late_world(make_world: MakeWorld, contacts: list[Contact], *first: CallScript) -> Any:
    """Return a world whose first call is found once it is over; the others talk."""
    scripts = {contact.to_number: [TALKED] for contact in contacts}
    scripts[contacts[0].to_number] = [*first]
    return make_world(speed=1.0, scripts=scripts, faults=LATE, listing_lag_s=LAG_S)


@pytest.mark.no_cover
async def test_its_contact_is_dialled_again(make_world: MakeWorld, people: People) -> None:
    """Nobody answered the call: the same run dials again when that falls due."""
    contacts = people(1)
    world = late_world(make_world, contacts, MISSED, TALKED)
    report = await world.run(contacts, redial=Policy(attempts=2, after_s=(300.0,)), wait_s=3600.0)
    assert ["dial_no_answer", "user_hangup"] == [
        attempt.call.disconnection_reason for attempt in world.attempts()
    ]
    assert (1, 1, None) == (report.created, report.unknown, report.next_due)


async def test_it_is_told_when_its_contact_falls_due(make_world: MakeWorld, people: People) -> None:
    """A run that does not stay so long says when to come back."""
    contacts = people(1)
    world = late_world(make_world, contacts, MISSED, TALKED)
    report = await world.run(contacts, redial=Policy(attempts=2))
    assert report.next_due is not None


@pytest.mark.no_cover
@pytest.mark.parametrize(("first", "given_usd", "affordable"), [(MISSED, 1.0, 3), (TALKED, 0.5, 2)])
async def test_its_cost_is_known(
    make_world: MakeWorld, people: People, first: CallScript, given_usd: float, affordable: int
) -> None:
    """What was set aside for it is what it cost, or free again where it cost nothing."""
    contacts = people(6)
    world = late_world(make_world, contacts, first)
    purse = Purse(budget_usd=2.0, given_usd=given_usd, spending=Spending())
    report = await world.run(contacts, max_live=1, purse=purse)
    assert ("budget", affordable) == (report.stopped_by, len(world.sandbox.calls))
    costs = [attempt.call.cost_usd or 0.0 for attempt in world.attempts() if attempt.call]
    assert sum(costs) <= 2.0


async def test_it_can_halt_the_run(make_world: MakeWorld, people: People) -> None:
    """An account without credit calls nobody else."""
    contacts = people(9)
    world = late_world(make_world, contacts, BROKE)
    report = await world.run(contacts, max_live=1)
    assert isinstance(report.error, HaltError)
    assert 1 == len(world.sandbox.calls)


async def test_its_document_is_kept(make_world: MakeWorld, people: People) -> None:
    """A transcript is fetched of it as of any answered call."""
    contacts = people(1)
    world = late_world(make_world, contacts, TALKED)
    kept: list[str] = []

    async def keep(call_id: str, _: Any) -> None:
        kept.append(call_id)

    world.keep_document = keep
    await world.run(contacts)
    assert list(world.sandbox.calls) == kept


@pytest.mark.parametrize("analysis_delay_s", [0.0, 90.0])
async def test_the_last_word_on_calls_found_before_the_run(
    make_world: MakeWorld, people: People, analysis_delay_s: float
) -> None:
    """A call that the start finds, over already, still gets its analysis and its transcript."""
    contacts = people(1)
    script = replace(TALKED, ring_s=1.0, talk_s=5.0, analysis_delay_s=analysis_delay_s)
    world = make_world(speed=1.0, scripts={contacts[0].to_number: [script]})
    await world.run(contacts, follow=False)
    await anyio.sleep(30)
    world.ledger = MemoryLedger()
    await world.open()
    await world.cross_check()
    found, kept = world.attempts(), []

    async def keep(call_id: str, _: Any) -> None:
        kept.append(call_id)

    world.keep_document = keep
    await world.run(contacts, found_ended=found, analysis_for_s=300.0, follow=True)
    (attempt,) = world.attempts()
    assert (["ended"], list(world.sandbox.calls)) == ([found[0].state.value], kept)
    assert attempt.call.summary is not None


async def test_its_analysis_is_waited_for(make_world: MakeWorld, people: People) -> None:
    """What comes after the end comes after the finding, too."""
    contacts = people(1)
    script = CallScript(
        status="ended",
        disconnection_reason="user_hangup",
        ring_s=1.0,
        talk_s=20.0,
        analysis_delay_s=90.0,
    )
    world = late_world(make_world, contacts, script)
    await world.run(contacts, analysis_for_s=300.0)
    (attempt,) = world.attempts()
    assert attempt.call.summary is not None
    assert anyio.current_time() > 90
