"""Calls that may exist: looked for at the provider until found, or past their grace.

Found, a call is adopted and followed. Not found after the grace, the attempt stays unknown for a
person to decide (or is sent once more under the same key, where that was asked for): it is never
turned into "not called", and its line is free again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio

from campaign.dialer.bell import Bell
from campaign.dialer.clock import current_s
from campaign.dialer.listing import Listing
from campaign.dialer.stop import Stop
from campaign.errors import HaltError, KeyRefusedError
from campaign.log import Action, Log
from campaign.model import (
    Attempt,
    Call,
    CallPage,
    CallQuery,
    CallRequest,
    Fault,
    FaultKind,
    Missing,
)
from campaign.policy import evidence
from campaign.ports import Clock

log = Log(__name__)

MANY = 4
"""From so many on, pages of the campaign are read before attempts are asked for one by one."""

WALKED = 3
"""Pages of the campaign that are read for many; the others are asked for by name."""

EARLIER = timedelta(minutes=5)
"""v1's walk back in time goes this far beyond the oldest intent: clocks differ."""


@dataclass(slots=True, kw_only=True)
class Unknown:
    """An attempt that is looked for.

    `until` ends its grace; `absent` tells that a list which could be read did not have it then.
    `request` is what was sent, where this run sent it. `holds_line` tells
    whether the call, if there is one, still has a line of this run.
    """

    attempt: Attempt
    until: datetime
    next_s: float
    holds_line: bool
    request: CallRequest | None = None
    tries: int = 0
    absent: bool = False


