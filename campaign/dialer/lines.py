"""Counted places: lines for live calls, and the quota of `--limit`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import anyio


class Lines:
    """At most `capacity` places held at once; those who wait are served in order."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held = 0
        self._waiting: deque[anyio.Event] = deque()

    @property
    def waiting(self) -> int:
        """Return how many wait for a place."""
        return len(self._waiting)

    async def acquire(self) -> None:
        """Take a place, waiting for one if need be."""
        await anyio.lowlevel.checkpoint()
        if self.held < self.capacity and not self._waiting:
            self.held += 1
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            self._leave(turn)
            raise

    def _leave(self, turn: anyio.Event) -> None:
        if turn.is_set():  # granted in the same moment as cancelled: hand it on
            self.release()
        else:
            self._waiting.remove(turn)

    def take(self) -> None:
        """Take a place that is occupied already, though it may be one too many."""
        self.held += 1

    def release(self) -> None:
        """Give a place back."""
        self.held -= 1
        while self._waiting and self.held < self.capacity:
            self.held += 1
            self._waiting.popleft().set()


class Quota(Lines):
    """At most `limit` calls created: a place is given back only where no call was created.

    `on_spent` is called when somebody waits for a place and every place has become a call.
    """

    def __init__(self, limit: int, on_spent: Callable[[], None]) -> None:
        super().__init__(limit)
        self._spent = 0
        self._on_spent = on_spent

    async def acquire(self) -> None:
        """Take a place; waits for ever, and says so through `on_spent`, when all are calls."""
        if self._spent >= self.capacity:
            self._on_spent()
        await super().acquire()

    def spend(self) -> None:
        """Turn a held place into a call."""
        self._spent += 1
        if self._spent >= self.capacity and self.waiting:
            self._on_spent()
