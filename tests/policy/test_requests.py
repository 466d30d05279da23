"""How many requests the provider takes in a while."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.policy.requests import BUDGETS, CREATES, Budget, Limiter, fits_s, limiter_of


def test_the_budgets_are_the_documented_ones() -> None:
    """No more than the provider takes, and no less."""
    assert {"call": (1000, 10), "call-error": (60, 60), "list": (15, 10), "general": (100, 10)} == {
        limiter.value: (budget.most, budget.per_s) for limiter, budget in BUDGETS.items()
    }
    assert {Limiter.CALL, Limiter.CALL_ERROR} == set(CREATES)


@pytest.mark.parametrize(
    ("name", "limiter"),
    [
        ("call", Limiter.CALL),
        ("call-error", Limiter.CALL_ERROR),
        ("list", Limiter.LIST),
        ("general", Limiter.GENERAL),
        ("concurrency", Limiter.LIST),
        ("", Limiter.LIST),
        (None, Limiter.LIST),
    ],
)
def test_a_limiter_goes_by_the_providers_word(name: str | None, limiter: Limiter) -> None:
    """Where it names none that is known, the kind of request decides."""
    assert limiter is limiter_of(name, Limiter.LIST)


def test_a_window_that_is_full_opens_when_its_oldest_leaves() -> None:
    """Stamps that have left are forgotten; more than fit at once wait for their own turn."""
    budget = Budget(most=2, per_s=10.0)
    stamps = deque([0.0, 1.0])
    assert 10.0 == fits_s(stamps, budget, now_s=5.0)
    assert (10.0, [1.0]) == (fits_s(stamps, budget, now_s=10.0), list(stamps))
    # Counted without asking: answers come as they come.
    assert 12.0 == fits_s(deque([1.0, 2.0, 3.0]), budget, now_s=5.0)


@settings(max_examples=150)
@given(
    st.integers(1, 6),
    st.integers(1, 12),
    st.lists(st.integers(0, 10), min_size=1, max_size=40),
)
def test_a_schedule_is_the_earliest_that_keeps_the_budget(
    most: int, per_s: int, gaps_s: list[int]
) -> None:
    """Against a window slid by brute force: never one too many, never a moment too late."""
    budget, stamps, sent = Budget(most=most, per_s=float(per_s)), deque[float](), list[int]()
    now_s = 0
    for gap_s in gaps_s:
        now_s += gap_s
        earliest_s = now_s
        while sum(1 for one in sent if earliest_s - per_s < one) >= most:
            earliest_s += 1
        now_s = int(fits_s(stamps, budget, now_s=float(now_s)))
        assert earliest_s == now_s
        stamps.append(float(now_s))
        sent.append(now_s)
