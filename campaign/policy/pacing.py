"""Pacing of one caller number: a generic cell rate algorithm that takes starts from a schedule.

Slot k of the schedule is `interval_s` after slot k-1, so an even pace neither drifts nor bunches.
Two rules bound it:

* a start that is late by at most `CATCH_UP_S` does not move the schedule (the next one is on time
  again); a start that is later begins it anew, so an idle or stalled run gets no burst;
* start k comes no earlier than one second after start k - ceil(N), as sent: `window_opens`. No
  window of one second can then hold more than ceil(N) starts.

All times are seconds on one clock, the caller's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

CATCH_UP_S = 0.05
WINDOW_S = 1.0
SLACK = 1.005
"""The schedule is 0.5 % slower than allowed, so that jitter seldom meets the window's edge, not
even the one that processes keep between each other (4 ms wider)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `per_second` starts a second, evenly spaced."""

    per_second: float

    @property
    def interval_s(self) -> float:
        """Seconds between two starts."""
        return SLACK / self.per_second

    @property
    def window(self) -> int:
        """Most starts in any window of one second."""
        return math.ceil(self.per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A start at `starts_s`; the next is free at `next_s`."""

    starts_s: float
    next_s: float


def reserve(*, next_s: float, now_s: float, interval_s: float) -> Slot:
    """Take the next slot of the schedule at `now_s`; it may lie ahead."""
    keeps = next_s >= now_s - CATCH_UP_S
    return Slot(starts_s=max(next_s, now_s), next_s=(next_s if keeps else now_s) + interval_s)


def window_opens(starts: Sequence[float], window: int) -> float:
    """Return when one more start fits, given the starts so far in order, oldest first."""
    if len(starts) < window:
        return -math.inf
    return starts[-window] + WINDOW_S
