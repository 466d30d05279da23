"""Moments are told no earlier than they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from campaign.model.moments import MINUTE, SECOND, not_before, whole_second


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 23, 14, tzinfo=UTC), "2026-11-23T14:00:00Z"),
        (datetime(2026, 11, 23, 14, 0, 0, 1, tzinfo=UTC), "2026-11-23T14:00:01Z"),
        (
            datetime(2026, 11, 23, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-5))),
            "2026-11-24T05:00:00Z",
        ),
    ],
)
def test_next_due_is_never_too_early(at: datetime, expected: str) -> None:
    """Whole seconds, rounded up, in UTC."""
    assert whole_second(at) == expected


@pytest.mark.parametrize("step", [SECOND, MINUTE])
def test_a_whole_step_stays(step: timedelta) -> None:
    """What is a whole step already is told as it is, and a moment later is the next one."""
    at = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    assert at == not_before(at, step)
    assert at + step == not_before(at + timedelta(microseconds=1), step)
