"""The pace of one caller number within this process; the ledger keeps it between processes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import overload

import anyio

from campaign.dialer.clock import current_s
from campaign.policy.pacing import Pace, reserve, window_opens
from campaign.ports import Clock

MARGIN_S = 0.004
"""The window is this much wider: between its stamp and its bytes a start may lose a moment to
another thread. The schedule is slower than the window by a little more, so it costs no rate."""

LEAD_S = 0.02
"""A start is handed out this early, so that its intent is durable when its moment comes."""


class Pacer:
    """Hands out starts of one caller number in order; without a pace, at once."""

    def __init__(self, pace: Pace | None, clock: Clock) -> None:
        self.pace = pace
        self._clock = clock
        self._next_s = -math.inf
        self._turn = anyio.Lock()
        self._starts: deque[float] = deque(maxlen=pace.window if pace else 1)

    @overload
    async def take(self) -> datetime: ...

    @overload
    async def take(self, wanted: Callable[[], bool]) -> datetime | None: ...

    async def take(self, wanted: Callable[[], bool] = lambda: True) -> datetime | None:
        """Wait for the next start and return its moment, at most `LEAD_S` ahead.

        `None` where it is not wanted any more when its turn comes: it is then not used up.
        """
        if self.pace is None:
            return self._clock.now()
        async with self._turn:
            if not wanted():
                return None
            slot = reserve(
                next_s=self._next_s,
                now_s=current_s(),
                interval_s=self.pace.interval_s,
            )
            await anyio.sleep(max(0.0, slot.starts_s - LEAD_S - current_s()))
            # Only now: a wait that was cancelled has used no start.
            self._next_s = max(self._next_s, slot.next_s)
            return self._clock.now() + timedelta(seconds=slot.starts_s - current_s())

    def push(self, free_at: datetime) -> None:
        """Let no start come before `free_at`: another process has used the caller number."""
        ahead_s = (free_at - self._clock.now()).total_seconds()
        self._next_s = max(self._next_s, current_s() + ahead_s)

    async def depart(self, starts_at: datetime) -> None:
        """Wait for the start's own moment and for the window of one second; then it is sent."""
        if self.pace is None:
            return
        ahead_s = (starts_at - self._clock.now()).total_seconds()
        await anyio.sleep(min(max(0.0, ahead_s), LEAD_S))  # a clock set back delays nobody
        opens_s = window_opens(self._starts, self.pace.window) + MARGIN_S
        while (now_s := current_s()) < opens_s:
            await anyio.sleep(opens_s - now_s)
            opens_s = window_opens(self._starts, self.pace.window) + MARGIN_S
        self._starts.append(now_s)
