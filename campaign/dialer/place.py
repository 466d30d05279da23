"""One contact's create: slot, pace, intent, POST, outcome.

The line (slot) is held by the caller. From the intent to the record of its answer nothing but
an abort interrupts; a request is only ever sent again when it certainly left nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from campaign.dialer.backoff import try_again
from campaign.dialer.callers import Callers
from campaign.dialer.fuse import Fuse
from campaign.dialer.means import Means
from campaign.dialer.pacer import Pacer
from campaign.dialer.plan import Dial, Plan
from campaign.dialer.share import Allotment
from campaign.dialer.throttle import Throttle
from campaign.errors import ConfigError, HaltError, KeyRefusedError
from campaign.log import OF_CREATES, Log
from campaign.model import (
    Attempt,
    Begun,
    Call,
    CallRequest,
    Capped,
    Event,
    EventKind,
    Fault,
    FaultKind,
    Held,
    Intent,
    Suppressed,
    TooSoon,
)
from campaign.policy import evidence
from campaign.policy.hours import Closed
from campaign.policy.masking import mask
from campaign.policy.placing import (
    MOST_PAUSES,
    Then,
    after_create,
)
from campaign.policy.requests import Limiter

log = Log(__name__)

DO_NOT_CALL = "the provider keeps this number on its do-not-call list"

LIMITERS = frozenset(limiter.value for limiter in Limiter)

RETIRED = "networks take no calls from its caller number any more; the next run tries again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of one dial: `attempt` is `None` where nothing was sent; `hold` says why.

    `due_at` is when it is to be tried again, where that is known.
    """

    then: Then
    attempt: Attempt | None = None
    hold: str | None = None
    due_at: datetime | None = None


