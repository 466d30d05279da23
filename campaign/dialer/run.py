"""A run from its first contact to its last call's end: one task group, owned by `dial`.

::

    feed ──▶ zero-size stream ──▶ workers: line → contact → place ──▶ follower ──▶ line is free

What is taken from the list is about to be dialled: the stream holds nothing, a worker takes a
line before it takes a contact, and there are never more workers than lines.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream, TaskGroup

from campaign.dialer.follow import Follower
from campaign.dialer.lines import Lines, Quota
from campaign.dialer.place import Placed, Placer
from campaign.dialer.plan import Dial, Plan, Report
from campaign.dialer.stop import Stop, watch_deadline, watch_signals
from campaign.errors import CampaignError, HaltError, ListError
from campaign.model import Attempt, AttemptState
from campaign.policy import redial
from campaign.policy.placing import Then
from campaign.ports import Clock, ContactFeed, Ledger, Progress, Provider

UNKNOWN_LINE_S = 360.0
"""Longer than the 5 minutes in which a registered call starts or times out."""


class Run:
    """The state of one run; `dial` is its only caller."""

    def __init__(
        self,
        plan: Plan,
        *,
        ledger: Ledger,
        provider: Provider,
        clock: Clock,
        feed: ContactFeed,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self.report = Report()
        self._plan = plan
        self._ledger = ledger
        self._clock = clock
        self._feed = feed
        self._progress = progress
        self._stop = stop
        self._lines = Lines(plan.max_live)
        self._quota = (
            None if plan.limit is None else Quota(plan.limit, lambda: stop.request("limit"))
        )
        self._placer = Placer(plan, ledger=ledger, provider=provider, clock=clock, stop=stop)
        self._follower = Follower(
            ledger=ledger, provider=provider, clock=clock, stop=stop, on_end=self._ended
        )
        self._in_a_row = 0
        self._group: TaskGroup

    async def go(self) -> None:
        """Take up what is live, place what is due, follow it to its end."""
        await self._take_up()
        async with anyio.create_task_group() as group:
            self._group = group
            if self._plan.until is not None:
                group.start_soon(watch_deadline, self._stop, self._plan.until, self._clock)
            group.start_soon(self._follower.run)
            with self._stop.placing:
                await self._place_all()
            # What ends now ends by itself: a deadline that passes from here on stops nothing.
            self.report.stopped_by = self._stop.reason
            if self._plan.follow:
                with self._stop.following:
                    await self._follower.idle()
            group.cancel_scope.cancel()

    async def _take_up(self) -> None:
        """Follow the calls that an earlier run left live; unknown ones hold no line."""
        for attempt in await self._ledger.in_flight(self._plan.campaign):
            if attempt.state is AttemptState.LIVE:
                self._lines.take()
                self._follower.watch(attempt)

    async def _place_all(self) -> None:
        send, receive = anyio.create_memory_object_stream[Dial](0)
        workers = min(self._plan.in_flight, self._plan.max_live)
        async with send, receive, anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(self._work, receive)
            await self._take_in(send)

    async def _take_in(self, send: ObjectSendStream[Dial]) -> None:
        """Hand the contacts that are due to the workers, in list order."""
        async with send:
            try:
                await self._hand_out(send)
            except ListError as error:
                # The list broke under the run: no new call, those that are live are followed.
                self._stop.halt(error)
        self.report.finished = True

    async def _hand_out(self, send: ObjectSendStream[Dial]) -> None:
        async with aclosing(self._feed()) as batches:
            async for batch in batches:
                keys = [contact.key for contact in batch]
                histories = await self._ledger.histories(self._plan.campaign, keys)
                for contact in batch:
                    due = redial.due(histories.get(contact.key))
                    if due is not None:
                        await send.send(Dial(contact=contact, attempt=due.attempt))

    async def _work(self, receive: ObjectReceiveStream[Dial]) -> None:
        while True:
            await self._lines.acquire()
            try:
                dial = await receive.receive()
            except anyio.EndOfStream:
                self._lines.release()
                return
            except BaseException:
                self._lines.release()
                raise
            await self._work_on(dial)

    async def _work_on(self, dial: Dial) -> None:
        """Place one contact's call and settle its line: kept while a call is or may be live."""
        placed = Placed(then=Then.GIVE_UP, hold="the run was stopped before its turn")
        in_quota = False
        try:
            if self._quota is not None:
                await self._quota.acquire()
                in_quota = True
            placed = await self._placer.place(dial)
        finally:
            self._settle(dial, placed, in_quota=in_quota)

    def _settle(self, dial: Dial, placed: Placed, *, in_quota: bool) -> None:
        if placed.hold is not None:
            self.report.holds[dial.contact.key] = placed.hold
        else:
            self.report.holds.pop(dial.contact.key, None)
        kept = placed.then in {Then.FOLLOW, Then.HOLD}
        if not kept:
            self._lines.release()
        if self._quota is not None and in_quota:
            # A call that may exist counts as one: the limit is never passed by guessing.
            self._quota.spend() if kept else self._quota.release()
        self._count(placed)

    def _count(self, placed: Placed) -> None:
        if placed.then is Then.FOLLOW and placed.attempt is not None:
            self.report.created += 1
            self._follower.watch(placed.attempt)
        elif placed.then is Then.HOLD:
            self.report.unknown += 1
            self._group.start_soon(self._free_later)
        elif placed.hold is None:
            self.report.failed += 1
        self._break(placed)
        self._tell()

    async def _free_later(self) -> None:
        """Free the line of a call that may exist, once it would have started or timed out."""
        await anyio.sleep(UNKNOWN_LINE_S)
        self._lines.release()

    def _break(self, placed: Placed) -> None:
        """Halt when creates come to nothing again and again through no fault of the contacts."""
        if placed.then is Then.FOLLOW:
            self._in_a_row = 0
        if placed.then not in {Then.HOLD, Then.BACK_OFF} or placed.attempt is None:
            return
        self._in_a_row += 1
        if 0 < self._plan.failed_in_a_row <= self._in_a_row:
            self._stop.halt(
                HaltError(
                    f"{self._in_a_row} creates in a row failed: {placed.attempt.error}",
                    hint="run again when the provider can be reached",
                )
            )

    def _ended(self, attempt: Attempt) -> None:
        self._lines.release()
        self._tell()

    def _tell(self) -> None:
        self._progress.update(
            {
                "created": self.report.created,
                "failed": self.report.failed,
                "unknown": self.report.unknown,
                "live": self._follower.live,
            }
        )


