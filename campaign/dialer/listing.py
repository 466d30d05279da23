"""The provider's list of calls: read page by page, within its budget, with patience."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from campaign.dialer.clock import current_s
from campaign.errors import HaltError, KeyRefusedError, LedgerError
from campaign.model import Attempt, Call, CallPage, CallQuery, Fault, FaultKind, Found, Missing
from campaign.policy import evidence
from campaign.policy.optout import opted_out
from campaign.policy.placing import MOST_PAUSE_S
from campaign.ports import Clock, Ledger, Provider

SPACING_S = 0.72
"""A little over a fourteenth of 10 seconds. The provider's budget for listings is 15, and the one
that is left is the first of the run, which knows nothing of the start's."""

MOST_SPACING_S = 6.0
WIDER = 2.0
CLOSER = 0.98
"""Processes that share an account's budget find their part of it: each refusal doubles the
spacing, each answer takes a little of that back."""

TRIES = 5
BACKOFF_S = 1.0


class Listing:
    """Lists the calls of one campaign and takes what it finds to the ledger."""

    def __init__(
        self,
        *,
        campaign: str,
        campaign_id: str,
        ledger: Ledger,
        provider: Provider,
        clock: Clock,
        opt_out_field: str | None = None,
    ) -> None:
        self.campaign_id = campaign_id
        self._campaign = campaign
        self._ledger = ledger
        self._provider = provider
        self._clock = clock
        self._opt_out_field = opt_out_field
        self._next_s = 0.0
        self._spacing_s = SPACING_S

    async def page(self, query: CallQuery) -> CallPage | Missing | Fault:
        """Ask for one page, once, no sooner than the budget allows."""
        wait_s = self._next_s - current_s()
        self._next_s = max(self._next_s, current_s()) + self._spacing_s
        await anyio.sleep(max(0.0, wait_s))
        answer = await self._provider.list_calls(query)
        self._space(answer)
        return answer

    def _space(self, answer: CallPage | Missing | Fault) -> None:
        if not isinstance(answer, Fault):
            self._spacing_s = max(self._spacing_s * CLOSER, SPACING_S)
        elif answer.kind is FaultKind.THROTTLED:
            self._spacing_s = min(self._spacing_s * WIDER, MOST_SPACING_S)

    async def surely(self, query: CallQuery) -> CallPage | Missing:
        """Ask for one page and again where there was no answer; `HaltError` when none comes."""
        retrying = AsyncRetrying(
            retry=retry_if_result(_may_ask_again),
            stop=stop_after_attempt(TRIES),
            wait=_wait_s,
            sleep=anyio.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        answer: CallPage | Missing | Fault = await retrying(self.page, query)
        if not isinstance(answer, Fault):
            return answer
        if answer.kind is FaultKind.KEY:
            raise KeyRefusedError(answer.message, hint="check RETELL_API_KEY")
        raise HaltError(
            f"the provider's list of calls cannot be read: {answer.message}",
            hint="without it nobody is called who may have been called already; run again later",
        )

    async def walk(self, query: CallQuery, take: Callable[[CallPage], Awaitable[bool]]) -> bool:
        """Read pages until there are no more, or `take` says that it has seen enough.

        Returns `False` where the server has no listing.
        """
        cursor = query.cursor
        while True:
            page = await self.surely(replace(query, cursor=cursor))
            if isinstance(page, Missing):
                return False
            if not await take(page) or page.cursor is None:
                return True
            cursor = page.cursor

    def opt_out(self, call: Call) -> str | None:
        """Return why a call's number must not be called again, `None` where nothing says so."""
        return opted_out(call, self._opt_out_field)

    async def adopt(self, page: CallPage) -> list[Attempt]:
        """Record the calls of a page that the ledger does not hold; return their attempts."""
        found = [self._found(page, index) for index in range(len(page.calls))]
        # A write goes on when its caller is cancelled: whoever reads next is to find it done.
        taken: list[Attempt] = []
        with anyio.CancelScope(shield=True):
            taken += await self._ledger.adopt(found)
        return taken

    def _found(self, page: CallPage, index: int) -> Found:
        call = page.calls[index]
        found = evidence.found(
            call, campaign=self._campaign, campaign_id=self.campaign_id, at=self._clock.now()
        )
        if found is None:
            raise LedgerError(
                f"the provider lists call {call.call_id!r} for this campaign, and it does not "
                "carry the metadata of one of its attempts",
                hint="find out who placed it; another --name starts a campaign of its own",
            )
        return replace(found, opt_out=self.opt_out(call))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a cross-check came to: `added` attempts that the ledger had no trace of."""

    adopted: int = 0
    added: int = 0
    possible: bool = True


async def cross_check(
    listing: Listing,
    ledger: Ledger,
    campaign: str,
    query: CallQuery,
    *,
    on_adopted: Callable[[Attempt], None] = lambda _: None,
) -> Checked:
    """Compare the provider's list with the ledger and adopt what the ledger does not hold.

    The newest page decides: where the ledger knows all of it and the provider counts no more
    calls than the ledger, nothing is missing. Otherwise all pages are read. `on_adopted` is told
    of each attempt that is new to us.
    """
    before = await ledger.intents()
    adopted = added = 0

    async def take(page: CallPage) -> bool:
        nonlocal adopted, added
        for attempt in await listing.adopt(page):
            adopted += 1
            # Other campaigns add attempts meanwhile, to this one nobody else does.
            added += attempt.id > before
            on_adopted(attempt)
        return adopted > 0 or not await _is_whole(page, ledger, campaign)

    if not await listing.walk(query, take):
        return Checked(possible=False)
    return Checked(adopted=adopted, added=added)


async def _is_whole(page: CallPage, ledger: Ledger, campaign: str) -> bool:
    """Tell whether a page says how many calls there are, and the ledger holds as many."""
    return page.total is not None and page.total <= await ledger.calls_created(campaign)


def _may_ask_again(answer: CallPage | Missing | Fault) -> bool:
    lasting = {FaultKind.KEY, FaultKind.RUN, FaultKind.ROW}
    return isinstance(answer, Fault) and answer.kind not in lasting


def _wait_s(state: RetryCallState) -> float:
    """Wait as the provider asks, or twice as long each time."""
    backoff_s = BACKOFF_S * 2.0 ** (state.attempt_number - 1)
    answer = state.outcome.result() if state.outcome else None
    asked_s = answer.retry_after_s if isinstance(answer, Fault) else None
    return backoff_s if asked_s is None else min(max(asked_s, 0.0), MOST_PAUSE_S)
