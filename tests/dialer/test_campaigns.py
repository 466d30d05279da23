"""Whole campaigns in virtual time with everything going wrong; the sandbox's log is the oracle."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import anyio
import pytest
import trio

from campaign.dialer.stop import Stop
from campaign.errors import HaltError
from campaign.ledger.memory import MemoryLedger
from campaign.model import AttemptState, Contact
from campaign.policy import evidence, lifecycle
from campaign.policy.breaker import OFF
from campaign.policy.pacing import Pace
from campaign.policy.redial import UNREACHED, Policy
from campaign.sandbox.faults import CREATES, FaultName, FaultPlan
from campaign.sandbox.plan import Limits

pytestmark = [pytest.mark.anyio, pytest.mark.no_cover]

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

KILLS = 8
RUNS = 60
FREE = Limits(creates_per_10s=None, errors_per_60s=None)
READS = (FaultName.LIST_ERROR, FaultName.LIST_RESET, FaultName.LIST_GARBAGE, FaultName.GET_ERROR)


HALTING = (FaultName.REDIRECT, FaultName.REDIRECT_KEEPING)


def faulty(dice: random.Random, *, halting: float = 0.01) -> FaultPlan:
    """Return a plan with every fault on, each at its own rate."""
    rates = {name: dice.uniform(0, 0.08) for name in sorted(CREATES)}
    rates |= {name: dice.uniform(0, 0.15) for name in READS}
    rates |= dict.fromkeys(HALTING, halting)
    return FaultPlan(rates=rates, seed=dice.randrange(10**9))


async def live_through(world: Any, contacts: list[Contact], dice: random.Random) -> None:
    """Run, be killed, lose the ledger and run again until the list is through."""
    ever_lost = False
    settle_until = None
    for run in range(RUNS):
        world.restart()
        if 0 < run < KILLS and dice.random() < 0.2:
            world.ledger = MemoryLedger()
            ever_lost = True
            settle_until = world.clock.now() + timedelta(seconds=evidence.LOSS_GRACE_S)
        try:
            await start(world, may_add=ever_lost)
            report = await world.run(
                dice.sample(contacts, len(contacts)),
                alongside=killer(dice.expovariate(1 / 60)) if run < KILLS else None,
                settle_until=settle_until,
                breaker=OFF,
            )
        except HaltError:
            continue  # the list could not be had: nobody was called, another run comes
        if report.settled:
            settle_until = None
        if report.finished and report.stopped_by is None:
            return
    raise AssertionError("the campaign never came to its end")


async def start(world: Any, *, may_add: bool) -> None:
    """Do what every start does before the first call."""
    await world.open()
    await world.ledger.orphans("spring", world.clock.now())
    checked = await world.cross_check()
    assert may_add or not checked.added


def killer(after_s: float) -> Callable[[Stop], Any]:
    """Return a task that ends a run as kill -9 does."""

    async def kill(stop: Stop) -> None:
        await anyio.sleep(after_s)
        stop.abort()

    return kill


def check_calls(world: Any, policy: Policy) -> None:
    """Compare the calls at the provider with what may be called: the oracle is its own log."""
    by_number: dict[str, list[Any]] = defaultdict(list)
    for call in world.sandbox.calls.values():
        by_number[call.to_number].append(call)
    for calls in by_number.values():
        ids = [call.request["metadata"]["attempt_id"] for call in calls]
        assert len(ids) == len(set(ids))
        counted = [call for call in calls if call.life.reason not in UNREACHED]
        assert len(counted) <= policy.attempts
        calls.sort(key=lambda call: call.created_s)
        for before, call in pairwise(calls):
            assert before.ends_s <= call.created_s
            assert again_after(before, call, policy)


def again_after(before: Any, call: Any, policy: Policy) -> bool:
    """Tell whether a call may follow another: soon, or after the campaign's wait."""
    if before.life.reason in UNREACHED:
        return True
    asked = before.life.reason in {"dial_no_answer", "dial_busy"}
    return asked and call.created_s - before.ends_s >= min(policy.after_s) - 1.0


async def campaign(make_world: MakeWorld, people: People, seed: int) -> None:
    """Live through one campaign and compare its end with the oracle."""
    dice = random.Random(seed)
    # The order in which tasks are woken belongs to the seed too.
    vars(trio._core._run)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True
    trio._core._run._r.seed(seed)
    policy = Policy(attempts=dice.choice([1, 1, 3]), after_s=(30.0, 120.0))
    world = make_world(
        seed=seed,
        speed=dice.choice([1.0, 10.0, 60.0]),
        faults=faulty(dice),
        honors_keys=dice.random() < 0.5,
        listing_lag_s=dice.choice([0.0, 5.0, 60.0]),
        concurrency_limit=dice.choice([None, 3, 20]),
        over_limit=dice.choice(["429", "accept"]),
    )
    world.plan = world.plan_with(
        pace=dice.choice([None, Pace(per_second=1), Pace(per_second=20)]),
        max_live=dice.choice([1, 4, 20]),
        in_flight=dice.choice([1, 4, 20]),
        lookup_for_s=120.0,
        resend_unknown=dice.random() < 0.5,
        redial=policy,
        wait_s=dice.choice([0.0, 600.0]),
    )
    contacts = people(dice.randrange(3, 25))
    await live_through(world, contacts, dice)
    check_calls(world, policy)
    made = {call.to_number for call in world.sandbox.calls.values()}
    if policy.attempts > 1:
        return  # a contact may have been called and be about to be called again
    states = {attempt.contact_key: attempt.state for attempt in world.attempts()}
    assert {c.key for c in contacts} == set(states)
    for key, state in states.items():
        # A call that was made is never taken for one that was not.
        assert key not in made or state in lifecycle.CREATED | {AttemptState.UNKNOWN}
        assert key in made or state not in lifecycle.CREATED


@pytest.mark.parametrize("seed", range(12))
async def test_nobody_is_called_twice_and_everybody_is_accounted_for(
    make_world: MakeWorld, people: People, seed: int
) -> None:
    """Whatever faults, kills and lost ledgers a campaign lives through."""
    await campaign(make_world, people, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1000, 1500))
async def test_five_hundred_campaigns(make_world: MakeWorld, people: People, seed: int) -> None:
    """The same, five hundred times."""
    await campaign(make_world, people, seed)


async def test_requests_on_the_wire_are_intents_in_the_ledger(
    make_world: MakeWorld, people: People
) -> None:
    """Not one create more or less than the ledger knows, whatever goes wrong on the way."""
    dice = random.Random(7)
    world = make_world(
        faults=faulty(dice, halting=0.0), concurrency_limit=None, speed=600.0, limits=FREE
    )
    await world.run(people(1000), pace=None, max_live=200, in_flight=50, breaker=OFF, follow=False)
    assert sum(attempt.sends for attempt in world.attempts()) == len(world.creates())


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_ten_thousand_requests_are_ten_thousand_intents(
    make_world: MakeWorld, people: People
) -> None:
    """The same over ten thousand creates."""
    dice = random.Random(8)
    world = make_world(
        faults=faulty(dice, halting=0.0), concurrency_limit=None, speed=600.0, limits=FREE
    )
    await world.run(
        people(10_000), pace=None, max_live=500, in_flight=100, breaker=OFF, follow=False
    )
    assert len(world.creates()) >= 10_000
    assert sum(attempt.sends for attempt in world.attempts()) == len(world.creates())


def test_the_grace_after_a_loss_is_longer_than_a_lag() -> None:
    """A list that lags a minute has caught up before anybody is called."""
    assert evidence.LOSS_GRACE_S > 60
