"""Which calls are watched, and which of them is asked after next."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

import anyio

from campaign.dialer.bell import Bell
from campaign.dialer.clock import current_s
from campaign.model import Attempt
from campaign.policy import following


@dataclass(slots=True, kw_only=True)
class Watched:
    """A call and what reading it has shown; times are seconds of the run's own clock.

    `ended_s` is set once its end is known, while its analysis is still waited for.
    """

    id: int
    number: int
    call_id: str
    status: str
    since_s: float
    due_s: float
    heard_s: float
    ended_s: float | None = None
    missing_since_s: float = 0.0
    missing_times: int = 0
    busy: bool = False


class Watch:
    """The watched calls of one run.

    With `by_list`, a call is asked after by itself only when the list has not shown it for a
    while; without, as often as its age asks for.
    """

    def __init__(self, *, by_list: bool, told: bool) -> None:
        self.by_list = by_list
        self._told = told
        self._watched: dict[str, Watched] = {}
        self._added = 0
        self._ended = 0
        self._queue: list[tuple[float, int, Watched]] = []
        self._order = itertools.count()
        self._changed = Bell()
        self._sooner = Bell()
        self._next_read_s = 0.0

    @property
    def reach(self) -> int:
        """Return how many calls were added since the oldest one that is watched."""
        oldest = next(iter(self._watched.values()), None)
        return 0 if oldest is None else self._added - oldest.number

    @property
    def live(self) -> int:
        """Return how many calls have not been seen to end."""
        return len(self._watched) - self._ended

    @property
    def live_since_s(self) -> float | None:
        """Return since when the oldest call has been watched that has not been seen to end."""
        lives = (one.since_s for one in self._watched.values() if one.ended_s is None)
        return next(lives, None)

    @property
    def idle(self) -> bool:
        """Tell whether nothing is watched."""
        return not self._watched

    def all_live(self) -> list[Watched]:
        """Return the calls that have not been seen to end."""
        return [watched for watched in self._watched.values() if watched.ended_s is None]

    def of_call(self, call_id: str) -> Watched | None:
        """Return a watched call by its id."""
        return self._watched.get(call_id)

    def holds(self, watched: Watched) -> bool:
        """Tell whether a call is still watched: a list and a read may both bring its end."""
        return self._watched.get(watched.call_id) is watched

    def add(self, attempt: Attempt) -> Watched:
        """Watch the call of an attempt."""
        if attempt.call is None:  # pragma: no cover - a live attempt has a call, see the lifecycle
            raise AssertionError(attempt.attempt_id)
        now_s = current_s()
        watched = Watched(
            id=attempt.id,
            number=self._added,
            call_id=attempt.call.call_id,
            status=attempt.call.status,
            since_s=now_s,
            due_s=now_s,
            heard_s=now_s,
        )
        self._added += 1
        self._watched[watched.call_id] = watched
        self.again(watched)
        return watched

    def again(self, watched: Watched) -> None:
        """Set when a call is asked after by itself: it has just been heard of."""
        now_s = current_s()
        gap_s = following.gap_s(now_s - watched.since_s)
        least_s = following.straggler_s(by_list=self.by_list, told=self._told)
        watched.due_s = now_s + max(gap_s, least_s)
        self._line_up(watched)

    def at_once(self, watched: Watched) -> None:
        """Ask after a call by itself without waiting: there was news of it."""
        watched.due_s = current_s()
        self._line_up(watched)

    def one_by_one(self) -> None:
        """Ask after each call by itself from now on: there is no list."""
        self.by_list = False
        for watched in self._watched.values():
            self.again(watched)

    def ended(self, watched: Watched) -> None:
        """Go on watching a call whose end is known, for its analysis."""
        watched.ended_s = current_s()
        self._ended += 1
        self.again(watched)

    def drop(self, watched: Watched) -> None:
        """Watch a call no more."""
        del self._watched[watched.call_id]
        self._ended -= watched.ended_s is not None
        self._notify()

    async def changed(self) -> None:
        """Wait until something is added, dropped or heard of."""
        await self._changed.heard()

    async def next_due(self) -> Watched:
        """Wait for the call that is due next, and for the budget of reads."""
        while True:
            self._forget_stale()
            now_s = current_s()
            if not self._queue:
                await self._sooner.heard()
            elif (wait_s := max(self._queue[0][0], self._next_read_s) - now_s) > 0:
                with anyio.move_on_after(wait_s):
                    await self._sooner.heard()
            else:
                self._next_read_s = now_s + 1 / following.READS_PER_S
                return heapq.heappop(self._queue)[2]

    def _forget_stale(self) -> None:
        """Drop entries of calls that were heard of since, or are watched no more."""
        while self._queue:
            due_s, _, watched = self._queue[0]
            if self.holds(watched) and due_s == watched.due_s:
                return
            heapq.heappop(self._queue)

    def _line_up(self, watched: Watched) -> None:
        heapq.heappush(self._queue, (watched.due_s, next(self._order), watched))
        if self._queue[0][2] is watched:
            # The readers wait for whoever is due first: others do not wake them.
            self._sooner.ring()
        self._notify()

    def _notify(self) -> None:
        self._changed.ring()
