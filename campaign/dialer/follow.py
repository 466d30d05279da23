"""Following: every live call is asked after until its end is known, which frees its line."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass

import anyio

from campaign.dialer.stop import Stop
from campaign.errors import HaltError, KeyRefusedError
from campaign.model import Attempt, Call, Event, EventKind, Fault, FaultKind, Missing
from campaign.policy import disposition, following
from campaign.ports import Clock, Ledger, Provider

logger = logging.getLogger(__name__)

READERS = 4


@dataclass(slots=True, kw_only=True)
class _Watched:
    """A live call and what reading it has shown; times are seconds of the run's own clock."""

    id: int
    call_id: str
    status: str
    since_s: float
    missing_since_s: float = 0.0
    missing_times: int = 0


class Follower:
    """Follows the live calls of one run; `on_end` is told of each call that has ended."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        provider: Provider,
        clock: Clock,
        stop: Stop,
        on_end: Callable[[Attempt], None],
    ) -> None:
        self._ledger = ledger
        self._provider = provider
        self._clock = clock
        self._stop = stop
        self._on_end = on_end
        self._queue: list[tuple[float, int, _Watched]] = []
        self._order = itertools.count()
        self._live: dict[int, _Watched] = {}
        self._hanging_up = False
        self._changed = anyio.Event()
        self._next_read_s = 0.0
        self._answered_s = 0.0

    @property
    def live(self) -> int:
        """Return how many calls are followed."""
        return len(self._live)

    def watch(self, attempt: Attempt) -> None:
        """Follow a call that was created."""
        if attempt.call is None:  # pragma: no cover - a live attempt has a call, see the lifecycle
            raise AssertionError(attempt.attempt_id)
        now_s = anyio.current_time()
        if not self._live:
            self._answered_s = now_s
        watched = _Watched(
            id=attempt.id,
            call_id=attempt.call.call_id,
            status=attempt.call.status,
            since_s=now_s,
        )
        self._live[attempt.id] = watched
        self._again(watched)

    async def idle(self) -> None:
        """Wait until no call is live."""
        while self.live:
            await self._changed.wait()

    async def run(self) -> None:
        """Read until cancelled."""
        async with anyio.create_task_group() as group:
            for _ in range(READERS):
                group.start_soon(self._read_on)

    async def _read_on(self) -> None:
        while True:
            watched = await self._next()
            reply = await self._provider.get(watched.call_id)
            await self._take(watched, reply)

    async def _next(self) -> _Watched:
        """Wait for the call that is due next, and for the read budget."""
        while True:
            now_s = anyio.current_time()
            if not self._queue:
                await self._changed.wait()
            elif (wait_s := max(self._queue[0][0], self._next_read_s) - now_s) > 0:
                with anyio.move_on_after(wait_s):
                    await self._changed.wait()
            else:
                self._next_read_s = now_s + 1 / following.READS_PER_S
                return heapq.heappop(self._queue)[2]

    def _again(self, watched: _Watched) -> None:
        now_s = anyio.current_time()
        due_s = now_s + following.gap_s(now_s - watched.since_s)
        heapq.heappush(self._queue, (due_s, next(self._order), watched))
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _take(self, watched: _Watched, reply: Call | Missing | Fault) -> None:
        if isinstance(reply, Call):
            self._answered_s = anyio.current_time()
            watched.missing_times = 0
            await self._observe(watched, reply)
        elif isinstance(reply, Missing):
            self._answered_s = anyio.current_time()
            await self._missing(watched, reply)
        else:
            self._unanswered(reply)
            self._again(watched)

    async def _observe(self, watched: _Watched, call: Call) -> None:
        if disposition.has_ended(call):
            await self._end(watched, EventKind.ENDED, call=call)
            return
        if call.status != watched.status:  # news; the same words again are not written down
            watched.status = call.status
            event = Event(id=watched.id, kind=EventKind.OBSERVED, at=self._clock.now(), call=call)
            await self._ledger.record(event)
        if self._hanging_up:
            await self._end_call(watched)
        self._again(watched)

    async def _missing(self, watched: _Watched, missing: Missing) -> None:
        now_s = anyio.current_time()
        if watched.missing_times == 0:
            watched.missing_since_s = now_s
        watched.missing_times += 1
        gone = following.is_lost(
            missing_s=now_s - watched.missing_since_s, times=watched.missing_times
        )
        if gone:
            error = f"the provider no longer knows the call: {missing.message}"
            await self._end(watched, EventKind.LOST, error=error)
        else:
            self._again(watched)

    async def _end(
        self,
        watched: _Watched,
        kind: EventKind,
        *,
        call: Call | None = None,
        error: str | None = None,
    ) -> None:
        event = Event(id=watched.id, kind=kind, at=self._clock.now(), call=call, error=error)
        attempt = await self._ledger.record(event)
        logger.info(
            "call %s: %s",
            watched.call_id,
            disposition.of_attempt(attempt).value,
            extra={"action": kind.value, "attempt": attempt.attempt_id},
        )
        del self._live[watched.id]
        self._notify()
        self._on_end(attempt)

    async def hang_up(self) -> None:
        """End all live calls, those that are still being created too; their ends are then read."""
        self._hanging_up = True
        for watched in list(self._live.values()):
            await self._end_call(watched)

    async def _end_call(self, watched: _Watched) -> None:
        refused = await self._provider.stop_call(watched.call_id)
        if refused is not None:
            logger.warning(
                "call %s could not be ended: %s",
                watched.call_id,
                refused.message,
                extra={"action": "hang_up_failed"},
            )

    def _unanswered(self, fault: Fault) -> None:
        """Bear with reads that fail, but not for ever."""
        logger.warning("a read failed: %s", fault.message, extra={"action": "read_failed"})
        if fault.kind is FaultKind.KEY:
            self._give_up(KeyRefusedError(fault.message, hint="check RETELL_API_KEY"))
        elif anyio.current_time() - self._answered_s > following.PATIENCE_S:
            self._give_up(
                HaltError(
                    f"the provider has answered no read for {following.PATIENCE_S / 60:.0f} "
                    f"minutes: {fault.message}",
                    hint="live calls are left as `placed`; run again to follow them",
                )
            )

    def _give_up(self, error: HaltError) -> None:
        self._stop.halt(error)
        self._stop.following.cancel()