async def dial(
    plan: Plan,
    *,
    ledger: Ledger,
    provider: Provider,
    clock: Clock,
    feed: ContactFeed,
    progress: Progress,
    stop: Stop,
    on_signal: Callable[[int, bool], None] | None = None,
) -> Report:
    """Place the calls that are due and follow them; return how it went.

    `on_signal` makes SIGINT, SIGTERM and SIGHUP drain the run and is told of each. Raises
    `LedgerError` where nothing can be recorded: what was on the wire is then in the ledger as an
    intent, and unknown.
    """
    run = Run(
        plan,
        ledger=ledger,
        provider=provider,
        clock=clock,
        feed=feed,
        progress=progress,
        stop=stop,
    )
    try:
        with stop.everything:
            async with anyio.create_task_group() as group:
                if on_signal is not None:
                    group.start_soon(watch_signals, stop, on_signal)
                await run.go()
                group.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise _cause(group) from group
    return _closed(run.report, stop)


def _cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what a command can end with, where the tasks of a run failed together."""
    ours = group.subgroup(CampaignError)
    if ours is None:
        return group
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _closed(report: Report, stop: Stop) -> Report:
    report.error = stop.error
    report.signal_number = stop.signal_number
    if stop.error is not None:
        report.stopped_by = "halt"
    elif stop.signal_number is not None:
        report.stopped_by = "signal"
    return report
