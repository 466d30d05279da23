"""The pace of a caller number across processes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.ledger.pace import GUARD_S, Schedule, is_shared, moved, too_soon, window_of
from campaign.model import Intent, TooSoon
from campaign.policy.pacing import Pace, reserve, window_opens

T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def _at(after_s: float) -> datetime:
    return T0 + timedelta(seconds=after_s)


def _seconds(moment: datetime) -> float:
    return (moment - T0).total_seconds()


def _schedule(next_s: float) -> Schedule:
    return Schedule(next_at=_at(next_s), interval_s=0.5, writer="other", taken_at=_at(-0.6))


def _intent(after_s: float, interval_s: float, window: int) -> Intent:
    return Intent(
        campaign="spring",
        contact_key="k",
        attempt=1,
        attempt_id="att",
        to_number="+14155550100",
        from_number="+14155550199",
        agent_id=None,
        at=_at(after_s),
        starts_at=_at(after_s),
        interval_s=interval_s,
        window=window,
    )


@pytest.mark.parametrize(
    ("next_s", "edge_s", "free_s"),
    [
        (None, None, None),
        (None, -1.5, None),
        (None, -0.9, 0.1 + GUARD_S),
        (-0.1, None, None),
        (0.0, None, None),
        (0.3, None, 0.3),
        (0.3, -0.5, 0.5 + GUARD_S),
        (0.7, -0.5, 0.7),
        (5.5, None, 5.5),
        (5.6, None, None),
        (3600.0, None, None),
    ],
)
def test_too_soon(next_s: float | None, edge_s: float | None, free_s: float | None) -> None:
    """Both the schedule of the other and the window of one second are waited for."""
    known = None if next_s is None else _schedule(next_s)
    edge = None if edge_s is None else _at(edge_s)
    expected = None if free_s is None else TooSoon(free_at=_at(free_s))
    assert too_soon(_intent(0.0, 0.5, 2), known, edge, writer="me") == expected


@pytest.mark.parametrize(
    ("next_s", "next_after_s"),
    [(None, 0.5), (-9.0, 0.5), (0.3, 0.5), (0.7, 0.7), (60.0, 0.5)],
)
def test_moved(next_s: float | None, next_after_s: float) -> None:
    """A number is free one interval after its newest start, unless that is beyond belief."""
    known = None if next_s is None else _schedule(next_s)
    assert moved(_intent(0.0, 0.5, 2), known, writer="me") == Schedule(
        next_at=_at(next_after_s), interval_s=0.5, writer="me", taken_at=T0
    )


@pytest.mark.parametrize(
    ("writer", "after_s", "shared"),
    [("other", 0.5, False), ("other", 0.0, True), ("me", 0.5, True), ("me", 60.0, True)],
)
def test_is_shared(writer: str, after_s: float, *, shared: bool) -> None:
    """A turn that has lasted a second is the writer's own, any other's is not."""
    schedule = _schedule(0.0)
    assert is_shared(_intent(after_s, 0.5, 2), schedule, writer=writer) == shared
    assert is_shared(_intent(after_s, 0.5, 2), None, writer=writer)


def test_its_own_schedule_does_not_bind_it() -> None:
    """In its first second a process is held to the window, not to what it wrote itself."""
    assert too_soon(_intent(0.0, 0.5, 2), _schedule(0.3), None, writer="other") is None


def test_a_slower_schedule_is_believed() -> None:
    """A caller number that was used slowly is free when the slow schedule says so."""
    slow = Schedule(next_at=_at(90.0), interval_s=100.0, writer="other", taken_at=T0)
    expected = TooSoon(free_at=_at(90.0))
    assert too_soon(_intent(0.0, 0.5, 2), slow, None, writer="me") == expected


@pytest.mark.parametrize(("window", "expected"), [(0, 1), (1, 1), (5, 5)])
def test_window_of(window: int, expected: int) -> None:
    """A second may hold one start at least."""
    assert window_of(_intent(0.0, 0.5, window)) == expected


class _Process:
    """A dialer: its own schedule and its own starts, as `policy.pacing` keeps them."""

    def __init__(self, name: str, interval_s: float, window: int) -> None:
        self.name = name
        self.interval_s = interval_s
        self.window = window
        self.next_s = -math.inf
        self.starts_s: list[float] = []

    def start(self, now_s: float, schedule: Schedule | None, starts: list[datetime]) -> Intent:
        """Return the next intent that the ledger admits."""
        slot = reserve(next_s=self.next_s, now_s=now_s, interval_s=self.interval_s)
        # A little after the window's edge: stamps are in microseconds.
        own_s = window_opens(self.starts_s, self.window) + 1e-5
        intent = _intent(max(slot.starts_s, own_s), self.interval_s, self.window)
        if is_shared(intent, schedule, writer=self.name):
            edge = starts[-self.window] if len(starts) >= self.window else None
            wait = too_soon(intent, schedule, edge, writer=self.name)
            if wait is not None:
                return self.start(_seconds(wait.free_at) + 1e-5, schedule, starts)
        self.next_s = slot.next_s
        self.starts_s.append(_seconds(intent.starts_at))
        return intent


@settings(max_examples=100)
@given(
    per_second=st.floats(0.3, 40),
    turns=st.lists(st.tuples(st.booleans(), st.floats(0, 0.3)), min_size=1, max_size=60),
)
def test_processes_that_take_turns_keep_the_pace(
    per_second: float, turns: list[tuple[bool, float]]
) -> None:
    """However two processes alternate, no second holds more starts than are allowed."""
    pace = Pace(per_second=per_second)
    window = pace.window
    processes = [_Process(name, pace.interval_s, window) for name in ("a", "b")]
    schedule: Schedule | None = None
    starts: list[datetime] = []
    now_s = 0.0
    for turn, gap_s in turns:
        process = processes[turn]
        intent = process.start(now_s, schedule, starts)
        starts.append(intent.starts_at)
        schedule = moved(intent, schedule, writer=process.name)
        now_s = _seconds(intent.starts_at) + gap_s
    crowded = zip(starts, starts[window:], strict=False)
    assert all((after - before).total_seconds() > 1.0 for before, after in crowded)
