"""How much the account may do: requests in a window, calls a second, lines."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import Literal

from campaign.sandbox.answer import Answer, refused
from campaign.sandbox.plan import Limits, SandboxPlan

Limiter = Literal["call", "call-error", "list", "general"]

UNLIMITED_LINES = 100_000


class Window:
    """A fixed window that opens with the first request and closes `length_s` later."""

    def __init__(self, limit: int | None, length_s: float) -> None:
        self.limit = limit
        self._length_s = length_s
        self._count = 0
        self._closes_s = -math.inf

    def reset_s(self, now_s: float) -> int:
        """Return the whole seconds until the window closes, at least 1."""
        return max(1, math.ceil(self._closes_s - now_s))

    def is_full(self, now_s: float) -> bool:
        """Tell whether one more would be too many."""
        return self.limit is not None and now_s < self._closes_s and self._count >= self.limit

    def add(self, now_s: float) -> None:
        """Count one."""
        if now_s >= self._closes_s:
            self._closes_s, self._count = now_s + self._length_s, 0
        self._count += 1


class Rates:
    """The HTTP rate limits of the account."""

    def __init__(self, limits: Limits) -> None:
        self._windows: dict[Limiter, Window] = {
            "call": Window(limits.creates_per_10s, 10),
            "call-error": Window(limits.errors_per_60s, 60),
            "list": Window(limits.lists_per_10s, 10),
            "general": Window(limits.others_per_10s, 10),
        }

    def refusal(self, limiter: Limiter, now_s: float) -> Answer | None:
        """Count a request and return a 429 where its window, or that of errors, is full."""
        if limiter == "call" and (answer := self._full("call-error", now_s)):
            return answer
        if answer := self._full(limiter, now_s):
            return answer
        self._windows[limiter].add(now_s)
        return None

    def count_error(self, now_s: float) -> None:
        """Count an answer of 4xx to a create."""
        self._windows["call-error"].add(now_s)

    def _full(self, limiter: Limiter, now_s: float) -> Answer | None:
        window = self._windows[limiter]
        if not window.is_full(now_s):
            return None
        reset = str(window.reset_s(now_s))
        headers = {
            "x-ratelimit-limiter": limiter,
            "ratelimit-limit": str(window.limit),
            "ratelimit-remaining": "0",
            "ratelimit-reset": reset,
            "retry-after": reset,
        }
        return refused(429, "Too many API requests. Please slow down.", headers=headers)


class CallPace:
    """At most so many calls started in any second, for each caller number."""

    def __init__(self, cps: int | None) -> None:
        self._cps = cps
        self._starts: dict[str, deque[float]] = defaultdict(deque)

    def refusal(self, from_number: str, now_s: float) -> Answer | None:
        """Return a 429 for a call that comes too soon; it names no limiter."""
        if self._cps is None:
            return None
        starts = self._starts[from_number]
        while starts and starts[0] <= now_s - 1:
            starts.popleft()
        if len(starts) < self._cps:
            starts.append(now_s)
            return None
        text = f"Account rate limited: more than {self._cps} calls per second."
        return refused(429, text, headers={"retry-after": "1"})


def lines(plan: SandboxPlan) -> int:
    """Return how many calls may be live at once, inbound and others' included."""
    if plan.concurrency_limit is None:
        return UNLIMITED_LINES
    return burst_limit(plan.concurrency_limit) if plan.burst else plan.concurrency_limit


def burst_limit(limit: int) -> int:
    """Return the most that a burst allows over a plain limit."""
    return min(3 * limit, limit + 300)


def others_at(plan: SandboxPlan, elapsed_s: float) -> int:
    """Return somebody else's live calls, `elapsed_s` after the sandbox's first request."""
    if callable(plan.others):
        return plan.others(elapsed_s)
    return next((count for from_s, count in sorted(plan.others)[::-1] if from_s <= elapsed_s), 0)


def has_free_line(plan: SandboxPlan, live: int, elapsed_s: float) -> bool:
    """Tell whether one more outbound call fits beside `live` of our own and the others'."""
    return live + others_at(plan, elapsed_s) < lines(plan) - plan.reserved_inbound
