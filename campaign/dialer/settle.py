"""Before the first create of a run whose ledger has lost records: the list is given time."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from campaign.dialer.listing import Listing, cross_check
from campaign.dialer.means import Means
from campaign.dialer.plan import Plan
from campaign.dialer.pulse import Pulse
from campaign.model import Attempt, CallQuery
from campaign.policy import evidence


class Settling:
    """Waits, once in a run, until the provider's list must show what the ledger has lost.

    `on_adopted` is told of what it shows: calls that may be live, and that nobody follows yet.
    """

    def __init__(
        self,
        plan: Plan,
        means: Means,
        *,
        listing: Listing,
        pulse: Pulse,
        on_adopted: Callable[[Attempt], None],
    ) -> None:
        self.done = plan.settle_until is None
        self._plan = plan
        self._listing = listing
        self._ledger = means.ledger
        self._clock = means.clock
        self._pulse = pulse
        self._on_adopted = on_adopted
        self._turn = anyio.Lock()

    async def settle(self) -> None:
        """Let the list catch up, and adopt what it then has; at once where that was done."""
        async with self._turn:
            if not self.done:
                await self._settle()

    async def _settle(self) -> None:
        plan, tries = self._plan, 0
        until = plan.settle_until
        while until is not None and (left_s := (until - self._clock.now()).total_seconds()) > 0:
            tries += 1
            await anyio.sleep(min(evidence.gap_s(tries), left_s))
        query = CallQuery(campaign_id=plan.campaign_id, since=plan.listed_since)
        await cross_check(
            self._listing, self._ledger, plan.campaign, query, on_adopted=self._on_adopted
        )
        self.done = True
        self._pulse.begin(await self._ledger.intents())
