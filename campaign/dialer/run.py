"""A run from its first contact to its last call's end: one task group, owned by `dial`.

::

    feed ──▶ zero-size stream ──▶ workers: line → contact → place ──┬──▶ follower ──▶ line is free
                                                                    └──▶ reconciler ──▲
                                                                         (may exist)

What is taken from the list is about to be dialled: the stream holds nothing, a worker takes a
line before it takes a contact, and there are never more workers than lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream

from campaign.dialer.follow import Follower
from campaign.dialer.lines import Lines, Quota
from campaign.dialer.listing import Listing, cross_check
from campaign.dialer.place import Placed, Placer
from campaign.dialer.plan import Dial, Plan, Report
from campaign.dialer.pulse import Pulse
from campaign.dialer.reconcile import Reconciler, Unknown
from campaign.dialer.stop import Stop
from campaign.errors import HaltError, ListError
from campaign.model import Attempt, AttemptState, CallQuery, Contact
from campaign.policy import evidence, redial
from campaign.policy.placing import Then
from campaign.ports import Clock, ContactFeed, Ledger, Progress, Provider

STOPPED = "the run was stopped before its turn"


class Run:
    """The state of one run; `campaign.dialer.dial` is its only caller."""

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
        pulse: Pulse,
    ) -> None:
        self.report = Report()
        self._plan = plan
        self._ledger = ledger
        self._clock = clock
        self._feed = feed
        self._progress = progress
        self._stop = stop
        self._pulse = pulse
        self._settled = plan.settle_until is None
        self._lines = Lines(plan.max_live)
        self._quota = (
            None if plan.limit is None else Quota(plan.limit, lambda: stop.request("limit"))
        )
        self._placer = Placer(
            plan, ledger=ledger, provider=provider, clock=clock, stop=stop, beat=pulse.reached
        )
        self._listing = Listing(
            campaign=plan.campaign,
            campaign_id=plan.campaign_id,
            ledger=ledger,
            provider=provider,
            clock=clock,
        )
        self.follower = Follower(
            ledger=ledger,
            provider=provider,
            listing=self._listing,
            clock=clock,
            stop=stop,
            by_list=plan.idempotent,
            analysis_for_s=plan.analysis_for_s,
            on_end=self._ended,
            hurried=lambda: self._lines.waiting > 0,
        )
        self.reconciler = Reconciler(
            self._listing,
            clock=clock,
            stop=stop,
            lookup_for_s=plan.lookup_for_s,
            by_name=plan.idempotent,
            on_found=self._found,
            on_given_up=self._given_up,
        )

    async def take_up(self) -> None:
        """Take up what earlier runs left: live calls are followed, unknown ones looked for.

        An unknown call holds a line only as long as it may still come alive.
        """
        for attempt in await self._ledger.in_flight(self._plan.campaign):
            if attempt.state is AttemptState.LIVE:
                self._lines.take()
                self.follower.watch(attempt)
            else:
                fresh = self.reconciler.in_grace(attempt.intent_at)
                if fresh:
                    self._lines.take()
                self.reconciler.watch(attempt, since=attempt.intent_at, request=None, line=fresh)

    async def place_all(self) -> None:
        """Place what is due, until it is placed or the run is stopped."""
        send, receive = anyio.create_memory_object_stream[Dial](0)
        workers = min(self._plan.in_flight, self._plan.max_live)
        async with send, receive, anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(self._work, receive)
            await self._take_in(send)

    async def follow_all(self) -> None:
        """Wait until every call's end is known and nothing is looked for."""
        while not (self.follower.is_idle and self.reconciler.looking == 0):
            await self.reconciler.idle()
            await self.follower.idle()

    async def _take_in(self, send: ObjectSendStream[Dial]) -> None:
        """Hand the contacts that are due to the workers, in list order."""
        async with send:
            try:
                async with aclosing(self._feed()) as batches:
                    async for batch in batches:
                        for dial in await self._due(batch):
                            await send.send(dial)
            except (ListError, HaltError) as error:
                # The list, or the proof that nobody on it was called, broke under the run: no
                # new call, those that are live are followed.
                self._stop.halt(error)
        self.report.finished = True
        self._lines.close()  # whoever waits for a line has nobody left to call

    async def _due(self, batch: Sequence[Contact]) -> list[Dial]:
        dials = await self._dials(batch)
        if dials and not self._settled:
            await self._settle()
            dials = await self._dials(batch)
        return dials

    async def _dials(self, batch: Sequence[Contact]) -> list[Dial]:
        keys = [contact.key for contact in batch]
        histories = await self._ledger.histories(self._plan.campaign, keys)
        return [
            Dial(contact=contact, attempt=due.attempt)
            for contact in batch
            if (due := redial.due(histories.get(contact.key))) is not None
        ]

    async def _settle(self) -> None:
        """Let the provider's list catch up with what the ledger has lost."""
        until, tries = self._plan.settle_until, 0
        while until is not None and (left_s := (until - self._clock.now()).total_seconds()) > 0:
            tries += 1
            await anyio.sleep(min(evidence.gap_s(tries), left_s))
        query = CallQuery(campaign_id=self._plan.campaign_id, since=self._plan.listed_since)
        await cross_check(self._listing, self._ledger, self._plan.campaign, query)
        self._settled = True
        self._pulse.begin(await self._ledger.intents())

    async def _work(self, receive: ObjectReceiveStream[Dial]) -> None:
        while await self._lines.acquire():
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
        placed = Placed(then=Then.GIVE_UP, hold=STOPPED)
        in_quota = False
        try:
            if self._quota is not None:
                await self._quota.acquire()
                in_quota = True
            placed = await self._placer.place(dial)
        finally:
            self._take(dial, placed, in_quota=in_quota)

    def _take(self, dial: Dial, placed: Placed, *, in_quota: bool) -> None:
        if placed.hold is not None:
            self.report.holds[dial.contact.key] = placed.hold
        kept = placed.then in {Then.FOLLOW, Then.HOLD}
        if not kept:
            self._lines.release()
        if self._quota is not None and in_quota:
            # A call that may exist counts as one: the limit is never passed by guessing.
            self._quota.spend() if kept else self._quota.release()
        self._count(dial, placed)

    def _count(self, dial: Dial, placed: Placed) -> None:
        if placed.then is Then.FOLLOW and placed.attempt is not None:
            self.report.created += 1
            self.follower.watch(placed.attempt)
        elif placed.then is Then.HOLD and placed.attempt is not None:
            self.report.unknown += 1
            self.reconciler.watch(
                placed.attempt,
                since=self._clock.now(),
                request=self._plan.request(dial.contact, dial.attempt),
                line=True,
            )
        elif placed.hold is None:
            self.report.failed += 1
        self._tell()

    def _found(self, attempt: Attempt, unknown: Unknown | None) -> None:
        """Follow a call that was found, on the line that it may have had already."""
        if unknown is not None and unknown.holds_line:
            self._lines.release()
        if attempt.state is AttemptState.LIVE:
            self._lines.take()
            self.follower.watch(attempt)
        self._tell()

    async def _given_up(self, unknown: Unknown) -> None:
        """Free the line of an attempt that was not found; send it once more where asked for."""
        placed = None
        if self._may_resend(unknown) and unknown.request is not None:
            placed = await self._placer.resend(unknown.attempt, unknown.request)
        if placed is not None and placed.then is Then.FOLLOW and placed.attempt is not None:
            self._found(placed.attempt, unknown)
        elif unknown.holds_line:
            self._lines.release()

    def _may_resend(self, unknown: Unknown) -> bool:
        return (
            self._plan.resend_unknown
            and unknown.absent
            and not self._stop.requested
            and evidence.may_resend(
                intent_at=unknown.attempt.intent_at,
                now=self._clock.now(),
                sends=unknown.attempt.sends,
                idempotent=self._plan.idempotent,
            )
        )

    def _ended(self, _: Attempt) -> None:
        self._lines.release()
        self._tell()

    def _tell(self) -> None:
        self._progress.update(
            {
                "created": self.report.created,
                "failed": self.report.failed,
                "unknown": self.report.unknown,
                "live": self.follower.live,
            }
        )
