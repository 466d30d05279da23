"""Handing things from one task to another, with nothing in between that could be lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio
from anyio.lowlevel import checkpoint

from campaign.dialer.bell import Bell

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Turn(Generic[T]):
    """Somebody's wait for a thing."""

    over: anyio.Event = field(default_factory=anyio.Event)
    thing: T | None = None


class Handover(Generic[T]):
    """Who gives waits for somebody who takes; on either side, who came first is served first.

    `on_dropped` is told of a thing whose taker was cancelled in the moment that it was given.
    """

    def __init__(self, on_dropped: Callable[[T], None]) -> None:
        self._on_dropped = on_dropped
        self._waiting: deque[_Turn[T]] = deque()
        self._giving = anyio.Lock(fast_acquire=True)
        self._wanted = Bell()
        self._closed = False

    async def give(self, thing: T) -> None:
        """Hand `thing` over, waiting for somebody who takes it."""
        # Whoever was given the thing before goes on first, whatever order the loop keeps.
        await checkpoint()
        async with self._giving:
            while not self._waiting:
                await self._wanted.heard()
            turn = self._waiting.popleft()
            turn.thing = thing
            turn.over.set()

    async def take(self) -> T | None:
        """Wait for something; `None` where nothing is given any more."""
        if self._closed:
            return None
        turn: _Turn[T] = _Turn()
        self._waiting.append(turn)
        self._wanted.ring()
        try:
            await turn.over.wait()
        except BaseException:
            self._leave(turn)
            raise
        return turn.thing

    def close(self) -> None:
        """Let nobody wait any more: there is nothing left to give."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft().over.set()

    def _leave(self, turn: _Turn[T]) -> None:
        if turn.thing is not None:
            self._on_dropped(turn.thing)
        elif turn in self._waiting:
            self._waiting.remove(turn)
