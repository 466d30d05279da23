"""What a check decides about each contact, as a run would that begins now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import time_machine

import campaign
from campaign.api.deciding import OCCUPIED, SAMPLES
from campaign.api.opening import opened_ledger
from campaign.errors import ListError, UsageError
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import Suppression
from campaign.sandbox import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
A, B, C = "+12125550123", "+13105550124", "+447400123456"
NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""Noon in New York, nine in Los Angeles, five in London; a Monday."""

BUSY = CallScript(status="not_connected", disconnection_reason="dial_busy")
ANSWERED = CallScript(status="ended", disconnection_reason="agent_hangup", talk_s=30.0)


@pytest.fixture
def people() -> pl.DataFrame:
    """Somebody in New York, in Los Angeles, in London; a second row, one without a number."""
    return pl.DataFrame({"phone": [A, B, C, A, ""], "name": ["a", "b", "c", "d", "e"]})


def check(people: Any, **more: Any) -> Any:
    """Return what a check says of people at noon in New York."""
    with time_machine.travel(NOON, tick=False):
        return campaign.check(people, name="spring", **more).summary


def test_hours(people: pl.DataFrame) -> None:
    """Who is outside the hours is pending, counted, and due when they open."""
    pool = ["+14157774444", "+14157774445"]
    found = check(people, hours="10:00-18:00", from_number=pool, follow=False)
    assert {"pending": 3, "rejected": 1, "suppressed": 1} == found.outcomes
    assert {"outside its calling hours": 1, "duplicate": 1, "no phone number": 1} == found.reasons
    assert NOON + timedelta(hours=1) == found.next_due
    assert (2, NOON + timedelta(seconds=1)) == (found.forecast.calls, found.forecast.finish)
    (sample,) = found.samples["outside its calling hours"]
    assert (2, B) == (sample.row, sample.number)
    assert "(10:00-18:00 in America/Los_Angeles)" in sample.reason


def test_a_run_that_stays_for_hours(people: pl.DataFrame) -> None:
    """With a wait, those who fall due within it are in the forecast."""
    found = check(people, hours="10:00-18:00", wait="2h", cost_per_call=0.5, follow=False)
    assert (3, 1.5) == (found.forecast.calls, found.forecast.cost_usd)
    assert NOON + timedelta(hours=1, seconds=1) == found.forecast.finish


def test_how_long_simulated_calls_take(people: pl.DataFrame) -> None:
    """Calls of the sandbox go faster than life, and the forecast of a run in it goes by that."""
    one_by_one = {"hours": "any", "max_live": 1}
    real, simulated = check(people, **one_by_one), check(people, **one_by_one, sandbox=True)
    assert simulated.forecast.finish - NOON < (real.forecast.finish - NOON) / 10


def test_any_hour(people: pl.DataFrame) -> None:
    """At any hour everybody who can be called would be."""
    found = check(people, hours="any")
    assert (3, None) == (found.forecast.calls, found.next_due)
    assert {"duplicate": 1, "no phone number": 1} == found.reasons


def test_who_is_never_called(people: pl.DataFrame, folder: Path) -> None:
    """A number without a place has no moment to fall due at, and says why."""
    lost = people.with_columns(
        ignore_e164_validation=pl.Series(["true", "", "", "true", ""]), phone="phone"
    )
    found = check(lost, hours="any")
    assert 3 == found.forecast.calls
    found = check(lost)
    assert 2 == found.forecast.calls
    assert "no time zone" in found.reasons


def test_the_suppression_list(people: pl.DataFrame) -> None:
    """Numbers on the ledger's list are suppressed rows, and nobody would call them."""

    async def work() -> None:
        async with opened_ledger(Path("campaign.db"), notify=lambda _: None) as ledger:
            await ledger.suppress([Suppression(number=B, reason="asked", at=NOON)])

    asyncio.run(work())
    found = check(people, hours="any")
    assert ({"pending": 2, "rejected": 1, "suppressed": 2}, 2) == (
        found.outcomes,
        found.forecast.calls,
    )
    assert 1 == found.reasons["suppressed"]


@pytest.fixture
def called(people: pl.DataFrame, serve: Serve, options: Any) -> Callable[..., Any]:
    """Return a runner of everybody once, in a campaign of that name."""

    def run(name: str, script: CallScript, **more: Any) -> Any:
        server = serve(**{"speed": 1e6, "scripts": {n: [script] for n in (A, B, C)}, **more})
        given = options(server, follow="speed" not in more, name=name, analysis_for="0")
        return campaign.run(people, **given)

    return run


def test_caps(people: pl.DataFrame, called: Any) -> None:
    """Calls of another campaign count, and who has had enough is due when a window ends."""
    called("winter", ANSWERED)
    now = datetime.now(UTC)
    found = campaign.check(people, name="spring", hours="any", max_per_number="1/24h").summary
    assert {"at most 1 calls to one number": 3} == {
        reason: n for reason, n in found.reasons.items() if reason.startswith("at most")
    }
    assert (0, SAMPLES) == (
        found.forecast.calls,
        len(found.samples["at most 1 calls to one number"]),
    )
    assert found.next_due is not None
    assert timedelta(hours=23) < found.next_due - now <= timedelta(hours=24)
    found = campaign.check(people, name="spring", hours="any", max_per_number="any").summary
    assert 3 == found.forecast.calls
    found = campaign.check(
        people, name="spring", hours="any", max_per_number="any", min_gap="1h"
    ).summary
    assert 3 == found.reasons["too soon after the last call to this number"]


def test_numbers_that_are_on_the_phone(people: pl.DataFrame, called: Any) -> None:
    """A number with a live call of another campaign is held; nobody can tell how long."""
    called("winter", ANSWERED, speed=1.0)
    found = campaign.check(people, name="spring", hours="any").summary
    assert (3, 0, None) == (found.reasons[OCCUPIED], found.forecast.calls, found.next_due)


