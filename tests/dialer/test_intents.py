"""What the ledger holds at the moment in which a request reaches the provider."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from campaign.dialer.stop import Stop
from campaign.model import Call, CallRequest, Contact, Fault
from campaign.sandbox.faults import FaultName, FaultPlan

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]


class Looking:
    """The world's provider, which looks into the ledger whenever it is asked for a call."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._client = world.client()
        self.seen: list[tuple[str, list[tuple[str, str, int]]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def create(self, request: CallRequest) -> Call | Fault:
        """Note what the ledger says of the number and its attempts, then create the call."""
        known = [
            (attempt.attempt_id, attempt.state.value, attempt.sends)
            for attempt in self._world.attempts()
            if attempt.to_number == request.to_number
        ]
        self.seen.append((request.idempotency_key, known))
        reply: Call | Fault = await self._client.create(request)
        return reply


@pytest.mark.no_cover
async def test_no_request_reaches_the_provider_before_its_intent(
    make_world: MakeWorld, people: People
) -> None:
    """First sends, those after a throttle and resends alike are in the ledger beforehand."""
    faults = FaultPlan(script={2: FaultName.THROTTLE, 5: FaultName.ERROR_BEFORE})
    world = make_world(faults=faults)
    provider = Looking(world)
    world.provider = lambda: provider
    await world.run(people(4), in_flight=1, resend_unknown=True)
    ids = [attempt.attempt_id for attempt in world.attempts()]
    a, b, c, d = ids
    assert [
        (a, [(a, "sending", 1)]),
        (b, [(b, "sending", 1)]),
        (b, [(b, "sending", 2)]),
        (c, [(c, "sending", 1)]),
        (d, [(d, "sending", 1)]),
        (d, [(d, "unknown", 2)]),
    ] == provider.seen
    assert ["ended"] * 4 == world.states()


@pytest.mark.parametrize("how", ["signal", "stop"])
async def test_a_create_on_the_wire_is_not_interrupted_by_a_stop(
    make_world: MakeWorld, people: People, how: str
) -> None:
    """Its answer is heard and recorded: stopping makes no call unknown."""
    world = make_world(speed=1.0, faults=FaultPlan(script={2: FaultName.SLOW}))

    async def end(stop: Stop) -> None:
        while len(world.creates()) < 2:
            await anyio.sleep(0.01)
        stop.signal(signal.SIGINT) if how == "signal" else stop.request(how)

    report = await world.run(people(5), alongside=end, follow=False)
    assert (2, 0, ["live"] * 2) == (report.created, report.unknown, world.states())
