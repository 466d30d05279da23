"""Contacts that are dialled again: when, how often, by whom, and in which run."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import pytest

from campaign.dialer import waiting
from campaign.dialer.stop import Stop
from campaign.model import Contact, Outcome
from campaign.policy.redial import Policy
from campaign.sandbox.plan import CallScript, Number

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

MISSED = CallScript(status="not_connected", disconnection_reason="dial_no_answer", ring_s=10.0)
TALKED = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=5.0, talk_s=20.0)
NO_LINE = CallScript(status="error", disconnection_reason="concurrency_limit_reached")
DAY_S = 86400.0


def lives(contacts: list[Contact], *scripts: CallScript) -> dict[str, list[CallScript]]:
    """Return the same lives for everybody's calls."""
    return {contact.to_number: list(scripts) for contact in contacts}


def starts_s(world: Any) -> list[float]:
    """Return when the creates came, from the first on."""
    moments = [entry.at_s for entry in world.creates()]
    return [round(moment - moments[0], 1) for moment in moments]


def reasons(world: Any) -> list[str | None]:
    """Return how each attempt's call ended, by contact and attempt."""
    return [a.call.disconnection_reason if a.call else None for a in world.attempts()]


@pytest.mark.no_cover
async def test_a_missed_call_is_dialled_again_in_its_time(
    make_world: MakeWorld, people: People
) -> None:
    """The waits are those after each end; each attempt is a call of its own."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=lives(contacts, MISSED, MISSED, TALKED))
    policy = Policy(attempts=5, after_s=(600.0, 1800.0))
    report = await world.run(contacts, redial=policy, wait_s=DAY_S)
    first, second, third = starts_s(world)
    assert (0.0, 610.0, 610.0 + 1810.0) == pytest.approx((first, second, third), abs=1.0)
    assert [1, 2, 3] == [attempt.attempt for attempt in world.attempts()]
    assert 3 == len({attempt.attempt_id for attempt in world.attempts()})
    assert (3, None) == (report.created, report.next_due)


async def test_what_is_not_due_yet_is_left_to_a_later_run(
    make_world: MakeWorld, people: People
) -> None:
    """The run ends, tells when to come back, and the next one takes it up then, not before."""
    contacts = people(2)
    world = make_world(speed=1.0, scripts=lives(contacts, MISSED, TALKED))
    policy = Policy(attempts=2)
    report = await world.run(contacts, redial=policy)
    ends = [attempt.call.ended_at for attempt in world.attempts()]
    assert min(ends) + timedelta(minutes=30) == report.next_due
    assert (2, None) == (report.created, report.stopped_by)
    world.restart()
    assert 0 == (await world.run(contacts, redial=policy)).created
    await anyio.sleep((max(ends) - min(ends)).total_seconds() + 1800)
    report = await world.run(contacts, redial=policy)
    assert (2, None) == (report.created, report.next_due)
    assert ["dial_no_answer", "user_hangup"] * 2 == reasons(world)


@pytest.mark.no_cover
async def test_a_long_run_takes_up_what_falls_due_meanwhile(
    make_world: MakeWorld, people: People
) -> None:
    """While the list is still gone through, somebody's second attempt has its turn."""
    contacts = people(40)
    scripts = lives(contacts, TALKED) | lives(contacts[:1], MISSED, TALKED)
    world = make_world(speed=1.0, scripts=scripts)
    report = await world.run(contacts, max_live=1, redial=Policy(attempts=2, after_s=(600.0,)))
    assert 41 == report.created
    numbers = [call.to_number for call in world.sandbox.calls.values()]
    again = numbers.index(contacts[0].to_number, 1)
    assert 15 < again < 35


