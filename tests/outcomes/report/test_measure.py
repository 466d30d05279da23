"""Small numbers from many calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import AttemptState
from campaign.outcomes.report import measure
from campaign.outcomes.report.facts import Bin, Reason, Spread, Step

Make = Callable[..., Any]


def test_steps(one: Make, taken: Make) -> None:
    """A call counts as its contact's n-th of those that were created."""
    calls = taken(
        [
            one(0, 0, "dial_busy"),
            one(0, 60, state=AttemptState.DISMISSED),
            one(0, 90, "inactivity"),
        ],
        [one(1, 0, "user_hangup")],
        [one(2, 0, state=AttemptState.REFUSED)],
    )
    assert (
        Step(number=1, calls=2, answered=1),
        Step(number=2, calls=1, answered=1),
    ) == measure.steps(calls)
    assert () == measure.steps(taken())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Spread()),
        ([None, float("nan"), float("inf"), -1.0], Spread()),
        (
            [3.0, None, 1.0],
            Spread(
                bins=(
                    Bin(low=1.0, high=2.0, count=1),
                    Bin(low=2.0, high=3.0, count=0),
                    Bin(low=3.0, high=4.0, count=1),
                ),
                count=2,
                total=4.0,
                median=1.0,
                ninetieth=3.0,
                most=3.0,
            ),
        ),
        (
            [0.0, 0.0],
            Spread(bins=(Bin(low=0.0, high=1.0, count=2),), count=2, total=0.0),
        ),
    ],
)
def test_spread(values: list[float | None], expected: Spread) -> None:
    """Values that are none are left out; bins are the narrowest that are few."""
    assert expected == measure.spread(pl.Series(values, dtype=pl.Float64), measure.SECONDS)


def test_a_rare_long_call_makes_no_wide_bins() -> None:
    """What is above the 99th of a hundred is in the last bin."""
    found = measure.spread(pl.Series([10.0] * 99 + [12.0] * 100 + [9999.0]), measure.SECONDS)
    assert [(10.0, 99), (11.0, 0), (12.0, 100), (13.0, 1)] == [(b.low, b.count) for b in found.bins]
    assert (9999.0, 12.0) == (found.most, found.ninetieth)


def test_values_that_no_width_suits() -> None:
    """Bins are as wide as they have to be."""
    found = measure.spread(pl.Series([1.0, 1e9]), measure.SECONDS)
    assert (2, 2) == (sum(b.count for b in found.bins), found.count)
    assert len(found.bins) <= measure.MOST_BINS + 1


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_bins_have_every_value(values: list[float]) -> None:
    """No value is lost, the bins touch, and there are few of them."""
    found = measure.spread(pl.Series(values), measure.DOLLARS)
    assert len(values) == sum(b.count for b in found.bins) == found.count
    assert len(found.bins) <= measure.MOST_BINS + 1
    assert all(
        found.bins[n].high == pytest.approx(found.bins[n + 1].low)
        for n in range(len(found.bins) - 1)
    )


def test_durations_and_costs(one: Make, taken: Make) -> None:
    """Only answered calls have a duration that counts; every call that has a cost, costs."""
    calls = taken(
        [one(0, 0, "user_hangup", duration_s=30.0, cost_usd=0.1)],
        [one(1, 0, "voicemail_reached", duration_s=90.0, cost_usd=0.3)],
        [one(2, 0, "dial_busy", duration_s=None, cost_usd=None)],
    )
    assert (1, 30.0) == (measure.durations(calls).count, measure.durations(calls).total)
    costs = measure.costs(calls)
    assert (2, 0.4) == (costs.count, round(costs.total, 9))


def test_contacts_by_outcome(one: Make, taken: Make, t0: datetime) -> None:
    """Contacts are counted by their last attempt, before a moment and from it on."""
    calls = taken(
        [one(0, 0, "dial_busy"), one(0, 60, "user_hangup")],
        [one(1, 59, "user_hangup")],
        [one(2, 60, "dial_busy")],
    )
    assert (Counter(answered=1), Counter(answered=1, busy=1)) == measure.contacts(
        calls, t0 + timedelta(seconds=60)
    )
    assert (Counter(answered=2, busy=1), Counter()) == measure.contacts(calls, None)


def test_reasons() -> None:
    """Rows that were not called are counted by outcome and reason; called ones are not."""
    rows = pl.DataFrame(
        {
            "call_outcome": ["rejected", "rejected", "pending", "suppressed", "failed", "pending"],
            "call_error": ["bad", "bad", "later", "bad", "bad", None],
        }
    )
    found, count = measure.reasons(rows, most=3)
    assert 4 == count
    assert (
        Reason(outcome="rejected", text="bad", rows=2),
        Reason(outcome="pending", text="", rows=1),
        Reason(outcome="pending", text="later", rows=1),
    ) == found


def test_needs(one: Make, taken: Make) -> None:
    """Unknown and failed contacts are listed, the newest first, as many of each as asked for."""
    calls = taken(
        [one(0, 0, state=AttemptState.UNKNOWN, error="timeout")],
        [one(1, 9, state=AttemptState.UNKNOWN)],
        [one(2, 5, state=AttemptState.REFUSED)],
        [one(3, 5, state=AttemptState.WITHHELD)],
        [one(4, 0, "user_hangup")],
    )
    found, count = measure.needs(calls, None, most=1)
    assert 4 == count
    assert [("unknown", "+14155550101", None, False), ("failed", "+14155550102", None, False)] == [
        (need.outcome, need.key, need.row, need.kept) for need in found
    ]
    assert "no answer told whether a call was created" == found[0].error


def test_needs_know_their_rows(one: Make, taken: Make) -> None:
    """A contact's row is its first; who is pending by now needs nobody."""
    calls = taken(
        [one(0, 0, state=AttemptState.WITHHELD)],
        [one(1, 9, state=AttemptState.WITHHELD)],
        [one(2, 5, state=AttemptState.UNKNOWN)],
    )
    keys = ["+14155550100", "+14155550101", "+14155550101", None]
    rows = pl.DataFrame(
        {
            "key": keys,
            "row": pl.Series([0, 1, 2, 3], dtype=pl.UInt32),
            "call_outcome": ["pending", "failed", "suppressed", "rejected"],
        }
    )
    found, count = measure.needs(calls, rows, most=9)
    assert 2 == count
    assert [("+14155550102", None, False), ("+14155550101", 2, True)] == [
        (need.key, need.row, need.kept) for need in found
    ]
