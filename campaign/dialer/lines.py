"""Counted places: lines for live calls, and the quota of `--limit`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio


@dataclass(slots=True, eq=False)
class _Turn:
    """Somebody's wait for a place."""

    over: anyio.Event = field(default_factory=anyio.Event)
    granted: bool = False


class Lines:
    """At most `capacity` places held at once; those who wait are served in order."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held = 0
        self._waiting: deque[_Turn] = deque()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Return how many wait for a place."""
        return len(self._waiting)

    async def acquire(self) -> bool:
        """Take a place, waiting for one if need be; `False` where nobody is served any more."""
        if self._closed:
            return False
        if self.held < self.capacity and not self._waiting:
            self.held += 1
            return True
        turn = _Turn()
        self._waiting.append(turn)
        try:
            await turn.over.wait()
        except BaseException:
            self._leave(turn)
            raise
        return turn.granted

    def _leave(self, turn: _Turn) -> None:
        if turn.granted:  # in the same moment as it was cancelled: handed on
            self.release()
        elif turn in self._waiting:
            self._waiting.remove(turn)

    def take(self) -> None:
        """Take a place that is occupied already, though it may be one too many."""
        self.held += 1

    def release(self) -> None:
        """Give a place back."""
        self.held -= 1
        while self._waiting and self.held < self.capacity:
            self.held += 1
            turn = self._waiting.popleft()
            turn.granted = True
            turn.over.set()

    def close(self) -> None:
        """Serve nobody any more: there is nothing left to take a place for."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft().over.set()


class Quota(Lines):
    """At most `limit` calls created: a place is given back only where no call was created.

    `on_spent` is called when somebody waits for a place and every place has become a call.
    """

    @classmethod
    def of(cls, limit: int | None, on_spent: Callable[[], None]) -> Quota | None:
        """Return a quota, `None` where there is no limit."""
        return None if limit is None else cls(limit, on_spent)

    def __init__(self, limit: int, on_spent: Callable[[], None]) -> None:
        super().__init__(limit)
        self._spent = 0
        self._on_spent = on_spent

    async def acquire(self) -> bool:
        """Take a place; waits for ever, and says so through `on_spent`, when all are calls."""
        if self._spent >= self.capacity:
            self._on_spent()
        return await super().acquire()

    def spend(self) -> None:
        """Turn a held place into a call."""
        self._spent += 1
        if self._spent >= self.capacity and self.waiting:
            self._on_spent()