class Placer:
    """Places calls of one run; shared by its workers."""

    def __init__(
        self,
        plan: Plan,
        means: Means,
        *,
        allotment: Allotment,
        callers: Callers,
        throttle: Throttle,
        beat: Callable[[int], None],
    ) -> None:
        self._plan = plan
        self._ledger = means.ledger
        self._provider = means.provider
        self._clock = means.clock
        self._stop = means.stop
        self._fuse = Fuse(plan.breaker, means.stop)
        self._allotment = allotment
        self._callers = callers
        self._throttle = throttle
        self._beat = beat
        self._pacers: dict[str, Pacer] = defaultdict(lambda: Pacer(plan.pace, means.clock))

    async def place(self, dial: Dial) -> Placed:
        """Place one call; send it again only where nothing was sent, or after a throttle."""
        placed = await self._unthrottled(dial)
        if placed.then is not Then.BACK_OFF:
            return placed
        return await try_again(
            placed,
            lambda: self._unthrottled(dial),
            failed=lambda placed: placed.then is Then.BACK_OFF,
        )

    async def _unthrottled(self, dial: Dial) -> Placed:
        while True:
            placed = await self._once(dial)
            if placed is not None and placed.then is not Then.PAUSE:
                return placed

    async def _once(self, dial: Dial) -> Placed | None:
        """Claim one start and use it; `None` where it was lost to a pause or another process."""
        await self._allotment.room()
        await self._throttle.room_to_create()
        caller = self._callers.of(dial.contact, dial.before)
        if caller is None:
            return Placed(then=Then.GIVE_UP, hold=RETIRED)
        barred = self._plan.may_call(caller, dial.contact.to_number)
        if barred is not None:
            return Placed(then=Then.GIVE_UP, hold=barred)
        probing = await self._fuse.admit()
        try:
            return await self._claimed(dial, caller, probing=probing)
        finally:
            if probing:
                self._fuse.unused()

    async def _claimed(self, dial: Dial, caller: str, *, probing: bool) -> Placed | None:
        pacer = self._pacers[caller]
        starts_at = await pacer.take(lambda: self._may_start(caller, probing=probing))
        if evidence.is_off(self._provider.skew_s):
            self._stop.halt(wrong_clock(self._provider.skew_s))
        if self._stop.requested:
            return Placed(then=Then.GIVE_UP, hold="the run was stopped before its turn")
        if starts_at is None or not self._may_start(caller, probing=probing):
            return None  # closed while the start was waited for
        hours = self._plan.opening(dial.contact, self._clock.now())
        if isinstance(hours, Closed):
            return Placed(then=Then.GIVE_UP, hold=hours.reason, due_at=hours.next_open)
        request = self._plan.request(dial.contact, dial.attempt, caller)
        self._allotment.use()
        kept = False
        try:
            with self._stop.shield(), self._throttle.creating():
                placed = await self._started(dial, request, pacer, starts_at)
            kept = placed is not None and placed.then in {Then.FOLLOW, Then.HOLD}
        finally:
            if not kept:
                self._allotment.free()
        return placed

    async def _started(
        self, dial: Dial, request: CallRequest, pacer: Pacer, starts_at: datetime
    ) -> Placed | None:
        """Make the intent durable, wait for its moment, and send it."""
        begun = await self._ledger.begin(self._intent(dial, request, pacer, starts_at))
        if isinstance(begun, TooSoon):
            pacer.push(begun.free_at)
            return None
        if isinstance(begun, Capped):
            return Placed(then=Then.GIVE_UP, hold=begun.reason, due_at=begun.free_at)
        if isinstance(begun, Held | Suppressed):
            return Placed(then=Then.GIVE_UP, hold=_held(begun))
        # Beside the ledger, before the first byte leaves: a ledger that loses this intent is seen
        # to have lost it. Before the start, so that nothing stands between it and the request.
        self._beat(max(begun.id, begun.upto))
        self._throttle.create()
        await pacer.depart(starts_at)
        return await self._send(begun, request)

    def _may_start(self, caller: str, *, probing: bool) -> bool:
        return (
            self._throttle.may_create
            and self._allotment.has_room
            and caller not in self._callers.retired
            and (probing or not self._fuse.open)
        )

    def _intent(
        self, dial: Dial, request: CallRequest, pacer: Pacer, starts_at: datetime
    ) -> Intent:
        return Intent(
            campaign=self._plan.campaign,
            contact_key=dial.contact.key,
            attempt=dial.attempt,
            attempt_id=request.idempotency_key,
            to_number=request.to_number,
            from_number=request.from_number,
            agent_id=request.agent_id,
            at=self._clock.now(),
            starts_at=starts_at,
            interval_s=pacer.pace.interval_s if pacer.pace else 0.0,
            window=pacer.pace.window if pacer.pace else 0,
            caps=tuple((cap.calls, cap.window_s) for cap in self._plan.caps(dial.contact)),
            min_gap_s=self._plan.min_gap_s,
        )

    async def resend(self, attempt: Attempt, request: CallRequest) -> Placed:
        """Send a request of unknown outcome once more, under the same idempotency key."""
        await self._throttle.admit_create()
        pacer = self._pacers[request.from_number]
        starts_at = await pacer.take()
        with self._stop.shield():
            await self._ledger.record(
                Event(id=attempt.id, kind=EventKind.RESENT, at=self._clock.now())
            )
            await pacer.depart(starts_at)
            return await self._send(Begun(id=attempt.id), request, resend=True)

    async def _send(self, begun: Begun, request: CallRequest, *, resend: bool = False) -> Placed:
        reply = await self._provider.create(request)
        verdict = after_create(reply, resend=resend)
        fault = reply if isinstance(reply, Fault) else None
        attempt = await self._ledger.record(
            Event(
                id=begun.id,
                kind=verdict.event,
                at=self._clock.now(),
                call=reply if isinstance(reply, Call) else None,
                error=fault.message if fault else None,
                status=fault.status if fault else None,
                opt_out=DO_NOT_CALL if fault and fault.do_not_call else None,
            )
        )
        _tell(attempt, verdict.event, fault)
        if not resend:
            self._fuse.note(reply)
        if fault is None:
            self._allotment.placed()
            self._throttle.passed(Limiter.CALL)
        else:
            self._heed(fault)
        return Placed(then=verdict.then, attempt=attempt, hold=_hold(verdict.then, fault))

    def _heed(self, fault: Fault) -> None:
        """Do for the whole run what a fault asks for."""
        if fault.kind is FaultKind.THROTTLED:
            self._pause(fault)
            return
        if fault.status is not None and 400 <= fault.status < 500:
            self._throttle.error()
        if fault.kind is FaultKind.KEY:
            self._stop.halt(KeyRefusedError(fault.message, hint="check RETELL_API_KEY"))
        elif fault.kind is FaultKind.RUN:
            self._stop.halt(HaltError(fault.message))

    def _pause(self, fault: Fault) -> None:
        """Wait as the provider asks; a refusal for want of a line may look like any other."""
        if fault.limiter not in LIMITERS:
            self._allotment.refused()
        limiter = self._throttle.throttled(Limiter.CALL, fault)
        if self._throttle.pauses(limiter) > MOST_PAUSES:
            self._stop.halt(
                HaltError(
                    f"the provider throttled {MOST_PAUSES} times in a row: {fault.message}",
                    hint="run again later, or ask for a higher limit",
                )
            )


def _tell(attempt: Attempt, event: EventKind, fault: Fault | None) -> None:
    action = OF_CREATES[event]
    told = {"call": attempt.call.call_id} if attempt.call else {}
    log.info(
        action,
        "attempt %s to %s: %s",
        attempt.attempt_id,
        mask(attempt.to_number),
        attempt.error or action,
        attempt=attempt,
        **told,
        **({"status": fault.status} if fault else {}),
    )


def wrong_clock(skew_s: float | None) -> ConfigError:
    """Return the error of a clock that must not be gone by."""
    return ConfigError(
        f"this machine's clock is {abs(skew_s or 0.0):.0f} s away from the provider's",
        hint="set the clock (NTP), then run again; nobody is called by a wrong one",
    )


def _held(begun: Held | Suppressed) -> str:
    return f"suppressed: {begun.reason}" if isinstance(begun, Suppressed) else begun.reason


def _hold(then: Then, fault: Fault | None) -> str | None:
    """Return why a contact is still to be called after a fault that was not its own."""
    return fault.message if fault and then in {Then.HALT, Then.PAUSE} else None