def test_only_those_who_are_left_are_asked_about(
    people: pl.DataFrame, called: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a contact that is through with all calls no history is read: there may be millions."""
    called("spring", BUSY)
    asked: list[str] = []
    histories = SqliteLedger.histories

    async def noted(ledger: SqliteLedger, campaign: str, keys: Sequence[str]) -> Any:
        asked.extend(keys)
        return await histories(ledger, campaign, keys)

    monkeypatch.setattr(SqliteLedger, "histories", noted)
    new = pl.concat([people, people.head(1).with_columns(phone=pl.lit("+12125550199"))])
    found = campaign.check(new, name="spring", hours="any").summary
    assert (1, []) == (found.forecast.calls, [key for key in asked if key in {A, B, C}])
    campaign.check(new, name="spring", hours="any", attempts=2)
    assert {A, B, C} <= set(asked)


def test_redials(people: pl.DataFrame, called: Any) -> None:
    """History tells how many are dialled again, for how long and for how much."""
    called("spring", BUSY)
    given: dict[str, Any] = {"name": "spring", "hours": "any", "attempts": 3, "redial_after": "1h"}
    found = campaign.check(people, **given, cost_per_call=1.0).summary
    assert ({"busy": 3, "rejected": 1, "suppressed": 1}, 0) == (
        found.outcomes,
        found.forecast.calls,
    )
    assert found.next_due is not None
    found = campaign.check(people, **given, wait="3h", cost_per_call=1.0).summary
    assert (6, 6, 6.0) == (
        found.forecast.calls,
        found.forecast.most_calls,
        found.forecast.most_cost_usd,
    )


def test_how_long_calls_take(people: pl.DataFrame, called: Any) -> None:
    """How long earlier calls held a line, by the clock, tells; their mean cost is the cost."""
    called("spring", ANSWERED)
    more = people.vstack(
        pl.DataFrame({"phone": [f"+1212555{n:04d}" for n in range(130, 134)], "name": ["x"] * 4})
    )
    found = campaign.check(more, name="spring", hours="any", max_live=1, cps=100).summary
    assert found.forecast.finish is not None
    took = found.forecast.finish - datetime.now(UTC)
    assert 4 == found.forecast.calls
    assert 1 < took.total_seconds() < 5
    assert (found.forecast.cost_usd or 0.0) > 0


def test_calls_that_were_refused(people: pl.DataFrame, called: Any) -> None:
    """A create that was refused was no call: it says nothing of lengths and costs."""
    called("spring", ANSWERED, blocked_countries={"+44": "GB"})
    found = campaign.check(people, name="spring", hours="any").summary
    assert {"answered": 2, "failed": 1, "rejected": 1, "suppressed": 1} == found.outcomes
    assert 3 == len(found.reasons)


def test_only_some_rows_are_shown() -> None:
    """A few rows stand for all of a reason."""
    many = pl.DataFrame({"phone": [f"+1310555{n:04d}" for n in range(130, 140)]})
    found = check(many)
    assert {"outside its calling hours": 10} == dict(check(many, hours="10:00-18:00").reasons)
    assert 10 == found.forecast.calls
    found = check(many, hours="10:00-18:00")
    assert SAMPLES == len(found.samples["outside its calling hours"])


@pytest.mark.parametrize(
    ("expects", "var", "told"),
    [
        ("name", {}, []),
        ("name,balance", {"balance": "5"}, []),
        ("name,balance", {}, ["expected variables that the list does not have: 'balance'"]),
        ("other", {"other": "x"}, ["variables of the list that nobody expects: 'name'"]),
    ],
)
def test_variables_that_are_expected(
    expects: str,
    var: dict[str, str],
    told: list[str],
    people: pl.DataFrame,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What a prompt needs and the list lacks, and what it has too much of, is told."""
    check(people, hours="any", expects=expects, var=var)
    assert told == [record.getMessage() for record in caplog.records]
    caplog.clear()
    check(people, hours="any", expects=expects, var=var, quiet=True)
    assert [] == caplog.records


def test_variables_that_must_be_there(people: pl.DataFrame) -> None:
    """Where rows must be as expected, so must variables."""
    with pytest.raises(ListError, match="does not have: 'balance'"):
        check(people.head(3), hours="any", expects="name,balance", strict=True)


def test_lines_that_are_no_numbers(people: pl.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    """What could not be used of a suppression file is told, by a check and by a run."""
    Path("dnc.csv").write_text(f"phone\n{B}\nnobody\n", encoding="utf-8")
    assert 2 == check(people, hours="any", suppress="dnc.csv").outcomes["suppressed"]
    run = campaign.run(
        people,
        from_number="+14157774444",
        hours="any",
        suppress="dnc.csv",
        sandbox=True,
        dry_run=True,
    )
    assert 2 == run.summary.outcomes["suppressed"]
    told = [line for line in caplog.messages if "suppression file 'dnc.csv'" in line]
    assert 2 == len(told)


def test_consent() -> None:
    """Rows without consent are suppressed; its columns are no variables."""
    people = pl.DataFrame({"phone": [A, B], "ok": ["yes", "no"], "since": ["2026-01-01"] * 2})
    found = check(people, hours="any", consent_column="ok", consent_date_column="since")
    assert {"pending": 1, "suppressed": 1} == found.outcomes
    assert {"no consent": 1} == found.reasons


def test_no_caller_number_for_a_preflight(people: pl.DataFrame) -> None:
    """The account is asked as a run would ask it, so that a run must be possible."""
    with pytest.raises(UsageError, match="there is no caller number"):
        check(people, hours="any", preflight=True, sandbox=True)