@pytest.mark.parametrize(
    ("script", "on", "expected"),
    [
        (MISSED, frozenset({Outcome.BUSY}), 1),
        (
            CallScript(status="not_connected", disconnection_reason="user_declined"),
            frozenset(Outcome),
            1,
        ),
        (
            CallScript(status="not_connected", disconnection_reason="dial_failed"),
            frozenset(Outcome),
            2,
        ),
        (MISSED, frozenset({Outcome.NO_ANSWER}), 4),
    ],
)
async def test_only_what_is_asked_for_and_allowed(
    make_world: MakeWorld,
    people: People,
    script: CallScript,
    on: frozenset[Outcome],
    expected: int,
) -> None:
    """The table is a ceiling for what a campaign asks for; attempts end it."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=lives(contacts, script))
    policy = Policy(attempts=4, after_s=(60.0,), on=on)
    await world.run(contacts, redial=policy, wait_s=DAY_S)
    assert expected == len(world.creates())


async def test_whoever_was_not_reached_is_dialled_again_soon(
    make_world: MakeWorld, people: People
) -> None:
    """It uses up no attempt, and the gaps double from 5 seconds."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=lives(contacts, NO_LINE, NO_LINE, NO_LINE, TALKED))
    report = await world.run(contacts)
    starts = starts_s(world)
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert 4 == report.created
    assert all(gap >= least for gap, least in zip(gaps, (5, 10, 20), strict=True))
    assert all(gap <= least + 5 for gap, least in zip(gaps, (5, 10, 20), strict=True))
    assert "user_hangup" == reasons(world)[-1]


async def test_whoever_is_never_reached_is_left_to_the_next_run(
    make_world: MakeWorld, people: People
) -> None:
    """Five times in a run, and again five times in the next one."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=lives(contacts, NO_LINE))
    report = await world.run(contacts)
    assert (6, None) == (report.created, report.stopped_by)
    assert report.next_due is not None
    world.restart()
    assert 6 == (await world.run(contacts)).created


@pytest.mark.no_cover
async def test_a_call_of_an_earlier_run_is_dialled_again_too(
    make_world: MakeWorld, people: People
) -> None:
    """Its contact is found in the list again when it falls due."""
    contacts = people(3)
    world = make_world(speed=1.0, scripts=lives(contacts, MISSED, TALKED))
    policy = Policy(attempts=2, after_s=(60.0,))
    await world.run(contacts, redial=policy, follow=False)
    assert ["live"] * 3 == world.states()
    world.restart()
    report = await world.run(contacts, redial=policy, wait_s=120.0, follow=True)
    assert 3 == report.created
    assert ["dial_no_answer", "user_hangup"] * 3 == reasons(world)


async def test_a_long_list_does_not_keep_the_calls_of_an_earlier_run_waiting(
    make_world: MakeWorld, people: People
) -> None:
    """How long it took to place the calls of the list says nothing of when it may be read again."""
    contacts = people(41)
    scripts = lives(contacts, TALKED) | lives(contacts[:1], MISSED, TALKED)
    world = make_world(speed=1.0, scripts=scripts)
    policy = Policy(attempts=2, after_s=(60.0,))
    await world.run(contacts[:1], redial=policy, follow=False)
    world.restart()
    report = await world.run(contacts, redial=policy, wait_s=DAY_S, max_live=1)
    assert 41 == report.created
    *first, redialled = starts_s(world)
    assert first[-1] > 900
    assert redialled - first[-1] < 60


async def test_a_list_that_is_read_slowly_is_read_seldom(
    make_world: MakeWorld, people: People
) -> None:
    """Contacts that fall due one after the other are found by reading it a few times only."""
    contacts = people(20)
    scripts = {
        contact.to_number: [replace(MISSED, ring_s=120.0 * n), TALKED]
        for n, contact in enumerate(contacts, 1)
    }
    world = make_world(speed=1.0, scripts=scripts)
    policy = Policy(attempts=2, after_s=(60.0,))
    await world.run(contacts, redial=policy, follow=False)
    world.restart()
    world.reading_s, world.readings_s = 30.0, []
    report = await world.run(contacts, redial=policy, wait_s=DAY_S, follow=True)
    assert 20 == report.created
    waits_s = [later - sooner for sooner, later in itertools.pairwise(world.readings_s)]
    assert 4 <= len(waits_s) <= 10
    assert min(waits_s) >= 300


async def test_the_first_calls_of_a_list_end_before_the_redials_of_no_follow(
    make_world: MakeWorld, people: People
) -> None:
    """Without following, nobody waits for ends that might be dialled again."""
    contacts = people(3)
    world = make_world(speed=1.0, scripts=lives(contacts, MISSED, TALKED))
    report = await world.run(contacts, redial=Policy(attempts=2), wait_s=DAY_S, follow=False)
    assert 3 == report.created
    assert anyio.current_time() < 10


async def test_more_than_can_be_kept_in_memory(
    make_world: MakeWorld, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever does not fit is found again in the list, once each."""
    monkeypatch.setattr(waiting, "MOST_WAITING", 3)
    contacts = people(20)
    world = make_world(speed=1.0, scripts=lives(contacts, MISSED, TALKED))
    report = await world.run(
        contacts, redial=Policy(attempts=2, after_s=(300.0,)), wait_s=DAY_S, pace=None
    )
    assert 40 == report.created
    assert ["dial_no_answer", "user_hangup"] * 20 == reasons(world)


