"""Following: every live call is watched until its end is known, which frees its line.

The newest page of the campaign's list shows most of them at once, however many there are; calls
that it does not show, and all calls of a server without such a list, are asked after one by one.
A call whose end is known is watched a little longer where its analysis is still to come.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import anyio

from campaign.dialer.clock import current_s
from campaign.dialer.listing import Listing
from campaign.dialer.means import Means
from campaign.dialer.patience import Patience
from campaign.dialer.watch import Watch, Watched
from campaign.log import Action, Log
from campaign.model import Attempt, Call, CallPage, CallQuery, Event, EventKind, Fault, Missing
from campaign.policy import disposition, following
from campaign.policy.following import Want

log = Log(__name__)

READERS = 4

LOOK_S = 0.5
"""How often it is looked whether lines have run out."""

MOST_EARLY = 100
"""News of calls that are not watched: of so many it is remembered that there was some."""


class Follower:
    """Follows the live calls of one run.

    `on_end` is told of each call that has ended, `on_last_word` when nothing more is waited for of
    it. `want` tells what an end would be good for: where contacts wait for its line, ends are
    looked for as often as the list's budget allows; less often where the provider tells of them
    by itself (`told`).
    """

    def __init__(
        self,
        means: Means,
        *,
        listing: Listing,
        by_list: bool,
        told: bool,
        lines: int,
        analysis_for_s: float,
        on_end: Callable[[Attempt], None],
        on_last_word: Callable[[Attempt], None],
        want: Callable[[], Want],
    ) -> None:
        self._ledger = means.ledger
        self._provider = means.provider
        self._listing = listing
        self._clock = means.clock
        self._stop = means.stop
        self._told = told
        self._analysis_for_s = analysis_for_s
        self._on_end = on_end
        self._on_last_word = on_last_word
        self._want = want
        self._watch = Watch(by_list=by_list, told=told)
        self._early: deque[str] = deque(maxlen=MOST_EARLY)
        self._hanging_up = False
        self._quiet_rounds = 0
        self._patience = Patience(means.stop, lines=lines)

    @property
    def live(self) -> int:
        """Return how many calls have not been seen to end."""
        return self._watch.live

    @property
    def live_since_s(self) -> float | None:
        """Return since when the oldest live call has been watched, `None` without any."""
        return self._watch.live_since_s

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is waited for: no end, and no analysis in a stopped run."""
        return self._watch.idle or (self._stop.requested and self._watch.live == 0)

    def watch(self, attempt: Attempt) -> Watched:
        """Follow a call that was created."""
        if self._watch.idle:
            self._patience.answered()
        self._quiet_rounds = 0
        watched = self._watch.add(attempt)
        if watched.call_id in self._early:
            self._watch.at_once(watched)
        return watched

    def watch_over(self, attempt: Attempt) -> None:
        """Wait for the last word on a call that had ended when it was found."""
        if self._awaits_analysis(attempt.call):
            self._watch.ended(self.watch(attempt))
        else:
            self._on_last_word(attempt)

    async def idle(self) -> None:
        """Wait until nothing is waited for."""
        while not self.is_idle:
            await self._watch.changed()

    async def run(self) -> None:
        """Read until cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._list_on)
            for _ in range(READERS):
                group.start_soon(self._read_on)

    async def told(self, call: Call) -> bool:
        """Take what the provider says of a call by itself; `False` where it is not watched."""
        watched = self._watch.of_call(call.call_id)
        if watched is None:
            self._early.append(call.call_id)  # perhaps its create is only being recorded
            return False
        await self._observe(watched, call)
        return True

    async def hang_up(self) -> None:
        """End all live calls, those that are still being created too; their ends are then read."""
        self._hanging_up = True
        for watched in self._watch.all_live():
            await self._end_call(watched)

    async def _list_on(self) -> None:
        """Read the newest page again and again, as long as the server has a list."""
        while self._watch.by_list:
            if self._watch.idle:
                await self._watch.changed()
                continue
            page = await self._listing.page(
                CallQuery(
                    campaign_id=self._listing.campaign_id,
                    limit=following.page_size(self._watch.reach),
                )
            )
            await self._take_page(page)
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next page; what an end is wanted for may change meanwhile."""
        since_s = current_s()
        while True:
            gap_s = following.round_gap_s(
                self._want(), quiet_rounds=self._quiet_rounds, told=self._told
            )
            left_s = since_s + gap_s - current_s()
            if left_s <= 0:
                return
            await anyio.sleep(min(left_s, LOOK_S))

    async def _take_page(self, page: CallPage | Missing | Fault) -> None:
        if isinstance(page, Missing):
            self._watch.one_by_one()
        elif isinstance(page, Fault):
            self._patience.unanswered(page)
        else:
            self._patience.answered()
            self._quiet_rounds += 1
            for call in page.calls:
                watched = self._watch.of_call(call.call_id)
                if watched is not None:
                    await self._observe(watched, call)

    async def _read_on(self) -> None:
        """Ask after single calls, each when it is due, within the budget of reads."""
        while True:
            watched = await self._watch.next_due()
            await self._take(watched, await self._provider.get(watched.call_id))

    async def _take(self, watched: Watched, reply: Call | Missing | Fault) -> None:
        if isinstance(reply, Fault):
            self._patience.unanswered(reply)
            gone = not self._watch.holds(watched)
            if gone or self._patience.lasts(watched):
                self._watch.again(watched)
            else:
                self._watch.drop(watched)  # left to the next run
            return
        self._patience.answered()
        watched.heard_s = current_s()
        if isinstance(reply, Call):
            watched.missing_times = 0
            await self._observe(watched, reply)
        else:
            await self._missing(watched, reply)

    async def _observe(self, watched: Watched, call: Call) -> None:
        """Record what is new of a call; the same words again are not written down."""
        if watched.busy or not self._watch.holds(watched):
            return  # a page and a read may bring the same news at once
        watched.busy = True
        try:
            await self._heed(watched, call)
        finally:
            watched.busy = False

    async def _heed(self, watched: Watched, call: Call) -> None:
        watched.heard_s = now_s = current_s()
        if watched.ended_s is not None:
            await self._late(watched, call, now_s)
        elif disposition.has_ended(call):
            await self._end(watched, EventKind.ENDED, call=call)
        else:
            if call.status != watched.status:
                self._quiet_rounds = 0
                watched.status = call.status
                await self._record(watched, EventKind.OBSERVED, call=call)
            if self._hanging_up:
                await self._end_call(watched)
            self._watch.again(watched)

    async def _late(self, watched: Watched, call: Call, now_s: float) -> None:
        """Take the analysis of a call that has ended, or give it up in time."""
        over = now_s - (watched.ended_s or 0.0) >= self._analysis_for_s
        if over or following.is_analyzed(call):
            attempt = await self._record(watched, EventKind.OBSERVED, call=call)
            self._watch.drop(watched)
            self._on_last_word(attempt)
        else:
            self._watch.again(watched)

    async def _missing(self, watched: Watched, missing: Missing) -> None:
        now_s = current_s()
        if watched.missing_times == 0:
            watched.missing_since_s = now_s
        watched.missing_times += 1
        gone = following.is_lost(
            missing_s=now_s - watched.missing_since_s, times=watched.missing_times
        )
        if gone and watched.ended_s is not None:
            self._watch.drop(watched)
        elif gone:
            error = f"the provider no longer knows the call: {missing.message}"
            await self._end(watched, EventKind.LOST, error=error)
        else:
            self._watch.again(watched)

    async def _end(
        self,
        watched: Watched,
        kind: EventKind,
        *,
        call: Call | None = None,
        error: str | None = None,
    ) -> None:
        self._quiet_rounds = 0
        attempt = await self._record(watched, kind, call=call, error=error)
        if self._awaits_analysis(call):
            self._watch.ended(watched)
            self._on_end(attempt)
        else:
            self._watch.drop(watched)
            self._on_end(attempt)
            self._on_last_word(attempt)

    def _awaits_analysis(self, call: Call | None) -> bool:
        return call is not None and following.awaits_analysis(call) and self._analysis_for_s > 0

    async def _record(
        self,
        watched: Watched,
        kind: EventKind,
        *,
        call: Call | None = None,
        error: str | None = None,
    ) -> Attempt:
        event = Event(
            id=watched.id,
            kind=kind,
            at=self._clock.now(),
            call=call,
            error=error,
            opt_out=None if call is None else self._listing.opt_out(call),
        )
        # A write goes on when its caller is cancelled: whoever reads next is to find it done.
        with self._stop.shield():
            return await self._ledger.record(event)

    async def _end_call(self, watched: Watched) -> None:
        refused = await self._provider.stop_call(watched.call_id)
        if refused is not None:
            log.warning(
                Action.HANG_UP_FAILED,
                "call %s could not be ended: %s",
                watched.call_id,
                refused.message,
                call=watched.call_id,
            )
