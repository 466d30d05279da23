"""What a run still sends once nothing can come of it: everything was well until a moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from campaign.errors import HaltError, KeyRefusedError
from campaign.model import CallRequest, Contact
from campaign.policy import breaker
from campaign.policy.pacing import Pace
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

WELL_S = 20.0
IN_FLIGHT = 8
MORE = 10
TALK = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=2.0, talk_s=20.0)


def sent_after(world: Any, moment_s: float = WELL_S) -> int:
    """Return how many creates came from a moment on, seen from the first request."""
    first_s = world.sandbox.log[0].at_s
    return sum(entry.at_s - first_s >= moment_s for entry in world.creates())


async def run(world: Any, contacts: list[Contact]) -> Any:
    """Run at five calls a second, eight of them on the wire at most."""
    return await world.run(
        contacts, pace=Pace(per_second=5), max_live=300, in_flight=IN_FLIGHT, analysis_for_s=0.0
    )


@dataclass
class Refusing:
    """A provider that changes every create of the run from a moment on, so that it is refused."""

    provider: Any
    world: Any
    change: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)

    async def create(self, request: CallRequest) -> Any:
        """Create, from the moment on as nobody may."""
        first_s = self.world.sandbox.log[0].at_s if self.world.sandbox.log else 0.0
        late = self.world.clock.now().timestamp() - first_s >= WELL_S
        return await self.provider.create(replace(request, **self.change) if late else request)


async def test_a_total_outage(make_world: MakeWorld, people: People) -> None:
    """From the moment on every create is answered 500: a few more, ever later, then a halt."""
    world = make_world(
        speed=1.0,
        scripts={c.to_number: [TALK] for c in people(400)},
        concurrency_limit=None,
        outage=lambda elapsed_s: 1.0 if elapsed_s >= WELL_S else 0.0,
    )
    report = await run(world, people(400))
    assert isinstance(report.error, HaltError)
    assert 3 + 2 <= sent_after(world) <= MORE


def enough_is_enough(failed: list[bool]) -> int:
    """Return how many creates had been made when the first limit of the breaker was passed."""
    limits = breaker.Limits()
    for made in range(1, len(failed) + 1):
        recent = failed[max(0, made - breaker.RECENT) : made]
        in_a_row = len(recent) >= limits.unknown_in_a_row and all(
            recent[-limits.unknown_in_a_row :]
        )
        if in_a_row or sum(recent) > limits.failed_share * breaker.RECENT:
            return made
    raise AssertionError("no limit was passed")


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]
)
@pytest.mark.no_cover
async def test_a_third_of_all_creates_fails(
    make_world: MakeWorld, people: People, seed: int
) -> None:
    """Of 30 % of 5xx at most ten more creates follow once a limit of the breaker is passed."""
    contacts = people(1000)
    world = make_world(
        seed=seed,
        speed=1.0,
        scripts={c.to_number: [TALK] for c in contacts},
        concurrency_limit=None,
        outage=lambda elapsed_s: 0.3 if elapsed_s >= WELL_S else 0.0,
    )
    await run(world, contacts)
    creates = world.creates()
    bad_since = enough_is_enough([entry.status >= 500 for entry in creates])
    (pause, *_) = (
        at
        for at, (before, after) in enumerate(itertools.pairwise(creates), start=1)
        if after.at_s - before.at_s >= breaker.PAUSE_S * 0.9
    )
    assert 0 <= pause - bad_since <= MORE


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("gone", "error"),
    [
        ({"paid": lambda elapsed_s: elapsed_s < WELL_S}, HaltError),
        ({"keys_valid": lambda elapsed_s: elapsed_s < WELL_S}, KeyRefusedError),
    ],
)
async def test_money_or_key_is_gone(
    make_world: MakeWorld, people: People, gone: dict[str, Any], error: type[Exception]
) -> None:
    """A 402 or 401 ends the placing: at most what was on the wire was sent after it.

    A read may hear of the key before a create does: then nothing was.
    """
    contacts = people(400)
    scripts = {c.to_number: [TALK] for c in contacts}
    world = make_world(speed=1.0, scripts=scripts, concurrency_limit=None, **gone)
    report = await run(world, contacts)
    assert isinstance(report.error, error)
    assert sent_after(world) <= IN_FLIGHT


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "change",
    [{"from_number": "+14157770000"}, {"agent_id": "agent_nobody_has"}],
    ids=["a caller number that is not ours", "an agent that is not there"],
)
async def test_what_every_call_needs_is_gone(
    make_world: MakeWorld, people: People, change: dict[str, Any]
) -> None:
    """The caller number or the agent of the campaign is refused: nobody else is tried."""
    from campaign.sandbox.plan import AGENT, Number

    contacts = people(400)
    world = make_world(
        speed=1.0,
        scripts={c.to_number: [TALK] for c in contacts},
        concurrency_limit=None,
        numbers={"+14157774444": Number()},
        agents=frozenset({AGENT}),
    )
    client = world.client()
    world.provider = lambda: Refusing(client, world, change)
    report = await run(world, contacts)
    assert isinstance(report.error, HaltError)
    assert 0 < sent_after(world) <= MORE
