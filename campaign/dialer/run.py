"""A run from its first contact to its last call's end: one task group, owned by `dial`.

::

    queue ──▶ hand over ──▶ workers: line → contact → place ──┬──▶ follower ──▶ line is free
      ▲                                                              └──▶ reconciler ──▲    │
      └───────────────────────── may be dialled again ──────────────────(may exist)────────┘

Nothing lies between queue and workers, a worker takes a line before it takes a contact, and there
are never more workers than lines.
"""

from __future__ import annotations

import anyio

from campaign.dialer.callers import Callers
from campaign.dialer.documents import Documents
from campaign.dialer.endings import Endings
from campaign.dialer.follow import Follower
from campaign.dialer.handover import Handover
from campaign.dialer.lines import Lines, Quota
from campaign.dialer.listing import Listing
from campaign.dialer.means import Means
from campaign.dialer.place import Placed, Placer
from campaign.dialer.plan import Dial, Plan, Report
from campaign.dialer.pulse import Pulse
from campaign.dialer.purse import Wallet
from campaign.dialer.queue import Queue
from campaign.dialer.reconcile import Reconciler, Unknown
from campaign.dialer.settle import Settling
from campaign.dialer.share import Allotment
from campaign.dialer.telling import Teller
from campaign.dialer.throttle import Throttle
from campaign.model import Attempt, AttemptState, Call, Outcome
from campaign.policy import disposition, evidence
from campaign.policy.following import Want
from campaign.policy.placing import Then

STOPPED = "the run was stopped before its turn"


