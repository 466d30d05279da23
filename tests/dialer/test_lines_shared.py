"""Lines that are shared with others, calls whose end concerns the whole run, caller numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaign.errors import HaltError
from campaign.model import Contact
from campaign.policy import effects
from campaign.policy.pacing import Pace
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript, Limits, Number

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

POOL = ("+14157774444", "+14157774445")


def talking(contacts: list[Contact], talk_s: float) -> dict[str, list[CallScript]]:
    """Return the same talk for everybody."""
    script = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=2, talk_s=talk_s)
    return {contact.to_number: [script] for contact in contacts}


def others(elapsed_s: float) -> int:
    """Take 15 lines from the 60th second to the 180th."""
    return 15 if 60 <= elapsed_s < 180 else 0


@pytest.mark.parametrize("over_limit", ["429", pytest.param("accept", marks=pytest.mark.no_cover)])
async def test_what_others_use_is_left_to_them(
    make_world: MakeWorld, people: People, over_limit: str
) -> None:
    """Another tenant takes 15 of 20 lines and gives them back: ours follow within 10 seconds."""
    contacts = people(400)
    world = make_world(
        speed=1.0, scripts=talking(contacts, 8.0), others=others, over_limit=over_limit
    )
    report = await world.run(contacts, max_live=20, pace=None, analysis_for_s=0.0)
    calls = world.sandbox.calls.values()
    assert {contact.to_number for contact in contacts} == {
        call.to_number for call in calls if call.life.reason == "user_hangup"
    }
    missed = [c for c in calls if c.life.reason == "concurrency_limit_reached"]
    throttled = [entry for entry in world.creates() if entry.status == 429]
    assert len(missed) + len(throttled) <= 20
    first_s = world.sandbox.log[0].at_s
    ours = {round(entry.at_s - first_s, 3): entry.live for entry in world.creates()}
    assert max(live for at_s, live in ours.items() if 75 <= at_s < 180) <= 5
    assert max(live for at_s, live in ours.items() if at_s >= 195) >= 19
    assert report.stopped_by is None


@pytest.mark.no_cover
async def test_without_the_account_s_figures_lines_are_felt_for(
    make_world: MakeWorld, people: People
) -> None:
    """A server that does not tell how its lines are used refuses a few calls, not every one."""
    contacts = people(300)
    world = make_world(
        speed=1.0,
        scripts=talking(contacts, 20.0),
        concurrency_limit=10,
        lacks=frozenset({"GET /get-concurrency"}),
    )
    report = await world.run(contacts, max_live=40, pace=None, analysis_for_s=0.0)
    assert 300 == report.created
    throttled = [entry for entry in world.creates() if entry.status == 429]
    assert len(throttled) < 100


@pytest.mark.no_cover
async def test_the_inbound_reserve_is_left_alone(make_world: MakeWorld, people: People) -> None:
    """What the account keeps for inbound calls is not ours."""
    contacts = people(60)
    world = make_world(speed=1.0, scripts=talking(contacts, 20.0), reserved_inbound=12)
    await world.run(contacts, max_live=20, pace=None)
    assert max(entry.live for entry in world.creates()) <= 9
    assert len([e for e in world.creates() if e.status == 429]) <= 20


async def test_a_call_that_may_exist_keeps_its_line(make_world: MakeWorld, people: People) -> None:
    """With one line left to us, nobody is called while the first call is looked for."""
    contacts = people(2)
    world = make_world(
        speed=1.0,
        scripts=talking(contacts, 5.0),
        reserved_inbound=19,
        faults=FaultPlan(script={1: FaultName.ERROR_BEFORE}),
    )
    report = await world.run(contacts, max_live=5, pace=None, lookup_for_s=60.0)
    first, second = world.creates()
    assert second.at_s - first.at_s >= 60
    assert (1, 1) == (report.created, report.unknown)


@pytest.mark.parametrize("reason", sorted(effects.HINTS))
async def test_ends_that_halt(make_world: MakeWorld, people: People, reason: str) -> None:
    """A reason that no other call would get around ends the placing at once."""
    contacts = people(200)
    status = "not_connected" if "permission" in reason else "error"
    bad = CallScript(status=status, disconnection_reason=reason, ring_s=1.0)
    world = make_world(speed=1.0, scripts={c.to_number: [bad] for c in contacts})
    report = await world.run(contacts, max_live=5)
    assert isinstance(report.error, HaltError)
    assert reason in str(report.error)
    assert effects.HINTS[reason] == report.error.hint
    assert len(world.creates()) <= 10
    assert "halt" == report.stopped_by


async def test_trouble_on_the_telephone_side_halts_in_the_end(
    make_world: MakeWorld, people: People
) -> None:
    """Calls that cannot be routed are tried again, but not for ever."""
    contacts = people(200)
    bad = CallScript(status="not_connected", disconnection_reason="sip_routing_error", ring_s=1.0)
    world = make_world(speed=1.0, scripts={c.to_number: [bad] for c in contacts})
    report = await world.run(contacts, max_live=5)
    assert isinstance(report.error, HaltError)
    assert effects.MOST_TROUBLE <= len(world.creates()) <= effects.MOST_TROUBLE + 10


@pytest.mark.no_cover
async def test_a_number_that_is_taken_for_spam_is_retired(
    make_world: MakeWorld, people: People
) -> None:
    """The others of the pool go on; a contact of the retired number is called by them."""
    contacts = people(60)
    world = make_world(
        speed=1.0,
        scripts=talking(contacts, 5.0),
        numbers={number: Number() for number in POOL},
    )
    spam = CallScript(status="not_connected", disconnection_reason="marked_as_spam", ring_s=1.0)
    first = next(c for c in contacts if caller(world, c) == POOL[0])
    world = make_world(
        speed=1.0,
        scripts=talking(contacts, 5.0) | {first.to_number: [spam]},
        numbers={number: Number() for number in POOL},
    )
    report = await world.run(contacts, from_numbers=POOL)
    assert (60, None) == (report.created, report.error)
    callers = [attempt.from_number for attempt in world.attempts()]
    assert 0 < callers.count(POOL[0]) < 20


async def test_without_a_number_left_the_run_halts(make_world: MakeWorld, people: People) -> None:
    """Nobody is called by a number that networks block."""
    contacts = people(60)
    spam = CallScript(status="not_connected", disconnection_reason="network_blocked", ring_s=1.0)
    world = make_world(speed=1.0, scripts={c.to_number: [spam] for c in contacts})
    report = await world.run(contacts)
    assert isinstance(report.error, HaltError)
    assert len(world.creates()) <= 10


async def test_a_contact_s_own_retired_number_holds_it(
    make_world: MakeWorld, people: People
) -> None:
    """It waits for the next run; nobody else is concerned."""
    from dataclasses import replace

    own, *rest = people(8)
    also = replace(people(9)[8], from_number="+14157774449")
    own = replace(own, from_number="+14157774449")
    spam = CallScript(status="not_connected", disconnection_reason="network_blocked", ring_s=1.0)
    world = make_world(speed=1.0, scripts=talking(rest, 5.0) | {own.to_number: [spam]})
    report = await world.run([own, *rest, also], max_live=1)
    assert 8 == report.created
    assert "networks take no calls" in report.holds[also.key]


async def test_whom_a_caller_number_may_not_call(make_world: MakeWorld, people: People) -> None:
    """Nothing is sent, and the reason is told."""
    contacts = people(3)
    world = make_world()

    def may_call(_: str, to_number: str) -> str | None:
        return "not there" if to_number == contacts[1].to_number else None

    report = await world.run(contacts, may_call=may_call)
    assert (2, {contacts[1].key: "not there"}) == (report.created, report.holds)
    assert 2 == len(world.creates())


@pytest.mark.no_cover
async def test_a_refusal_for_bad_rows_pauses_creates(make_world: MakeWorld, people: People) -> None:
    """An account that has sent too many bad rows waits its minute out, and goes on."""
    contacts = people(20)
    world = make_world(
        speed=1.0,
        limits=Limits(errors_per_60s=2),
        blocked_countries={c.to_number: "XX" for c in contacts[3:7]},
    )
    from campaign.policy.breaker import OFF

    report = await world.run(contacts, breaker=OFF, pace=None, in_flight=1)
    assert (16, 4) == (report.created, report.failed)


def caller(world: Any, contact: Contact) -> str:
    """Return the number of the pool that a contact is called by."""
    from campaign.policy.callers import choose

    found = choose(POOL, key=contact.key, to_number=contact.to_number)
    assert found is not None
    return found


async def test_a_refusal_that_names_no_limiter_is_waited_out(
    make_world: MakeWorld, people: People
) -> None:
    """It may be for want of a line: fewer are used for a while, and everybody is called once."""
    world = make_world(speed=1.0, cps=1, lacks=frozenset({"GET /get-concurrency"}))
    report = await world.run(people(6), pace=Pace(per_second=4), max_live=6, in_flight=6)
    assert 6 == report.created
    assert {429, 201} == {entry.status for entry in world.creates()}
