"""A whole world in virtual time: sandbox, ledger, provider and clock of one run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import anyio
import pytest
import trio.testing
from pydantic import SecretStr

from campaign.dialer.conduct import dial
from campaign.dialer.listing import Checked, Listing, cross_check
from campaign.dialer.plan import Plan, Report
from campaign.dialer.stop import Stop
from campaign.dialer.sync import Synced, sync
from campaign.ledger.memory import MemoryLedger
from campaign.model import (
    Attempt,
    Call,
    CallQuery,
    CallRequest,
    Campaign,
    Contact,
    Found,
    Tally,
)
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

    seen: list[Tally] = field(default_factory=list)

    def update(self, tally: Tally) -> None:
        """Keep the tally as it is now."""
        self.seen.append(replace(tally, outcomes=dict(tally.outcomes)))


PLAN = Plan(
    campaign="spring",
    campaign_id="cmp_spring",
    from_numbers=("+14157774444",),
    pace=Pace(per_second=1),
    max_live=20,
    in_flight=20,
)


class Paged:
    """A provider whose pages are small."""

    def __init__(self, provider: Any, limit: int) -> None:
        self._provider = provider
        self._limit = limit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def list_calls(self, query: CallQuery) -> Any:
        """List a small page."""
        return await self._provider.list_calls(replace(query, limit=self._limit))


@dataclass
class World:
    """One simulated provider and one ledger, for as many runs as a test wants."""

    sandbox: Sandbox
    ledger: MemoryLedger
    clock: VirtualClock = field(default_factory=VirtualClock)
    progress: Counts = field(default_factory=Counts)
    plan: Plan = PLAN
    api: Literal["v1", "v2"] = "v2"
    page_limit: int | None = None
    on_signal: Callable[[int, bool], None] | None = None
    beats: list[int] = field(default_factory=list)
    news: Any = None
    keep_document: Any = None
    renewal: Any = None
    reading_s: float = 0.0
    readings_s: list[float] = field(default_factory=list)

    def provider(self) -> Any:
        """Return a client of the sandbox, which may list in smaller pages."""
        client = self.client()
        return client if self.page_limit is None else Paged(client, self.page_limit)

    def client(self) -> RetellProvider:
        """Return a client of the sandbox."""
        return RetellProvider(
            base_url="http://localhost",
            api_key=SecretStr("key_of_the_tests"),
            api=self.api,
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
        self.plan = self.plan_with(**changes)
        await self.open()
        stop = stop or Stop(drain_for_s=self.plan.drain_for_s)
        if alongside is None:
            return await self._dial(contacts, stop)
        async with anyio.create_task_group() as group:
            group.start_soon(alongside, stop)
            report = await self._dial(contacts, stop)
            group.cancel_scope.cancel()
        return report

    def plan_with(self, **changes: Any) -> Plan:
        """Return the plan, changed as told."""
        return replace(self.plan, **changes)

    async def open(self) -> None:
        """Record the campaign."""
        await self.ledger.open_campaign(
            Campaign(
                name=self.plan.campaign,
                campaign_id=self.plan.campaign_id,
                created_at=self.clock.now(),
            )
        )

    async def _dial(self, contacts: Sequence[Contact], stop: Stop) -> Report:
        return await dial(
            self.plan,
            ledger=self.ledger,
            provider=self.provider(),
            clock=self.clock,
            feed=lambda: self._read(contacts),
            progress=self.progress,
            stop=stop,
            beat=self.beats.append,
            on_signal=self.on_signal,
            news=self.news,
            keep_document=self.keep_document,
            renewal=self.renewal,
        )

    async def _read(self, contacts: Sequence[Contact]) -> AsyncGenerator[Sequence[Contact], None]:
        self.readings_s.append(anyio.current_time())
        await anyio.sleep(self.reading_s)
        async with aclosing(batches(contacts)) as read:
            async for batch in read:
                yield batch

    def restart(self) -> None:
        """Open the ledger anew, as the next process does."""
        self.ledger = MemoryLedger(self.ledger.store)

    def listing(self) -> Listing:
        """Return the campaign's listing."""
        return Listing(
            campaign=self.plan.campaign,
            campaign_id=self.plan.campaign_id,
            ledger=self.ledger,
            provider=self.provider(),
            clock=self.clock,
        )

    async def cross_check(self, limit: int = 1000) -> Checked:
        """Compare the ledger with the provider's list."""
        query = CallQuery(campaign_id=self.plan.campaign_id, limit=limit)
        return await cross_check(self.listing(), self.ledger, self.plan.campaign, query)

    async def sync(self) -> Synced:
        """Look after what is open, once."""
        return await sync(
            CallQuery(campaign_id=self.plan.campaign_id),
            campaign=self.plan.campaign,
            listing=self.listing(),
            ledger=self.ledger,
            provider=self.provider(),
            clock=self.clock,
        )

    async def adopt(self, attempt: Attempt) -> None:
        """Take an attempt of another ledger over into this one."""
        assert attempt.call is not None
        found = Found(
            campaign=attempt.campaign,
            contact_key=attempt.contact_key,
            attempt=attempt.attempt,
            attempt_id=attempt.attempt_id,
            call=attempt.call,
            at=self.clock.now(),
        )
        await self.ledger.adopt([found])

    async def place_foreign(
        self, metadata: Mapping[str, Any], to_number: str = "+14155558888"
    ) -> None:
        """Create a call as somebody else would, under metadata of their own."""
        request = CallRequest(
            from_number="+14157774444",
            to_number=to_number,
            idempotency_key=f"foreign-{to_number}",
            metadata=metadata,
        )
        assert isinstance(await self.provider().create(request), Call)

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
