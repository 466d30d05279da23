"""Moments told no earlier than they are: whoever comes back at what was told is not too early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def not_before(at: datetime, step: timedelta = SECOND) -> datetime:
    """Return the first whole `step` of an aware time's own clock that is not before it."""
    since = timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    return at + -since % step


def whole_second(at: datetime) -> str:
    """Return an aware time as `2026-11-23T14:00:00Z`, never earlier than it is."""
    return not_before(at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
