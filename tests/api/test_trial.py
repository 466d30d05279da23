"""A test call: the row of a contact, placed to one's own phone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import time_machine

import campaign
from campaign import config
from campaign.api.execute import run_campaign
from campaign.api.hooks import Hooks
from campaign.api.standing import status
from campaign.errors import HaltError, ListError, UsageError
from campaign.sandbox import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
A, B, OWN = "+14155550100", "+14155550101", "+14155550199"
ANSWERED = CallScript(status="ended", disconnection_reason="agent_hangup", talk_s=30.0)


@pytest.fixture
def people() -> pl.DataFrame:
    """Two contacts with variables, a duplicate and a bad row."""
    return pl.DataFrame(
        {"phone": [A, B, B, "12"], "id": ["1", "2", "3", "4"], "name": ["a", "b", "c", "d"]}
    )


@pytest.fixture
def trial(people: pl.DataFrame, options: Any) -> Callable[..., Any]:
    """Return the maker of test calls to one's own phone."""

    def of(server: Served, **more: Any) -> Any:
        fixed = {"name": "spring", "only": B, "to": OWN, "analysis_for": "0"}
        return campaign.run(people, **options(server, **{**fixed, **more}))

    return of


@pytest.mark.no_cover
def test_one_call(
    people: pl.DataFrame,
    serve: Serve,
    trial: Any,
    options: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One call with the row's variables goes to one's own phone, and is nobody's attempt."""
    server = serve(speed=1e6, scripts={OWN: [ANSWERED]})
    result = trial(server, key="id", attempts=3, limit=0, redial_after="0")
    assert (["b"], ["answered"], [OWN]) == (
        result.frame["name"].to_list(),
        result.frame["call_outcome"].to_list(),
        result.frame["call_to_number"].to_list(),
    )
    assert ("spring (test)", 1, 1, None) == (
        result.summary.campaign,
        result.summary.rows,
        result.summary.calls_created,
        result.summary.out,
    )
    assert "test call to +1********99: answered (agent_hangup)" in caplog.messages
    assert any(message.startswith("summary: The call lasted") for message in caplog.messages)
    (call,) = server.sandbox.calls.values()
    assert {"id": "2", "name": "b"} == call.request["retell_llm_dynamic_variables"]
    trial(server)
    assert 2 == len(server.sandbox.calls)
    (tests,) = asyncio.run(status(Path("campaign.db")))
    assert ("spring (test)", 1, {"answered": 1}) == (tests.campaign, tests.rows, tests.outcomes)
    whole = campaign.run(people, **options(server, name="spring"))
    assert 2 == whole.summary.calls_created


def test_hours_of_ones_own_phone(trial: Any, serve: Serve) -> None:
    """Without any hour, hours and caps hold for one's own phone, wherever the contact is."""
    server = serve(speed=1e6, scripts={OWN: [ANSWERED]})
    sunday, monday = (datetime(2026, 3, day, 20, 0, tzinfo=UTC) for day in (1, 2))
    given = {"hours": "09:00-20:00", "max_per_number": "1/24h"}
    with time_machine.travel(sunday, tick=True):
        result = trial(serve(speed=1e6), **given)
    assert (["pending"], 0) == (
        result.frame["call_outcome"].to_list(),
        result.summary.calls_created,
    )
    assert "closed on Sunday" in result.frame["call_error"][0]
    with time_machine.travel(monday, tick=True):
        outcomes = [
            trial(server, **given, ledger="other.db").frame["call_outcome"][0] for _ in range(2)
        ]
    assert ["answered", "pending"] == outcomes


def test_no_results_file(people: pl.DataFrame, serve: Serve, trial: Any) -> None:
    """No results file is written, not even where one is named; nothing else is either."""
    people.write_csv("people.csv")
    trial(serve(speed=1e6), out="out.csv", rejects="bad.csv")
    assert not Path("out.csv").exists()
    assert not Path("bad.csv").exists()


def test_a_test_that_is_not_placed(people: pl.DataFrame, serve: Serve, options: Any) -> None:
    """Dry, nobody is called and nothing recorded; not confirmed, nobody is called."""
    told: list[str] = []
    server = serve()
    base = options(server, name="spring", only="415-555-0101", to=OWN, region="US")

    def run(*, agreed: bool, **more: Any) -> Any:
        settings = config.load({**base, **more}, environ={})
        hooks = Hooks(notify=told.append, confirm=lambda _: agreed)
        return asyncio.run(run_campaign(settings, people, config=None, hooks=hooks))

    dry = run(agreed=True, dry_run=True)
    assert ({"pending": 1}, 0, "campaign.db") == (
        dry.summary.outcomes,
        dry.exit_code,
        dry.summary.ledger,
    )
    assert not Path("campaign.db").exists()
    assert "dry run: one call would be placed to +1********99" in told
    declined = run(agreed=False)
    assert (75, {"pending": 1}, None) == (
        declined.exit_code,
        declined.summary.outcomes,
        declined.frame,
    )
    assert "test call to +1********99: pending (the test call was not placed)" in told
    assert [] == list(server.sandbox.calls)


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        ({"only": "+14155550177"}, ListError, r"\+1\*+77 is on no row of the list"),
        ({"only": "12"}, ListError, r"\*\* is on no row of the list"),
        ({"to": "12"}, UsageError, r"'\*\*' cannot be used: no country code"),
        ({"to": None}, UsageError, "a test call needs both --only and --to"),
    ],
)
def test_what_cannot_be_tested(
    more: dict[str, Any], error: type[Exception], told: str, trial: Any, serve: Serve
) -> None:
    """A number that is on no row is an error of the list, one that is none of usage."""
    with pytest.raises(error, match=told):
        trial(serve(), **more)


def test_a_row_that_cannot_be_called(trial: Any, serve: Serve) -> None:
    """A row that cannot be called says why."""
    Path("dnc.csv").write_text(f"phone\n{B}\n", encoding="utf-8")
    with pytest.raises(ListError, match=r"the row of \+1\*+01 cannot be called: suppressed"):
        trial(serve(), suppress="dnc.csv")


def test_a_halt(trial: Any, serve: Serve) -> None:
    """What would halt a run ends the test too."""
    with pytest.raises(HaltError) as caught:
        trial(serve(paid=False))
    assert {"pending": 1} == caught.value.result.summary.outcomes
