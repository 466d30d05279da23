"""The schedule of one caller number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.policy.pacing import Pace, reserve, window_opens


@pytest.mark.parametrize(
    ("per_second", "window"), [(0.2, 1), (1, 1), (1.5, 2), (5, 5), (16, 16), (99.1, 100)]
)
def test_the_window_is_the_pace_rounded_up(per_second: float, window: int) -> None:
    """A window of one second holds at most the pace, rounded up."""
    assert window == Pace(per_second=per_second).window


def test_a_start_on_time_takes_the_schedule() -> None:
    """A start asked for early waits for its slot, and the next slot follows it."""
    slot = reserve(next_s=10.0, now_s=9.5, interval_s=0.5)
    assert (slot.starts_s, slot.next_s) == (10.0, 10.5)


def test_a_little_lateness_does_not_move_the_schedule() -> None:
    """A start that is late by less than the catch-up leaves the next slot where it was."""
    slot = reserve(next_s=10.0, now_s=10.04, interval_s=0.5)
    assert (slot.starts_s, slot.next_s) == (10.04, 10.5)


def test_a_long_stall_gives_no_burst() -> None:
    """After a stall the schedule starts anew."""
    slot = reserve(next_s=10.0, now_s=70.0, interval_s=0.5)
    assert (slot.starts_s, slot.next_s) == (70.0, 70.5)


def test_the_first_start_is_at_once() -> None:
    """A caller number that was never used starts now."""
    slot = reserve(next_s=-math.inf, now_s=3.0, interval_s=1.0)
    assert slot.starts_s == 3.0


@given(
    st.sampled_from([0.5, 1.0, 2.5, 5.0, 16.0]),
    st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=60),
)
def test_no_window_of_a_second_holds_too_many(per_second: float, stalls: list[float]) -> None:
    """Whatever stalls come between, ceil(N) starts at most fall in one second."""
    pace = Pace(per_second=per_second)
    now_s = 0.0
    next_s = -math.inf
    starts: list[float] = []
    for stall_s in stalls:
        now_s += stall_s
        slot = reserve(next_s=next_s, now_s=now_s, interval_s=pace.interval_s)
        next_s = slot.next_s
        now_s = max(slot.starts_s, window_opens(starts, pace.window))
        starts.append(now_s)
    for first, later in zip(starts, starts[pace.window :], strict=False):
        assert later - first >= 1.0 - 1e-9


@given(st.sampled_from([0.5, 1.0, 5.0, 16.0, 100.0]))
def test_a_run_that_keeps_up_uses_the_pace(per_second: float) -> None:
    """Without stalls at least 99 % of the allowed starts happen."""
    pace = Pace(per_second=per_second)
    next_s = now_s = 0.0
    count = 0
    while now_s < 60.0:
        slot = reserve(next_s=next_s, now_s=now_s, interval_s=pace.interval_s)
        next_s, now_s = slot.next_s, slot.starts_s
        count += 1
    assert count >= 0.99 * 60 * per_second
