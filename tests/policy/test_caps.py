"""Caps on calls to one number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import Attempt, AttemptState, Call
from campaign.policy.caps import (
    Cap,
    Capped,
    Free,
    counts,
    longest_window_s,
    parse_cap,
    parse_caps,
    verdict,
)

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
DAY_S = 86_400.0
THREE_A_DAY = Cap(calls=3, window_s=DAY_S)


def ago(hours: float) -> datetime:
    """Return the moment so many hours before now."""
    return NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("3/24h", THREE_A_DAY, "3/24h"),
        (" 7/7d ", Cap(calls=7, window_s=7 * DAY_S), "7/7d"),
        ("4/30d", Cap(calls=4, window_s=30 * DAY_S), "4/30d"),
        ("1/1d", Cap(calls=1, window_s=DAY_S), "1/24h"),
        ("2/36h", Cap(calls=2, window_s=1.5 * DAY_S), "2/36h"),
    ],
)
def test_caps_are_written(text: str, expected: Cap, shown: str) -> None:
    """A cap is a number of calls and a window of hours or days."""
    assert parse_cap(text) == expected
    assert str(parse_cap(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "3", "3/24", "0/24h", "3/0h", "-1/24h", "3/24m", "any", "3/h"]
)
def test_caps_that_are_none(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="is no cap on calls; write it as 3/24h or 7/7d"):
        parse_cap(text)


def test_several_caps() -> None:
    """Each cap counts once; `any`, alone, is no cap."""
    assert parse_caps(["3/24h", "7/7d", "3/1d"]) == (THREE_A_DAY, Cap(calls=7, window_s=7 * DAY_S))
    assert parse_caps([" Any "]) == ()
    assert parse_caps([]) == ()
    with pytest.raises(ValueError, match="'any' is no cap"):
        parse_caps(["any", "3/24h"])


def test_how_far_back_calls_matter() -> None:
    """The longest window of caps and gap tells which calls have to be known."""
    assert longest_window_s([THREE_A_DAY, Cap(calls=9, window_s=60.0)]) == DAY_S
    assert longest_window_s([Cap(calls=9, window_s=60.0)], 90.0) == 90.0
    assert longest_window_s([]) == 0.0


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([], None),
        ([1, 2], None),
        ([3, 1, 2], 3),
        ([24, 1, 2], None),
        ([23.999, 1, 2], 23.999),
        ([20, 10, 5, 1], 10),
        ([-1, 1, 2], 2),
    ],
    ids=["none", "two", "three", "one left the window", "not yet", "four", "a clock set back"],
)
def test_a_rolling_window(hours: list[float], expected: float | None) -> None:
    """Three calls in 24 h at most: the next is free when the third last leaves the window."""
    found = verdict(now=NOW, calls_at=map(ago, hours), caps=[THREE_A_DAY])
    if expected is None:
        assert found == Free()
    else:
        reason = "at most 3 calls to one number: 3/24h"
        assert found == Capped(free_at=ago(expected) + timedelta(days=1), reason=reason)


@pytest.mark.parametrize(
    ("min_gap_s", "expected"),
    [
        (0.0, Free()),
        (3600.0, Free()),
        (
            3600.001,
            Capped(
                free_at=NOW + timedelta(seconds=0.001),
                reason="too soon after the last call to this number",
            ),
        ),
    ],
)
def test_a_gap_between_two_calls(min_gap_s: float, expected: Free | Capped) -> None:
    """Between two calls to one number lies the gap, whichever campaign made the first."""
    found = verdict(now=NOW, calls_at=[ago(1), ago(5)], caps=[], min_gap_s=min_gap_s)
    assert found == expected


def test_the_cap_that_holds_longest_is_told() -> None:
    """All caps and the gap hold; the one that frees the number last gives the reason."""
    weekly = Cap(calls=3, window_s=7 * DAY_S)
    found = verdict(
        now=NOW, calls_at=[ago(1), ago(2), ago(3)], caps=[weekly, THREE_A_DAY], min_gap_s=7200
    )
    assert found == Capped(
        free_at=ago(3) + timedelta(days=7), reason="at most 3 calls to one number: 3/7d"
    )


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 100), max_size=12),
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 48)), max_size=3),
    st.integers(0, 30),
)
def test_the_moment_that_is_told_is_the_first(
    hours: list[int], caps: list[tuple[int, int]], gap_h: int
) -> None:
    """A number is free from the told moment on, and at no whole hour before it."""
    calls = [ago(hour) for hour in hours]
    held = [Cap(calls=most, window_s=window * 3600) for most, window in caps]

    def is_free(now: datetime) -> bool:
        gap = timedelta(hours=gap_h)
        return all(now - call >= gap for call in calls) and all(
            sum(now - call < timedelta(seconds=cap.window_s) for call in calls) < cap.calls
            for cap in held
        )

    found = verdict(now=NOW, calls_at=calls, caps=held, min_gap_s=gap_h * 3600)
    assert (found == Free()) == is_free(NOW)
    if isinstance(found, Capped):
        assert is_free(found.free_at)
        ahead_h = (found.free_at - NOW) // timedelta(hours=1)
        assert not any(is_free(NOW + timedelta(hours=hour)) for hour in range(ahead_h))


def attempt(state: AttemptState, call: Call | None = None) -> Attempt:
    """Return an attempt in a state."""
    return Attempt(
        id=1,
        campaign="spring",
        contact_key="k",
        attempt=1,
        attempt_id="att_1",
        to_number="+14155550101",
        from_number="+14155550100",
        agent_id=None,
        state=state,
        intent_at=NOW,
        sends=1,
        call=call,
    )


@pytest.mark.parametrize("state", list(AttemptState))
def test_states_that_count(state: AttemptState) -> None:
    """Whatever may have been a call counts; a refusal, or a person's no, does not."""
    unmade = {AttemptState.WITHHELD, AttemptState.REFUSED, AttemptState.DISMISSED}
    assert counts(attempt(state)) is (state not in unmade)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("user_hangup", True),
        ("dial_no_answer", True),
        ("dial_busy", True),
        ("dial_failed", True),
        (None, True),
        ("something_new", True),
        ("concurrency_limit_reached", False),
        ("registered_call_timeout", False),
        ("invalid_destination", False),
        ("credit_exhausted", False),
    ],
)
def test_ended_calls_that_count(reason: str | None, expected: bool) -> None:
    """An ended call counts unless its end proves that no phone rang, and it never started."""
    call = Call(call_id="c", status="error", disconnection_reason=reason)
    assert counts(attempt(AttemptState.ENDED, call)) is expected
    assert counts(attempt(AttemptState.LIVE, call)) is True
    started = Call(call_id="c", status="error", disconnection_reason=reason, started_at=NOW)
    assert counts(attempt(AttemptState.ENDED, started)) is True