class Run:
    """The state of one run; `campaign.dialer.dial` is its only caller."""

    def __init__(self, plan: Plan, means: Means, *, throttle: Throttle, pulse: Pulse) -> None:
        self.report = Report()
        self.teller = Teller(means, self.report)
        self._plan = plan
        self._means = means
        self._stop = means.stop
        self._lines = Lines(plan.max_live)
        self._quota = Quota.of(plan.limit, lambda: self._stop.request("limit"))
        self._wallet = Wallet(plan.purse, lambda: self._stop.request("budget"), self._is_busy)
        self.allotment = Allotment(plan.max_live, means.provider)
        self._callers = Callers(plan.from_numbers, near=plan.near_caller)
        self._endings = Endings(self.allotment, self._callers, self._stop)
        self._placer = Placer(
            plan,
            means,
            allotment=self.allotment,
            callers=self._callers,
            throttle=throttle,
            beat=pulse.reached,
        )
        listing = Listing(
            campaign=plan.campaign,
            campaign_id=plan.campaign_id,
            ledger=means.ledger,
            provider=means.provider,
            clock=means.clock,
            opt_out_field=plan.opt_out_field,
        )
        self.documents = Documents(means.provider, means.keep_document)
        self._make_watchers(listing, pulse)

    def _make_watchers(self, listing: Listing, pulse: Pulse) -> None:
        """Make those who look after calls, and the queue that waits for their ends."""
        plan, means = self._plan, self._means
        self.follower = Follower(
            means,
            listing=listing,
            by_list=plan.idempotent,
            told=plan.told,
            lines=plan.max_live,
            analysis_for_s=plan.analysis_for_s,
            on_end=self._ended,
            on_last_word=self._last_word,
            want=self._wanted,
        )
        self.reconciler = Reconciler(
            listing,
            clock=means.clock,
            stop=means.stop,
            lookup_for_s=plan.lookup_for_s,
            by_name=plan.idempotent,
            on_found=self._found,
            on_given_up=self._given_up,
        )
        self.queue = Queue(
            plan,
            ledger=means.ledger,
            clock=means.clock,
            feed=means.feed,
            stop=means.stop,
            settling=Settling(
                plan, means, listing=listing, pulse=pulse, on_adopted=self.reconciler.found
            ),
            holds=self.report.holds,
            busy=self._is_busy,
        )

    def _wanted(self) -> Want:
        """Tell what the end of a call would be good for now."""
        if self.allotment.waiting or (self._lines.waiting and self.queue.offering):
            return Want.LINE
        return Want.NOTHING if self.queue.offering else Want.END

    def _is_busy(self) -> bool:
        """Tell whether a call may still end in this run."""
        return self.follower.live > 0 or self.reconciler.looking > 0

    async def take_up(self) -> None:
        """Take up what earlier runs left; an unknown call holds a line while it may come alive."""
        for attempt in self._plan.found_ended:
            self.follower.watch_over(attempt)
        for attempt in await self._means.ledger.in_flight(self._plan.campaign):
            if attempt.state is AttemptState.LIVE:
                self._occupy()
                self.follower.watch(attempt)
            else:
                fresh = self.reconciler.in_grace(attempt.intent_at)
                if fresh:
                    self._occupy()
                self.reconciler.watch(attempt, since=attempt.intent_at, request=None, line=fresh)

    async def place_all(self) -> None:
        """Place what is due, until nothing falls due any more or the run is stopped."""
        handover = Handover[Dial](self.queue.dropped)
        workers = min(self._plan.in_flight, self._plan.max_live)
        async with anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(self._work, handover)
            await self.queue.run(handover)
            handover.close()
            self._lines.close()  # whoever waits for a line has nobody left to call

    async def follow_all(self) -> None:
        """Wait until every call's end is known and nothing is looked for."""
        while not (self.follower.is_idle and self.reconciler.looking == 0):
            await self.reconciler.idle()
            await self.follower.idle()
        await self.documents.idle()

    async def told(self, call: Call) -> None:
        """Take what the provider says of a call of its own accord."""
        if not await self.follower.told(call):
            await self.reconciler.told(call)

    async def _work(self, handover: Handover[Dial]) -> None:
        while await self._lines.acquire():
            dial = None
            try:
                dial = await handover.take()
            finally:
                if dial is None:
                    self._lines.release()
            if dial is None:
                return
            await self._work_on(dial)

    async def _work_on(self, dial: Dial) -> None:
        """Place one contact's call and settle its line: kept while a call is or may be live."""
        placed = Placed(then=Then.GIVE_UP, hold=STOPPED)
        in_quota = in_purse = False
        try:
            if self._quota is not None:
                await self._quota.acquire()
                in_quota = True
            await self._wallet.reserve()
            in_purse = True
            placed = await self._placer.place(dial)
        finally:
            self._take(dial, placed, in_quota=in_quota, in_purse=in_purse)

    def _take(self, dial: Dial, placed: Placed, *, in_quota: bool, in_purse: bool) -> None:
        self.report.holds.pop(dial.contact.key, None)
        if placed.hold is not None:
            self.report.holds[dial.contact.key] = placed.hold
        kept = placed.then in {Then.FOLLOW, Then.HOLD}
        if not kept:
            self._lines.release()
        if in_purse:
            self._wallet.spend() if kept else self._wallet.give_back()
        if self._quota is not None and in_quota:
            # A call that may exist counts as one: the limit is never passed by guessing.
            self._quota.spend() if kept else self._quota.release()
        self._count(dial, placed)
        stopped = placed.hold is not None and self._stop.requested
        self.queue.settled(dial, called=kept, stopped=stopped)
        if placed.due_at is not None:
            self.queue.put_off(dial, placed.due_at)

    def _count(self, dial: Dial, placed: Placed) -> None:
        if placed.then is Then.FOLLOW and placed.attempt is not None:
            self.report.created += 1
            self.follower.watch(placed.attempt)
        elif placed.then is Then.HOLD and placed.attempt is not None:
            self.report.unknown += 1
            self.reconciler.watch(
                placed.attempt,
                since=self._means.clock.now(),
                request=self._plan.request(dial.contact, dial.attempt, placed.attempt.from_number),
                line=True,
            )
        elif placed.hold is None:
            self.report.failed += 1
        self.teller.dialled(dial, placed)
        self._tell()

    def _occupy(self) -> None:
        """Take a line for a call that is live already, though it may be one too many."""
        self._lines.take()
        self.allotment.use()

    def _vacate(self) -> None:
        self._lines.release()
        self.allotment.free()

    def _found(self, attempt: Attempt, unknown: Unknown | None) -> None:
        """Follow a call that was found, on the line that it may have had already.

        One that has ended by then holds none, and its end counts as that of any other.
        """
        self.teller.found(unknown)
        if unknown is not None and unknown.holds_line:
            self._vacate()
        elif unknown is None:
            self._wallet.adopted(attempt.attempt_id)
        if attempt.state is AttemptState.LIVE:
            self._occupy()
            self.follower.watch(attempt)
        else:
            self._heed_end(attempt)
            self.follower.watch_over(attempt)
        self._tell()

    async def _given_up(self, unknown: Unknown) -> None:
        """Free the line of an attempt that was not found; send it once more where asked for."""
        placed = None
        if self._may_resend(unknown) and unknown.request is not None:
            placed = await self._placer.resend(unknown.attempt, unknown.request)
        if placed is not None and placed.then is Then.FOLLOW and placed.attempt is not None:
            self._found(placed.attempt, unknown)
            return
        self._wallet.not_found(unknown.attempt.attempt_id)
        if unknown.holds_line:
            self._vacate()

    def _may_resend(self, unknown: Unknown) -> bool:
        return (
            self._plan.resend_unknown
            and unknown.absent
            and not self._stop.requested
            and evidence.may_resend(
                intent_at=unknown.attempt.intent_at,
                now=self._means.clock.now(),
                sends=unknown.attempt.sends,
                idempotent=self._plan.idempotent,
            )
        )

    def _ended(self, attempt: Attempt) -> None:
        """Free what a call held, and heed what its end means for the others."""
        self._vacate()
        self._heed_end(attempt)
        self._tell()

    def _heed_end(self, attempt: Attempt) -> None:
        self.teller.ended(attempt)
        self._wallet.ended(attempt.attempt_id, attempt.call)
        self._endings.heed(attempt)
        self.queue.ended(attempt)

    def _last_word(self, attempt: Attempt) -> None:
        """Take note that nothing more is waited for of a call: its cost may be new."""
        self._wallet.late(attempt.attempt_id, attempt.call)
        if attempt.call and disposition.of_attempt(attempt) is Outcome.ANSWERED:
            self.documents.want(attempt.call.call_id)

    def tell(self) -> None:
        """Tell how far the run is, also where nothing has happened."""
        self.teller.look(next_due=self.queue.next_due, live_since_s=self.follower.live_since_s)
        self._tell()

    def _tell(self) -> None:
        self.teller.tell(live=self.follower.live, spent_usd=self._wallet.spent_usd)
