"""What a forecast tells of a run: its calls, its end and its cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.policy import forecast as module
from campaign.policy.forecast import Course, Forecast, Group, Opens, forecast

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHUT = 10**9


def at(opens_s: float = 0.0, closes_s: float = SHUT) -> Opens:
    """Return hours that are open once, in seconds from now."""

    def opens(moment: datetime) -> datetime | None:
        since_s = (moment - NOW).total_seconds()
        if since_s >= closes_s:
            return None
        return max(moment, NOW + timedelta(seconds=opens_s))

    return opens


def told(*groups: Group, cost: float | None = None, **course: Any) -> Forecast:
    """Return the forecast of a run at 2 a second with plenty of lines, unless told otherwise."""
    given: dict[str, Any] = {"per_second": 2.0, "lines": 1000, "follows": False, **course}
    return forecast(
        now=NOW,
        groups=groups,
        course=Course(**given),
        cost_per_call_usd=cost,
    )


def later(seconds: float) -> datetime:
    """Return a moment so many seconds from now."""
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("calls", "course", "finish_s"),
    [
        (120, {}, 60.0),
        (10, {"lines": 10, "call_s": 60.0}, 5.0),
        (30, {"lines": 10, "call_s": 59.6}, 120.0),
        (30, {"lines": 10, "call_s": 59.6, "per_second": None}, 120.0),
        (30, {"lines": 10, "call_s": 59.6, "follows": True}, 120.0 + 3 * 59.6 + 0.4),
        (10, {"lines": 10, "call_s": 0.0, "per_second": None}, 0.0),
        (10_000, {}, 5000.0),
    ],
)
def test_pace_and_lines(calls: int, course: dict[str, Any], finish_s: float) -> None:
    """The last call is placed when the pace and the lines allow it; the first find free lines.

    A line is free again when the end of its call is seen; a run that follows stays for the last.
    """
    found = told(Group(calls=calls, opens=at()), **course)
    assert (calls, later(finish_s)) == (found.calls, found.finish)


@pytest.mark.parametrize(("cost", "usd"), [(None, None), (0.5, 60.0)])
def test_costs(cost: float | None, usd: float | None) -> None:
    """The cost is that of the calls; nothing where nothing tells."""
    found = told(Group(calls=120, opens=at()), cost=cost)
    assert (usd, usd) == (found.cost_usd, found.most_cost_usd)


def test_nobody() -> None:
    """Without calls there is no finish to tell."""
    assert Forecast(calls=0, finish=None, cost_usd=0.0, most_calls=0, most_cost_usd=0.0) == told(
        cost=1.0
    )


@pytest.mark.parametrize(
    ("wait_s", "calls", "finish_s"), [(0.0, 120, 60.0), (3539.0, 120, 60.0), (3540.0, 240, 3660.0)]
)
def test_hours_that_open_later(wait_s: float, calls: int, finish_s: float) -> None:
    """A run stays for those who may be called within its wait, after all others."""
    groups = [Group(calls=120, opens=at(3600.0)), Group(calls=120, opens=at())]
    found = told(*groups, wait_s=wait_s)
    assert (calls, later(finish_s)) == (found.calls, found.finish)


def test_those_who_are_free_later() -> None:
    """Nobody is called before the moment from which on it is allowed."""
    groups = [Group(calls=2, opens=at(), at=NOW + HOUR), Group(calls=2, opens=at())]
    assert (2, later(1.0)) == (told(*groups).calls, told(*groups).finish)
    found = told(*groups, wait_s=7200.0)
    assert (4, later(3601.0)) == (found.calls, found.finish)


def test_hours_that_close() -> None:
    """Whoever is not reached before the hours end is not called in this run."""
    found = told(Group(calls=10_000, opens=at(0.0, 1800.0)))
    assert (3600, later(1800.0)) == (found.calls, found.finish)


def test_no_end_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes too many steps has no finish to tell."""
    monkeypatch.setattr(module, "MOST_STEPS", 2)
    found = told(Group(calls=10_000, opens=at()))
    assert (3600, None) == (found.calls, found.finish)


@pytest.mark.parametrize(
    ("tries", "again", "wait_s", "calls_and_most", "finish_s"),
    [
        (0, 0.5, 1e6, (100, 100), 50.0),
        (1, 0.5, 0.0, (100, 100), 50.0),
        (1, 0.5, 550.0, (150, 200), 50.0 + 660.0),
        (2, 0.5, 550.0, (150, 200), 50.0 + 660.0),
        (2, 0.5, 1200.0, (175, 300), 50.0 + 660.0 + 1260.0),
        (3, 0.5, 1200.0, (188, 400), 50.0 + 660.0 + 2 * 1260.0),
        (1, None, 550.0, (100, 200), 50.0 + 660.0),
        (1, 0.0, 550.0, (100, 200), 50.0),
        (1, 1.0, 550.0, (200, 200), 50.0 + 660.0),
    ],
)
def test_redials(
    tries: int,
    again: float | None,
    wait_s: float,
    calls_and_most: tuple[int, int],
    finish_s: float,
) -> None:
    """Redials count where the run is still there for them, as often as history tells."""
    group = Group(calls=100, opens=at(), tries=tries)
    calls, most = calls_and_most
    found = told(group, again=again, wait_s=wait_s, after_s=(600.0, 1200.0), cost=2.0)
    assert (calls, most, later(finish_s)) == (found.calls, found.most_calls, found.finish)
    assert (2.0 * calls, 2.0 * most) == (found.cost_usd, found.most_cost_usd)


@settings(max_examples=40)
@given(
    sizes=st.lists(st.integers(0, 3000), max_size=4),
    opens_s=st.lists(st.floats(0, 7200), min_size=4, max_size=4),
    wait_s=st.floats(0, 7200),
    per_second=st.floats(0.5, 100),
    lines=st.integers(1, 100),
)
def test_no_forecast_is_better_than_the_pace(
    sizes: list[int], opens_s: list[float], wait_s: float, per_second: float, lines: int
) -> None:
    """No more calls than there are contacts, and never faster than pace or lines allow."""
    groups = [
        Group(calls=size, opens=at(opens)) for size, opens in zip(sizes, opens_s, strict=False)
    ]
    course = Course(per_second=per_second, lines=lines, wait_s=wait_s)
    found = forecast(now=NOW, groups=groups, course=course, cost_per_call_usd=None)
    assert found.calls <= sum(sizes)
    assert (found.finish is None) == (found.calls == 0)
    took_s = 0.0 if found.finish is None else (found.finish - NOW).total_seconds()
    assert took_s >= course.seconds(found.calls) - 0.001