@pytest.mark.no_cover
async def test_the_same_caller_calls_again(make_world: MakeWorld, people: People) -> None:
    """Of a pool, a contact's second call comes from the number it knows."""
    contacts = people(12)
    pool = ("+14157774444", "+14157774445", "+14157774446")
    world = make_world(
        speed=1.0,
        scripts=lives(contacts, MISSED, TALKED),
        numbers={number: Number() for number in pool},
    )
    policy = Policy(attempts=2, after_s=(60.0,))
    await world.run(contacts, redial=policy, wait_s=DAY_S, from_numbers=pool)
    world.restart()
    by_contact: dict[str, set[str]] = {}
    for attempt in world.attempts():
        by_contact.setdefault(attempt.contact_key, set()).add(attempt.from_number)
    assert [1] * 12 == [len(callers) for callers in by_contact.values()]
    assert 3 == len(set.union(*by_contact.values()))


@pytest.mark.no_cover
async def test_a_stop_while_redials_are_waited_for(make_world: MakeWorld, people: People) -> None:
    """Everything that was due is done: the run was not cut short, and tells what is next."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=lives(contacts, MISSED, TALKED))

    async def stop_it(stop: Stop) -> None:
        await anyio.sleep(600)
        stop.request("stop")

    report = await world.run(contacts, redial=Policy(attempts=2), wait_s=DAY_S, alongside=stop_it)
    assert (1, None) == (report.created, report.stopped_by)
    (attempt,) = world.attempts()
    assert attempt.call.ended_at + timedelta(minutes=30) == report.next_due


async def test_a_stop_while_somebody_is_to_be_reached(
    make_world: MakeWorld, people: People
) -> None:
    """Who was not reached was due: the run was cut short."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=lives(contacts, NO_LINE))

    async def stop_it(stop: Stop) -> None:
        await anyio.sleep(12)
        stop.request("stop")

    report = await world.run(contacts, alongside=stop_it)
    assert "stop" == report.stopped_by


async def test_who_fails_is_not_tried_again_in_the_same_run(
    make_world: MakeWorld, people: People
) -> None:
    """Reading the list again for others gives up nobody's place in the next run."""
    contacts = people(3)
    scripts = lives(contacts, MISSED, TALKED)
    world = make_world(speed=1.0, scripts=scripts, blocked_countries={contacts[2].to_number: "XX"})
    policy = Policy(attempts=2, after_s=(60.0,))
    await world.run(contacts, redial=policy, follow=False)
    world.restart()
    report = await world.run(contacts, redial=policy, wait_s=120.0, follow=True)
    assert (2, 0) == (report.created, report.failed)
    assert 3 + 2 == len(world.creates())
