"""Money: what fits in a budget."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import Call, Spending
from campaign.policy import purse
from campaign.policy.purse import Purse


def call(cost_usd: float | None, reason: str = "user_hangup", status: str = "ended") -> Call:
    """Return a call that ended for a reason, and what it cost."""
    return Call(call_id="c", status=status, disconnection_reason=reason, cost_usd=cost_usd)


@pytest.mark.parametrize(
    ("given_usd", "own", "earlier", "per_call_usd"),
    [
        (0.5, Spending(), Spending(spent_usd=9.0, priced=3), 0.5),
        (0.5, Spending(spent_usd=1.0, priced=4), Spending(), 0.5),
        (0.5, Spending(spent_usd=9.0, priced=3), Spending(), 3.0),
        (None, Spending(spent_usd=9.0, priced=3), Spending(spent_usd=1.0, priced=1), 3.0),
        (None, Spending(), Spending(spent_usd=1.0, priced=4), 0.25),
        (None, Spending(open=3), Spending(), None),
    ],
)
def test_a_call_is_expected_to_cost_what_is_known(
    given_usd: float | None, own: Spending, earlier: Spending, per_call_usd: float | None
) -> None:
    """A figure that was given or the campaign's mean, the higher; else the ledger's mean."""
    full = Purse(budget_usd=1.0, spending=own, given_usd=given_usd, earlier=earlier)
    assert per_call_usd == full.per_call_usd


@pytest.mark.parametrize(
    ("spending", "fits"),
    [
        (Spending(), True),
        (Spending(spent_usd=9.0, priced=9), True),
        (Spending(spent_usd=9.01, priced=9), False),
        (Spending(spent_usd=7.0, priced=7, open=2), True),
        (Spending(spent_usd=7.0, priced=7, open=3), False),
        (Spending(open=9), True),
        (Spending(open=10), False),
        (Spending(spent_usd=12.0, priced=3), False),
    ],
)
def test_a_call_fits_with_all_that_is_open(spending: Spending, fits: bool) -> None:
    """What was spent, what is open, and this one: ten dollars at one a call."""
    assert fits == Purse(budget_usd=10.0, spending=spending, given_usd=1.0).fits


def test_thirds_of_a_dollar_fill_a_dollar() -> None:
    """Sums of fractions are not held against a call."""
    third = Purse(budget_usd=0.3, spending=Spending(spent_usd=0.1 + 0.1, priced=2), given_usd=0.1)
    assert third.fits


@pytest.mark.parametrize(
    ("ended", "after"),
    [
        (None, Spending(spent_usd=1.0, priced=1, open=1)),
        (call(0.5), Spending(spent_usd=1.5, priced=2, open=1)),
        (call(0.0), Spending(spent_usd=1.0, priced=2, open=1)),
        (call(None), Spending(spent_usd=1.0, priced=1, open=2)),
        (call(None, "voicemail_reached"), Spending(spent_usd=1.0, priced=1, open=2)),
        (call(None, "", "ongoing"), Spending(spent_usd=1.0, priced=1, open=2)),
        (call(None, "dial_busy", "not_connected"), Spending(spent_usd=1.0, priced=1, open=1)),
        (call(0.1, "dial_busy", "not_connected"), Spending(spent_usd=1.1, priced=2, open=1)),
        (call(None, "registered_call_timeout", "error"), Spending(spent_usd=1.0, priced=1, open=1)),
    ],
)
def test_the_end_of_a_call_settles_what_was_set_aside(ended: Call | None, after: Spending) -> None:
    """By its cost; by nothing where nobody answered; a cost to come stays expected."""
    before = Purse(budget_usd=9.0, spending=Spending(spent_usd=1.0, priced=1, open=2))
    assert after == purse.ended(before, ended).spending


def test_what_is_set_aside_can_be_returned() -> None:
    """A call that was not created leaves the purse as it was."""
    before = Purse(budget_usd=9.0, spending=Spending(spent_usd=1.0, priced=1, open=2))
    reserved = purse.reserved(before)
    assert (3, before) == (reserved.spending.open, purse.returned(reserved))


@pytest.mark.parametrize(
    ("before_usd", "after"),
    [
        (None, Spending(spent_usd=1.75, priced=2, open=1)),
        (0.5, Spending(spent_usd=1.25, priced=1, open=2)),
    ],
)
def test_a_last_word_counts_instead_of_the_first(before_usd: float | None, after: Spending) -> None:
    """A cost that was expected settles it; one that was counted is put right."""
    before = Purse(budget_usd=9.0, spending=Spending(spent_usd=1.0, priced=1, open=2))
    assert after == purse.corrected(before, before_usd, 0.75).spending


@settings(max_examples=150)
@given(
    st.integers(0, 300),
    st.lists(st.one_of(st.just("reserve"), st.just("return"), st.integers(0, 10)), max_size=60),
)
def test_what_is_spent_and_open_never_passes_the_budget_by_a_reserve(
    budget_cents: int, steps: list[str | int]
) -> None:
    """As long as no call costs more than expected; calls take turns in any order."""
    full = Purse(budget_usd=budget_cents / 100, spending=Spending(), given_usd=0.1)
    for step in steps:
        if step == "reserve":
            full = purse.reserved(full) if full.fits else full
        elif full.spending.open:
            full = (
                purse.ended(full, call(step / 100))
                if isinstance(step, int)
                else purse.returned(full)
            )
        bound_usd = full.spending.spent_usd + 0.1 * full.spending.open
        assert bound_usd <= full.budget_usd + 1e-6


@settings(max_examples=100)
@given(st.lists(st.floats(0.0, 5.0), max_size=60), st.integers(1, 20))
def test_a_budget_is_passed_by_the_live_calls_own_surprise_only(
    costs_usd: list[float], lines: int
) -> None:
    """Calls may cost more than expected: what they add over it is all that can be too much."""
    full, surprise_usd = Purse(budget_usd=10.0, spending=Spending(), given_usd=1.0), 0.0
    for cost_usd in costs_usd:
        while full.fits and full.spending.open < lines:
            full = purse.reserved(full)
        if full.spending.open:
            full = purse.ended(full, call(cost_usd))
            surprise_usd += max(0.0, cost_usd - 1.0)
    assert full.spending.spent_usd + full.spending.open <= 10.0 + surprise_usd + 1e-6
