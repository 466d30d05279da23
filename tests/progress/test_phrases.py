"""A tally in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign.model import Tally
from campaign.progress import phrases
from campaign.progress.scene import Scene

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def scene(**more: Any) -> Scene:
    """Return ten contacts, one call a second on 20 lines."""
    return Scene(**{"campaign": "spring", "to_call": 10, "per_minute": 60.0, "lines": 20, **more})


def test_outcomes() -> None:
    """Outcomes stand in their usual order, with those that were never created."""
    tally = Tally(failed=1, unknown=2, outcomes={"busy": 1234, "answered": 3})
    assert ["answered 3", "busy 1,234", "failed 1", "unknown 2"] == phrases.outcomes(tally)


@pytest.mark.parametrize(
    ("more", "tally", "per_minute", "expected"),
    [
        ({}, {}, None, ["0 of 20 live", "60 calls/min"]),
        (
            {},
            {"first": 4, "live": 3, "spent_usd": 0.5},
            30.25,
            [
                "3 of 20 live",
                "30.2 of 60 calls/min",
                "0.50 USD",
                "less than a minute to place 6 more",
            ],
        ),
        (
            {"per_minute": None, "to_call": 100_000, "budget_usd": 9.0},
            {"first": 4},
            600.0,
            [
                "0 of 20 live",
                "600 calls/min",
                "0.00 of 9.00 USD",
                "about 2 h 47 min to place 99,996 more",
            ],
        ),
        ({"per_minute": None}, {}, None, ["0 of 20 live", "any pace"]),
        (
            {"again": 1},
            {"first": 8, "again": 3, "held": 1, "live": 1},
            60.0,
            ["1 of 20 live", "2 redialled", "1 held for now", "waiting for 1 call to end"],
        ),
        (
            {"wait_s": 3600.0},
            {"first": 10, "next_due": NOW + timedelta(minutes=90)},
            None,
            ["0 of 20 live", "no call is live"],
        ),
        (
            {},
            {"first": 2, "held": 1, "live": 2, "stopped_by": "signal"},
            60.0,
            ["2 of 20 live", "stopping", "waiting for 2 calls to end"],
        ),
        ({}, {"stopped_by": "new"}, None, ["0 of 20 live", "new", "no call is live"]),
        (
            {},
            {"first": 10, "live": 1, "following": True, "oldest_live_at": NOW - timedelta(hours=2)},
            60.0,
            ["1 of 20 live", "waiting for 1 call to end, live for 2:00:00"],
        ),
        ({}, {"first": 10, "over": True, "spent_usd": 2.0}, 60.0, ["2.00 USD"]),
    ],
)
def test_the_course(
    more: dict[str, Any], tally: dict[str, Any], per_minute: float | None, expected: list[str]
) -> None:
    """What goes on: live calls, pace, money, and what is known of the time left."""
    assert expected == phrases.course(scene(**more), Tally(**tally), per_minute=per_minute, now=NOW)


def test_a_redial_that_is_waited_for() -> None:
    """Where everybody was dialled and the run stays, it says when the next contact falls due."""
    tally = Tally(first=10, next_due=NOW + timedelta(minutes=30))
    (told,) = phrases.ahead(scene(wait_s=3600.0), tally, per_minute=None, now=NOW)
    assert f"next due {tally.next_due.astimezone():%H:%M}" == told if tally.next_due else False


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (20, "less than a minute"),
        (60, "about 1 min"),
        (3599, "about 1 h"),
        (7800, "about 2 h 10 min"),
        (86_400, "about 1 d"),
        (100_000, "about 1 d 3 h"),
    ],
)
def test_about(seconds: float, expected: str) -> None:
    """What is known roughly is told roughly."""
    assert expected == phrases.about(seconds)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, "0:00"), (130, "2:10"), (3730, "1:02:10")])
def test_lasting(seconds: float, expected: str) -> None:
    """A time that has passed reads as on a clock."""
    assert expected == phrases.lasting(timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("at", "pattern"),
    [
        (NOW + timedelta(seconds=30), "%H:%M:%S"),
        (NOW + timedelta(minutes=9), "%H:%M"),
        (NOW + timedelta(days=2), "%a %Y-%m-%d %H:%M"),
    ],
)
def test_the_clock(at: datetime, pattern: str) -> None:
    """A moment is told on the local clock, as exactly as is of use, with another day's date."""
    assert at.astimezone().strftime(pattern) == phrases.clock(at, NOW)


def test_the_last_error() -> None:
    """An error is one line, in which no number can be read."""
    tally = Tally(last_error="402 for\n+14155550123\x1b[2J", last_error_at=NOW)
    told = phrases.last_error(tally)
    assert f"last error {NOW.astimezone():%H:%M:%S}: 402 for +1********23 [2J" == told
    assert None is phrases.last_error(Tally())


def test_flow() -> None:
    """Phrases share a line as long as they fit; one that never does has its own."""
    assert ["aa, bb", "c" * 9, "dd"] == phrases.flow(["aa", "bb", "c" * 9, "dd"], 6, between=", ")


@pytest.mark.parametrize(
    ("after_s", "expected", "pattern"),
    [
        (30.2, 31, "%H:%M:%S"),
        (119.7, 120, "%H:%M:%S"),
        (479.6, 480, "%H:%M"),
        (540, 540, "%H:%M"),
        (540.1, 600, "%H:%M"),
        (86_401, 86_460, "%a %Y-%m-%d %H:%M"),
    ],
)
def test_what_is_due_is_never_told_too_early(after_s: float, expected: int, pattern: str) -> None:
    """Whoever comes back at the moment that was told finds the contact due."""
    due = NOW + timedelta(seconds=expected)
    at = NOW + timedelta(seconds=after_s)
    assert due.astimezone().strftime(pattern) == phrases.clock(at, NOW, due=True)
    assert phrases.due_at(NOW + timedelta(seconds=0.1)).endswith(":00:01")
