"""A campaign over time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.model import AttemptState
from campaign.outcomes.report.facts import Load, Slot
from campaign.outcomes.report.load import MOST_SLOTS, load

Make = Callable[..., Any]


def test_calls_live_at_once(one: Make, taken: Make, t0: datetime) -> None:
    """A call is live from its intent to its end; a slot has the most of them."""
    calls = taken(
        [one(0, 0.5, "user_hangup", duration_s=2.0)],
        [one(1, 1.5, "user_hangup", duration_s=2.0)],
        # Ended as it began: live for a moment.
        [one(2, 1.6, "dial_failed", duration_s=0.0)],
        # Was never sent.
        [one(3, 0.1, state=AttemptState.WITHHELD)],
    )
    found = load(calls, now=t0 + timedelta(hours=1), max_live=2, per_second=None)
    assert [1, 3, 2, 1] == [slot.live for slot in found.slots]
    assert (t0, timedelta(seconds=1)) == (found.slots[0].start, found.width)


def test_calls_without_an_end_are_live_until_now(one: Make, taken: Make, t0: datetime) -> None:
    """Slots in which nothing begins or ends carry what is live; what was lost is live no more."""
    calls = taken(
        [one(0, 0, state=AttemptState.LIVE)],
        [one(1, 1, state=AttemptState.LOST)],
    )
    found = load(calls, now=t0 + timedelta(seconds=4), max_live=None, per_second=None)
    assert [1, 2, 1, 1, 1] == [slot.live for slot in found.slots]


def test_the_pace_is_that_of_ten_seconds(one: Make, taken: Make, t0: datetime) -> None:
    """Twenty starts 0.5 s apart are two per second; a single one is one in ten seconds."""
    calls = taken(*([one(n, n / 2, "dial_busy", duration_s=0.0)] for n in range(40)))
    found = load(calls, now=t0, max_live=None, per_second=2.0)
    assert pytest.approx(2.0) == max(slot.per_second for slot in found.slots)
    assert 2.0 == found.per_second_limit
    single = load(taken([one(0, 0, "dial_busy")]), now=t0, max_live=None, per_second=None)
    assert 0.1 == single.slots[0].per_second


def test_each_caller_number_has_its_own_limit(one: Make, taken: Make, t0: datetime) -> None:
    """The limit of a pool is that of its numbers together."""
    calls = taken(
        [one(0, 0, "dial_busy", from_number="+14155550198")],
        [one(1, 0, "dial_busy", from_number="+14155550199")],
    )
    found = load(calls, now=t0, max_live=None, per_second=1.5)
    assert (2, 3.0) == (found.callers, found.per_second_limit)


@pytest.mark.parametrize(
    ("span", "width"),
    [
        (timedelta(seconds=60), timedelta(seconds=1)),
        (timedelta(hours=3), timedelta(minutes=5)),
        (timedelta(days=60), timedelta(days=1)),
        (timedelta(days=3650), timedelta(days=42)),
    ],
)
def test_slots_are_few(
    one: Make, taken: Make, t0: datetime, span: timedelta, width: timedelta
) -> None:
    """However long a campaign goes on, it is told in as many slots as can be drawn."""
    calls = taken(
        [one(0, 0, "dial_busy", duration_s=1.0)],
        [one(1, span.total_seconds(), "dial_busy", duration_s=1.0)],
    )
    found = load(calls, now=t0, max_live=None, per_second=None)
    assert width == found.width
    assert 2 < len(found.slots) <= MOST_SLOTS


def test_nothing_was_sent(one: Make, taken: Make, t0: datetime) -> None:
    """Without calls there are no slots."""
    assert Load(max_live=3) == load(taken(), now=t0, max_live=3, per_second=None)


def test_a_slot_tells_its_start(one: Make, taken: Make, t0: datetime) -> None:
    """Slots begin at whole widths of UTC."""
    found = load(
        taken([one(0, 0.7, "dial_busy", duration_s=0.0)]), now=t0, max_live=None, per_second=None
    )
    assert (Slot(start=t0, live=1, per_second=0.1),) == found.slots
