"""The budget: what has to be known before the first call, and what it leaves uncalled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import campaign
from campaign.errors import ConfigError
from campaign.sandbox.plan import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

NUMBERS = [f"+1415555010{n}" for n in range(5)]
PRICED = CallScript(status="ended", disconnection_reason="user_hangup", cost_cents=20.0)


@pytest.fixture
def people() -> pl.DataFrame:
    """Five people."""
    return pl.DataFrame({"phone": NUMBERS})


@pytest.fixture
def spend(serve: Serve, options: Any, people: pl.DataFrame) -> Callable[..., campaign.Result]:
    """Return a run of calls that cost 0.20 USD each."""
    server = serve(speed=1e6, scripts={number: [PRICED] for number in NUMBERS})

    def run(**more: Any) -> campaign.Result:
        given = options(server, follow=True, analysis_for="2s", max_live=1, in_flight=1)
        return campaign.run(people, **{**given, **more})

    return run


def test_a_budget_without_a_cost(spend: Callable[..., campaign.Result]) -> None:
    """Where nothing tells what a call will cost, nobody is called."""
    with pytest.raises(ConfigError, match="what calls will cost is not known; say with --cost-per"):
        spend(budget=1.0)


def test_a_budget_with_a_figure(spend: Callable[..., campaign.Result]) -> None:
    """No call is placed that the budget has no room for, and the rows say why."""
    result = spend(budget=0.5, cost_per_call=0.2)
    assert ("budget", 2) == (result.summary.stopped_by, result.summary.calls_created)
    assert result.summary.cost_usd == pytest.approx(0.4)
    reasons = result.frame["call_error"].drop_nulls().unique().to_list()
    assert {"answered": 2, "pending": 3} == dict(result.summary.outcomes)
    assert "the budget has no room for another call" in reasons


def test_a_budget_with_history(spend: Callable[..., campaign.Result]) -> None:
    """What the campaign's calls have cost is what the next ones will, and it counts."""
    spend(limit=2, name="spring")
    result = spend(budget=0.6, name="spring")
    assert ("budget", 1) == (result.summary.stopped_by, result.summary.calls_created)


def test_a_budget_with_another_campaigns_history(spend: Callable[..., campaign.Result]) -> None:
    """A new campaign goes by what the ledger's others have cost, and has its budget to itself."""
    spend(limit=1, name="spring")
    result = spend(budget=0.4, name="autumn")
    assert ("budget", 2) == (result.summary.stopped_by, result.summary.calls_created)


def test_a_budget_that_is_enough(spend: Callable[..., campaign.Result]) -> None:
    """Who can pay for everybody calls everybody."""
    result = spend(budget=1.0, cost_per_call=0.2)
    assert (None, 5) == (result.summary.stopped_by, result.summary.calls_created)
