"""What is known of a run before it begins, and what a tally means beside it. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign.model import Tally

WINDOW_S = 60.0
"""The pace that is shown is that of the last minute."""

LEAST_S = 5.0
LEAST_STARTS = 3
"""Sooner, and of fewer starts, no pace is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a run is about to do.

    `to_call` contacts are due, `again` of them were called before. `per_minute` starts are allowed
    for all caller numbers together, `None` without a pace; `lines` calls may be live. `wait_s` is
    how long the run stays for contacts that fall due. `budget_usd` is `None` without a budget.
    """

    campaign: str
    to_call: int
    again: int = 0
    per_minute: float | None = None
    lines: int = 1
    wait_s: float = 0.0
    budget_usd: float | None = None

    def done(self, tally: Tally) -> int:
        """Return how many of the contacts that were due have been dialled.

        Redials of contacts that were dialled in this run already are not counted.
        """
        return min(tally.first + min(tally.again, self.again), self.to_call)

    def left(self, tally: Tally) -> int:
        """Return how many are still to be dialled, as far as it is known who may be called."""
        return max(self.to_call - self.done(tally) - tally.held, 0)

    def waits(self, tally: Tally, now: datetime) -> bool:
        """Tell whether the run stays until the next contact falls due."""
        return (
            tally.next_due is not None
            and not tally.following
            and now < tally.next_due <= now + timedelta(seconds=self.wait_s)
        )


class Gauge:
    """Measures how many calls are started in a minute, from what it is shown now and then.

    Between starts, not since the beginning: the first one would count as if it had taken time.
    """

    def __init__(self) -> None:
        self._starts: deque[tuple[float, int]] = deque()
        self._now_s = 0.0

    def take(self, now_s: float, started: int) -> None:
        """Take note of how many calls were started by now."""
        self._now_s = now_s
        before = self._starts[-1][1] if self._starts else 0
        if started > before:
            self._starts.append((now_s, started))
        while len(self._starts) > 1 and self._starts[0][0] < now_s - WINDOW_S:
            self._starts.popleft()

    @property
    def per_minute(self) -> float | None:
        """Return the starts per minute, `None` where too little was seen."""
        if not self._starts:
            return None
        (since_s, before), (last_s, started) = self._starts[0], self._starts[-1]
        if self._now_s - last_s >= WINDOW_S:
            return 0.0
        starts, span_s = started - before, last_s - since_s
        if starts < LEAST_STARTS or span_s < LEAST_S:
            return None
        # A start that is overdue slows the pace down before it comes.
        late_s = max(self._now_s - last_s - span_s / starts, 0.0)
        return starts * 60.0 / (span_s + late_s)