class Reconciler:
    """Looks for the unknown attempts of one run."""

    def __init__(
        self,
        listing: Listing,
        *,
        clock: Clock,
        stop: Stop,
        lookup_for_s: float,
        by_name: bool,
        on_found: Callable[[Attempt, Unknown | None], None],
        on_given_up: Callable[[Unknown], Awaitable[None]],
    ) -> None:
        self._listing = listing
        self._clock = clock
        self._stop = stop
        self._lookup_for = timedelta(seconds=lookup_for_s)
        self._by_name = by_name
        self._on_found = on_found
        self._on_given_up = on_given_up
        self._unknown: dict[int, Unknown] = {}
        self._changed = Bell()

    def watch(
        self, attempt: Attempt, *, since: datetime, request: CallRequest | None, line: bool
    ) -> None:
        """Look for the call of an attempt that has been unknown since `since`."""
        until = since + self._lookup_for
        log.info(
            Action.LOOKED_UP,
            "attempt %s is looked for at the provider",
            attempt.attempt_id,
            attempt=attempt,
            until=until,
        )
        self._unknown[attempt.id] = Unknown(
            attempt=attempt,
            until=until,
            next_s=current_s(),
            holds_line=line,
            request=request,
        )
        self._notify()

    async def told(self, call: Call) -> None:
        """Take what the provider says of a call by itself, where it is one that is looked for."""
        attempt_id = call.metadata.get("attempt_id")
        if any(unknown.attempt.attempt_id == attempt_id for unknown in self._unknown.values()):
            await self._take(CallPage(calls=(call,)))

    def found(self, attempt: Attempt) -> None:
        """Take note of an attempt whose call was found, by whoever looked."""
        unknown = self._unknown.pop(attempt.id, None)
        call_id = attempt.call.call_id if attempt.call else None
        log.info(
            Action.FOUND,
            "attempt %s was found as call %s",
            attempt.attempt_id,
            call_id,
            attempt=attempt,
            call=call_id,
        )
        self._on_found(attempt, unknown)
        self._notify()

    @property
    def looking(self) -> int:
        """Return how many attempts are looked for."""
        return len(self._unknown)

    def in_grace(self, since: datetime) -> bool:
        """Tell whether the absence of a call that may have been made at `since` proves nothing."""
        return self._clock.now() < since + self._lookup_for

    async def idle(self) -> None:
        """Wait until nothing is looked for."""
        while self._unknown:
            await self._changed.heard()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self._look(await self._due())

    async def _due(self) -> list[Unknown]:
        while True:
            now_s = current_s()
            due = [unknown for unknown in self._unknown.values() if unknown.next_s <= now_s]
            if due:
                return due
            next_s = min((unknown.next_s for unknown in self._unknown.values()), default=None)
            with anyio.move_on_after(None if next_s is None else next_s - now_s):
                await self._changed.heard()

    async def _look(self, due: Sequence[Unknown]) -> None:
        left = list(due)
        if not self._by_name or len(left) >= MANY:
            left = await self._walk(left)
        for unknown in left:
            if unknown.attempt.id in self._unknown:
                await self._ask(unknown)

    async def _walk(self, due: list[Unknown]) -> list[Unknown]:
        """Read pages of the campaign for many attempts at once; return those still in doubt."""
        since = min(unknown.attempt.intent_at for unknown in due) - EARLIER
        query = CallQuery(campaign_id=self._listing.campaign_id, since=since)
        walked = 0

        async def take(page: CallPage) -> bool:
            nonlocal walked
            await self._take(page)
            walked += 1
            return not (self._by_name and walked == WALKED)

        try:
            await self._listing.walk(query, take)
        except KeyRefusedError as error:
            self._refused(error)
            return []
        except HaltError as error:
            log.warning(Action.LIST_FAILED, str(error))
            for unknown in self._still(due):
                await self._undecided(unknown)
            return []
        left = self._still(due)
        if self._by_name:
            return left
        for unknown in left:  # the walk was whole: what is not on it is not there, as of now
            await self._absent(unknown)
        return []

    def _still(self, due: Sequence[Unknown]) -> list[Unknown]:
        return [unknown for unknown in due if unknown.attempt.id in self._unknown]

    async def _ask(self, unknown: Unknown) -> None:
        """Ask for one attempt by its own id and number."""
        answer = await self._listing.page(
            CallQuery(
                campaign_id=self._listing.campaign_id,
                attempt_id=unknown.attempt.attempt_id,
                to_number=unknown.attempt.to_number,
                limit=10,
            )
        )
        if isinstance(answer, Fault):
            self._heed(answer)
            await self._undecided(unknown)
            return
        await self._take(answer)
        if unknown.attempt.id in self._unknown:
            await self._absent(unknown)

    async def _take(self, page: CallPage | Missing) -> None:
        if isinstance(page, Missing):
            return
        for attempt in await self._listing.adopt(page):
            self.found(attempt)

    async def _absent(self, unknown: Unknown) -> None:
        """Take note that the list does not have the call: for good once the grace is over."""
        if self._clock.now() >= unknown.until:
            unknown.absent = True
            await self._give_up(unknown)
        else:
            self._again(unknown, unknown.until)

    async def _undecided(self, unknown: Unknown) -> None:
        """Take note that the list could not be had."""
        last = unknown.until + timedelta(seconds=evidence.PATIENCE_S)
        if self._clock.now() >= last:
            await self._give_up(unknown)
        else:
            self._again(unknown, last)

    def _again(self, unknown: Unknown, until: datetime) -> None:
        unknown.tries += 1
        left_s = (until - self._clock.now()).total_seconds()
        # The last look comes when the grace is over, not before.
        unknown.next_s = current_s() + min(evidence.gap_s(unknown.tries), left_s + 0.001)

    async def _give_up(self, unknown: Unknown) -> None:
        log.warning(
            Action.NOT_FOUND,
            "attempt %s was not found at the provider: it stays unknown",
            unknown.attempt.attempt_id,
            attempt=unknown.attempt,
        )
        await self._on_given_up(unknown)
        # Only now: until then there is something to wait for.
        del self._unknown[unknown.attempt.id]
        self._notify()

    def _heed(self, fault: Fault) -> None:
        log.warning(Action.LIST_FAILED, "a look-up failed: %s", fault.message)
        if fault.kind is FaultKind.KEY:
            self._refused(KeyRefusedError(fault.message, hint="check RETELL_API_KEY"))

    def _refused(self, error: KeyRefusedError) -> None:
        """End the run: nothing can be looked up any more, and what is unknown stays so."""
        self._stop.halt(error)
        self._stop.following.cancel()

    def _notify(self) -> None:
        self._changed.ring()
