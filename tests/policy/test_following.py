"""How often calls are asked after where the provider may tell of them by itself."""

from __future__ import annotations

import pytest

from campaign.policy import following
from campaign.policy.following import Want


@pytest.mark.parametrize(
    ("by_list", "told", "straggler_s"),
    [(True, False, 15.0), (False, False, 0.0), (True, True, 60.0), (False, True, 60.0)],
)
def test_calls_are_asked_after_by_themselves_where_nothing_else_tells(
    by_list: bool, told: bool, straggler_s: float
) -> None:
    """At once without a list, later with one, later still where the provider tells."""
    assert straggler_s == following.straggler_s(by_list=by_list, told=told)


@pytest.mark.parametrize(
    ("want", "quiet_rounds", "gap_s"),
    [
        (Want.LINE, 0, 5.0),
        (Want.LINE, 50, 5.0),
        (Want.END, 0, 5.0),
        (Want.END, 2, 5.0),
        (Want.END, 50, 10.0),
        (Want.NOTHING, 0, 10.0),
        (Want.NOTHING, 50, 10.0),
    ],
)
def test_pages_are_the_safety_net_of_a_provider_that_tells(
    want: Want, quiet_rounds: int, gap_s: float
) -> None:
    """They keep apart even while a line is waited for."""
    assert gap_s == following.round_gap_s(want, quiet_rounds=quiet_rounds, told=True)
