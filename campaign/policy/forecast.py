"""When a run would be through, how many calls it would place, and what they would cost.

Calls start at the pace of all caller numbers together, and no faster than lines come free: of
`lines` lines, each is busy for one call's length. Whoever may be called first is called first, in
steps of a quarter of an hour: within one, hours that close are not looked at. A run goes on as
long as somebody may be called now or within its wait, as a real one does.

Redials come in waves. A wave falls due with the calls of the one before it, a redial's wait later
each, and is part of the run where the run is still there for the first of them. Their own calling
hours are not looked at. How many of a wave are dialled again is the share that history tells;
without history, none of them at least and all of them at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

STEP_S = 900.0
MOST_STEPS = 20_000
"""Half a year of placing without a pause; what takes longer has no finish to tell."""

TYPICAL_CALL_S = 60.0
"""How long a call holds its line, where no history tells."""

SEEN_AFTER_S = 0.4
"""How much later than a call's end its line is free, on average: when the list is read next."""

LONGEST = 3.0
"""How much longer than others the call lasts that is the last one to end."""

Opens = Callable[[datetime], datetime | None]
"""Takes a moment; returns the first one from it on at which calls may be placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """So many `calls` that may be placed at the same moments, from `at` on; `None`: from now on.

    `tries` are the redials that each of them has left.
    """

    calls: int
    opens: Opens
    at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a run goes: its pace and lines, how long it stays, and how it dials again.

    `per_second` is that of all caller numbers, `None` without a pace. `again` is the share of
    calls after which a contact is dialled again, `None` where that is not known. `after_s` are the
    waits before attempt 2, 3, ...; the last repeats. `call_s` is how long a call holds its line;
    a run that `follows` its calls stays for the end of the last one.
    """

    per_second: float | None
    lines: int
    call_s: float = TYPICAL_CALL_S
    wait_s: float = 0.0
    after_s: tuple[float, ...] = (0.0,)
    again: float | None = None
    follows: bool = True

    @property
    def per_step(self) -> int:
        """Return how many calls fit into a step, one at least."""
        by_lines = self.lines / self._held_s
        per_second = by_lines if self.per_second is None else min(self.per_second, by_lines)
        return max(1, math.floor(per_second * STEP_S))

    def seconds(self, calls: int) -> float:
        """Return how long it takes to place so many calls: the first ones find free lines."""
        by_pace_s = calls / self.per_second if self.per_second else 0.0
        return max(by_pace_s, max(calls - self.lines, 0) * self._held_s / self.lines)

    @property
    def stays_s(self) -> float:
        """Return how long the run stays once its last call is placed."""
        return LONGEST * self.call_s + SEEN_AFTER_S if self.follows else 0.0

    @property
    def _held_s(self) -> float:
        return self.call_s + SEEN_AFTER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What lies ahead: `finish` is when the run would be through, `None` where unknown.

    `calls` and `cost_usd` are what is expected, at the least where nothing is known of redials;
    `most_calls` and `most_cost_usd` are with all redials that the run has time for.
    """

    calls: int
    finish: datetime | None
    cost_usd: float | None
    most_calls: int
    most_cost_usd: float | None


def forecast(
    *, now: datetime, groups: Sequence[Group], course: Course, cost_per_call_usd: float | None
) -> Forecast:
    """Return the forecast of a run that begins now; without a cost per call, no cost."""
    wave = _first_wave(now, groups, course)
    calls, most = float(sum(wave.calls)), sum(wave.calls)
    expected = calls
    for redial in range(1, 1 + max((group.tries for group in groups), default=0)):
        wait_s = course.after_s[min(redial, len(course.after_s)) - 1]
        stays_until = wave.finish + timedelta(seconds=course.wait_s)
        left = sum(n for n, group in zip(wave.calls, groups, strict=True) if group.tries >= redial)
        if not left or wave.begins + timedelta(seconds=wait_s) > stays_until:
            break
        most += left
        expected *= course.again or 0.0
        calls += min(expected, left)
        if course.again != 0.0:
            wave = wave.later(wait_s + course.call_s)
    return Forecast(
        calls=round(calls),
        finish=wave.finish + timedelta(seconds=course.stays_s) if most and wave.whole else None,
        cost_usd=_cost_usd(calls, cost_per_call_usd),
        most_calls=most,
        most_cost_usd=_cost_usd(most, cost_per_call_usd),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wave:
    """First calls, or the redials after them: how many of each group, and from when to when.

    `whole` tells that the end was seen.
    """

    calls: tuple[int, ...]
    begins: datetime
    finish: datetime
    whole: bool = True

    def later(self, wait_s: float) -> _Wave:
        wait = timedelta(seconds=wait_s)
        return _Wave(
            calls=self.calls,
            begins=self.begins + wait,
            finish=self.finish + wait,
            whole=self.whole,
        )


def _first_wave(now: datetime, groups: Sequence[Group], course: Course) -> _Wave:
    """Place what the run stays for, step by step."""
    left = [group.calls for group in groups]
    begins: datetime | None = None
    at, before = now, 0
    for _ in range(MOST_STEPS):
        first = _first(at, groups, left)
        if first is None or first[0] > at + timedelta(seconds=course.wait_s):
            break
        at, chosen = first
        begins = begins or at
        placed = min(left[chosen], course.per_step)
        left[chosen] -= placed
        at += timedelta(seconds=course.seconds(before + placed) - course.seconds(before))
        before += placed
    else:
        return _Wave(calls=_placed(groups, left), begins=begins or now, finish=at, whole=False)
    return _Wave(calls=_placed(groups, left), begins=begins or now, finish=at)


def _placed(groups: Sequence[Group], left: Sequence[int]) -> tuple[int, ...]:
    return tuple(group.calls - rest for group, rest in zip(groups, left, strict=True))


def _first(
    at: datetime, groups: Sequence[Group], left: Sequence[int]
) -> tuple[datetime, int] | None:
    """Return when somebody may be called next, and of which group; `None` without anybody."""
    found: tuple[datetime, int] | None = None
    for index, group in enumerate(groups):
        if not left[index]:
            continue
        opens = group.opens(at if group.at is None else max(at, group.at))
        if opens is not None and (found is None or opens < found[0]):
            found = opens, index
            if opens == at:
                break
    return found


def _cost_usd(calls: float, cost_per_call_usd: float | None) -> float | None:
    return None if cost_per_call_usd is None else round(calls) * cost_per_call_usd
