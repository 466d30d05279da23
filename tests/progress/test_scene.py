"""What a tally means beside what was to be done, and the pace that is measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.model import Tally
from campaign.progress.scene import Gauge, Scene

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tally", "done", "left"),
    [
        (Tally(), 0, 10),
        (Tally(first=4, again=1), 5, 5),
        (Tally(first=4, again=9), 6, 4),
        (Tally(first=8, again=9), 10, 0),
        (Tally(first=4, held=7), 4, 0),
    ],
)
def test_how_far(tally: Tally, done: int, left: int) -> None:
    """Redials of this run's own calls are no progress; who is held is not left to do."""
    scene = Scene(campaign="spring", to_call=10, again=2)
    assert (done, left) == (scene.done(tally), scene.left(tally))


@pytest.mark.parametrize(
    ("due_s", "following", "waits"),
    [
        (None, False, False),
        (50, False, True),
        (70, False, False),
        (-1, False, False),
        (50, True, False),
    ],
)
def test_waiting(due_s: float | None, following: bool, waits: bool) -> None:
    """A run stays for whoever falls due within its wait, until it only follows."""
    due = None if due_s is None else NOW + timedelta(seconds=due_s)
    scene = Scene(campaign="spring", to_call=10, wait_s=60.0)
    assert waits is scene.waits(Tally(next_due=due, following=following), NOW)


def test_no_pace_of_too_little() -> None:
    """Until there were a few starts over a few seconds, no pace is told."""
    gauge = Gauge()
    assert None is gauge.per_minute
    for second in range(5):
        gauge.take(float(second), second + 1)
    assert None is gauge.per_minute
    gauge.take(5.0, 6)
    assert 60.0 == gauge.per_minute


def test_a_pace_that_changes() -> None:
    """The pace is that of the last minute, and falls where a start is overdue."""
    gauge = Gauge()
    for second in range(121):
        gauge.take(float(second), second + 1)
    assert 60.0 == gauge.per_minute
    gauge.take(130.0, 121)
    late = gauge.per_minute
    assert late is not None
    assert 45.0 < late < 55.0
    gauge.take(200.0, 121)
    assert 0.0 == gauge.per_minute
