"""People who must not be called, or not so often: whatever campaigns and crashes come together."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from campaign.dialer.stop import Stop
from campaign.ledger.memory import MemoryLedger
from campaign.model import Contact, Suppression
from campaign.policy import caps as policy
from campaign.policy.caps import Cap
from campaign.policy.pacing import Pace
from campaign.policy.redial import Policy

pytestmark = [pytest.mark.anyio, pytest.mark.no_cover]

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

SHARES = {
    "user_hangup": 1.0,
    "dial_no_answer": 2.0,
    "dial_busy": 1.0,
    "sip_routing_error": 0.3,
    "registered_call_timeout": 0.2,
}
HOUR_S = 3600.0


async def capped_campaigns(make_world: MakeWorld, people: People, seed: int) -> None:
    """Run several campaigns of one ledger in turns, kill some, and look at every number's calls."""
    dice = random.Random(seed)
    world = make_world(
        seed=seed, speed=dice.choice([1.0, 60.0]), shares=SHARES, concurrency_limit=None
    )
    caps = tuple(
        Cap(calls=dice.randrange(1, 4), window_s=hours * HOUR_S)
        for hours in dice.sample([1, 4, 24], dice.randrange(1, 3))
    )
    min_gap_s = dice.choice([0.0, 900.0])
    contacts = people(dice.randrange(1, 6))
    for _ in range(dice.randrange(3, 9)):
        name = dice.choice(["spring", "summer", "autumn"])
        world.ledger = MemoryLedger(world.ledger.store)
        await world.open()
        await world.ledger.orphans(name, world.clock.now())
        await world.run(
            dice.sample(contacts, len(contacts)),
            alongside=killer(dice.expovariate(1 / 200)) if dice.random() < 0.4 else None,
            campaign=name,
            campaign_id=f"cmp_{name}",
            redial=Policy(attempts=dice.randrange(1, 5), after_s=(60.0,)),
            wait_s=dice.choice([0.0, 600.0, 7200.0]),
            pace=dice.choice([None, Pace(per_second=1)]),
            caps=lambda _: caps,
            min_gap_s=min_gap_s,
        )
        await anyio.sleep(dice.expovariate(1 / 3600))
    check_caps(world, caps, min_gap_s)


def check_caps(world: Any, caps: tuple[Cap, ...], min_gap_s: float) -> None:
    """Compare the calls that may have reached somebody with the caps; the sandbox tells them."""
    moments: dict[str, list[float]] = defaultdict(list)
    for call in world.sandbox.calls.values():
        if call.life.reason not in policy.UNREACHED:
            moments[call.to_number].append(call.created_s)
    for calls in moments.values():
        calls.sort()
        for cap in caps:
            for first, over in zip(calls, calls[cap.calls :], strict=False):
                assert over - first >= cap.window_s - 1.0  # the intent is a moment earlier
        for before, after in itertools.pairwise(calls):
            assert after - before >= min_gap_s - 1.0


def killer(after_s: float) -> Callable[[Stop], Any]:
    """Return a task that ends a run as kill -9 does."""

    async def kill(stop: Stop) -> None:
        await anyio.sleep(after_s)
        stop.abort()

    return kill


@pytest.mark.parametrize("seed", range(2))
async def test_caps_hold_across_campaigns(make_world: MakeWorld, people: People, seed: int) -> None:
    """No number gets more calls in a window than it may, whoever calls it and however runs end."""
    await capped_campaigns(make_world, people, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1000, 2000))
async def test_caps_hold_in_a_thousand_campaigns(
    make_world: MakeWorld, people: People, seed: int
) -> None:
    """The same, a thousand times."""
    await capped_campaigns(make_world, people, seed)


async def suppressed_at_random(make_world: MakeWorld, people: People, seed: int) -> int:
    """Suppress numbers at a random moment of a busy run; return the intents after it: none."""
    dice = random.Random(seed)
    world = make_world(seed=seed, concurrency_limit=None)
    contacts = people(60)
    chosen = dice.sample(contacts, 10)
    written_at = []

    async def suppress(_: Stop) -> None:
        await anyio.sleep(dice.uniform(0.0, 3.0))
        await world.ledger.suppress(
            [Suppression(number=c.to_number, reason="x", at=world.clock.now()) for c in chosen]
        )
        written_at.append(len(world.ledger.store.attempts))
        await anyio.sleep_forever()

    await world.run(
        contacts,
        alongside=suppress,
        pace=Pace(per_second=dice.choice([5, 20, 100])),
        max_live=60,
        in_flight=dice.choice([1, 10, 40]),
    )
    numbers = {contact.to_number for contact in chosen}
    before = written_at[0] if written_at else len(world.attempts())
    ordered = sorted(world.attempts(), key=lambda attempt: attempt.id)
    assert 60 - 10 <= len(ordered)
    return sum(attempt.to_number in numbers for attempt in ordered[before:])


@pytest.mark.parametrize("seed", range(4))
async def test_a_suppression_holds_from_its_write_on(
    make_world: MakeWorld, people: People, seed: int
) -> None:
    """A number that is put on the list in the middle of a run has no intent after that."""
    assert 0 == await suppressed_at_random(make_world, people, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1000, 1500))
async def test_five_hundred_suppressions(make_world: MakeWorld, people: People, seed: int) -> None:
    """The same, five hundred times."""
    assert 0 == await suppressed_at_random(make_world, people, seed)
