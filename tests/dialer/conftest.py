"""A whole world in virtual time: sandbox, ledger, provider and clock of one run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
import trio.testing
from pydantic import SecretStr

from campaign.dialer.plan import Plan, Report
from campaign.dialer.run import dial
from campaign.dialer.stop import Stop
from campaign.ledger.memory import MemoryLedger
from campaign.model import Attempt, Campaign, Contact
from campaign.policy.pacing import Pace
from campaign.retell.client import RetellProvider
from campaign.sandbox.machine import Sandbox
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.transport import SandboxTransport

EPOCH = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class VirtualClock:
    """The time of day of a run whose seconds are simulated."""

    def now(self) -> datetime:
        """Return the present moment."""
        return EPOCH + timedelta(seconds=anyio.current_time())


@dataclass
class Counts:
    """Progress that remembers everything it was told."""

    seen: list[Mapping[str, int]] = field(default_factory=list)

    def update(self, counts: Mapping[str, int]) -> None:
        """Take the counts."""
        self.seen.append(dict(counts))


PLAN = Plan(
    campaign="spring",
    campaign_id="cmp_spring",
    from_numbers=("+14157774444",),
    pace=Pace(per_second=1),
    max_live=20,
    in_flight=20,
)


@dataclass
class World:
    """One simulated provider and one ledger, for as many runs as a test wants."""

    sandbox: Sandbox
    ledger: MemoryLedger
    clock: VirtualClock = field(default_factory=VirtualClock)
    progress: Counts = field(default_factory=Counts)
    plan: Plan = PLAN

    def provider(self) -> RetellProvider:
        """Return a client of the sandbox."""
        return RetellProvider(
            base_url="http://localhost",
            api_key=SecretStr("key_of_the_tests"),
            in_flight=self.plan.in_flight,
            transport=SandboxTransport(self.sandbox, lambda: self.clock.now().timestamp()),
            now=self.clock.now,
        )

    async def run(
        self,
        contacts: Sequence[Contact],
        *,
        stop: Stop | None = None,
        alongside: Callable[[Stop], Any] | None = None,
        **changes: Any,
    ) -> Report:
        """Run the plan, changed as told, over contacts; `alongside` runs beside it."""
        self.plan = replace(self.plan, **changes)
        await self.ledger.open_campaign(
            Campaign(
                name=self.plan.campaign,
                campaign_id=self.plan.campaign_id,
                created_at=self.clock.now(),
            )
        )
        stop = stop or Stop(drain_for_s=self.plan.drain_for_s)
        if alongside is None:
            return await self._dial(contacts, stop)
        async with anyio.create_task_group() as group:
            group.start_soon(alongside, stop)
            report = await self._dial(contacts, stop)
            group.cancel_scope.cancel()
        return report

    async def _dial(self, contacts: Sequence[Contact], stop: Stop) -> Report:
        return await dial(
            self.plan,
            ledger=self.ledger,
            provider=self.provider(),
            clock=self.clock,
            feed=lambda: batches(contacts),
            progress=self.progress,
            stop=stop,
        )

    def restart(self) -> None:
        """Open the ledger anew, as the next process does."""
        self.ledger = MemoryLedger(self.ledger.store)

    def attempts(self) -> list[Attempt]:
        """Return what the ledger knows."""
        return list(self.ledger.attempts("spring"))

    def states(self) -> list[str]:
        """Return the states of all attempts, by contact."""
        return [attempt.state.value for attempt in self.attempts()]

    def creates(self) -> list[Any]:
        """Return the sandbox's log of creates that reached it."""
        return [entry for entry in self.sandbox.log if "create" in entry.path]


async def batches(
    contacts: Sequence[Contact], size: int = 7
) -> AsyncGenerator[Sequence[Contact], None]:
    """Yield contacts in small batches."""
    for start in range(0, len(contacts), size):
        yield contacts[start : start + size]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on trio, whose clock jumps to the next thing to happen."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture
def make_world() -> Callable[..., World]:
    """Return a maker of worlds; its arguments are those of `SandboxPlan`."""

    def make(**plan: Any) -> World:
        return World(sandbox=Sandbox(SandboxPlan(**plan)), ledger=MemoryLedger())

    return make


@pytest.fixture
def people() -> Callable[[int], list[Contact]]:
    """Return a maker of contacts with different numbers."""

    def make(count: int) -> list[Contact]:
        numbers = [f"+1415555{i:04d}" for i in range(count)]
        return [
            Contact(row=row, key=number, to_number=number, variables={"name": f"n{row}"})
            for row, number in enumerate(numbers)
        ]

    return make
