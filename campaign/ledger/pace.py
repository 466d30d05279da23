"""The pace of one caller number, across processes and restarts.

Within a process the dialer's own schedule is the authority and is only written down here. When
another process used the caller number last, or an earlier run did, its last start is honoured:
one interval after it, and never too many in one second. That second is watched for a second
longer than the turn lasts, because the dialer knows its own starts only. Pure, as
`policy.pacing` is, on which it builds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign.model import Intent, TooSoon
from campaign.policy.pacing import WINDOW_S, window_opens

GUARD_S = 0.004
"""Two processes do not share a stopwatch: a window opens this much later than it must."""

BELIEVED_S = 5.0
"""A schedule further ahead than its interval and this was written under a wrong clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a caller number is free for others, at which interval, and whose turn it is.

    `taken_at` is the first start of `writer` since somebody else used the number.
    """

    next_at: datetime
    interval_s: float
    writer: str
    taken_at: datetime


def is_shared(intent: Intent, schedule: Schedule | None, *, writer: str) -> bool:
    """Tell whether starts that `writer` does not know may bear on this one."""
    if schedule is None or schedule.writer != writer:
        return True
    turn_s = (intent.starts_at - schedule.taken_at).total_seconds()
    return turn_s <= WINDOW_S + GUARD_S


def too_soon(
    intent: Intent, schedule: Schedule | None, edge: datetime | None, *, writer: str
) -> TooSoon | None:
    """Return when a shared caller number is free, `None` where it is.

    `edge` is the `window_of(intent)`-th newest of its starts by anybody, counted back from
    `believed_until(intent)`: one more start must not fall into the same second.
    """
    starts_s = [] if edge is None else [(edge - intent.starts_at).total_seconds()]
    wait_s = window_opens(starts_s, 1) + GUARD_S
    if schedule is not None and schedule.writer != writer:
        wait_s = max(wait_s, _next_s(intent, schedule))
    if wait_s <= 0:
        return None
    return TooSoon(free_at=intent.starts_at + timedelta(seconds=wait_s))


def moved(intent: Intent, schedule: Schedule | None, *, writer: str) -> Schedule:
    """Return the schedule after the intent's start."""
    next_s = intent.interval_s
    taken_at = intent.starts_at
    if schedule is not None:
        # Intents of one process may be written in another order than they start in.
        next_s = max(next_s, _next_s(intent, schedule))
        taken_at = schedule.taken_at if schedule.writer == writer else taken_at
    return Schedule(
        next_at=intent.starts_at + timedelta(seconds=next_s),
        interval_s=intent.interval_s,
        writer=writer,
        taken_at=taken_at,
    )


def window_of(intent: Intent) -> int:
    """Return how many starts one second may hold."""
    return max(intent.window, 1)


def believed_until(intent: Intent) -> datetime:
    """Return the moment after which a recorded start can only come from a wrong clock."""
    return intent.starts_at + timedelta(seconds=intent.interval_s + BELIEVED_S)


def _next_s(intent: Intent, schedule: Schedule) -> float:
    next_s = (schedule.next_at - intent.starts_at).total_seconds()
    believed_s = max(schedule.interval_s, intent.interval_s) + BELIEVED_S
    return next_s if next_s <= believed_s else -math.inf
