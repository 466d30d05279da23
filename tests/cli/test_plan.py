"""The plan that a person is shown before the first real call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from campaign import config
from campaign.api import foreseeing
from campaign.api.execute import run_campaign
from campaign.api.hooks import Hooks, Preview, preview_of
from campaign.cli import run as cli_run
from campaign.cli.plan import plan_lines
from campaign.cli.run import Screen
from campaign.config import Settings
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FROM = "+14157774444"


@pytest.fixture
def planned(serve: Serve) -> Callable[..., str]:
    """Return what somebody is shown who then says no; each part of the plan is one line."""
    server = serve()

    def plan(frame: pl.DataFrame, **more: Any) -> str:
        base = {"from_number": FROM, "base_url": server.url, "cps": "any", "hours": "any"}
        settings = config.load({**base, **more}, environ={})
        shown: list[Preview] = []

        def confirm(preview: Preview) -> bool:
            shown.append(preview)
            return False

        hooks = Hooks(confirm=confirm)
        asyncio.run(run_campaign(settings, frame, config=None, hooks=hooks))
        (preview,) = shown
        return "\n".join(plan_lines(settings, preview, now=NOW, width=10_000))

    return plan


@pytest.fixture
def people() -> pl.DataFrame:
    """Return three contacts who can be called, one twice, and a row that cannot."""
    numbers = [f"+1415555{n:04}" for n in (100, 101, 102, 102)]
    return pl.DataFrame({"phone": [*numbers, "7"]})


def test_a_plan(planned: Any, people: pl.DataFrame) -> None:
    """Everything that matters is there: who, from where, by whom, how fast, when, and the end."""
    lines = planned(people, cost_per_call=0.5, name="spring").splitlines()
    finish = lines[-1].partition("through about ")[2].partition(";")[0]
    assert finish
    assert [
        "  list      a frame, 5 rows: 3 to call now, 1 suppressed, 1 rejected",
        "  from      +14157774444",
        "  agent     the number's own",
        "  pace      as fast as it goes, at most 20 live at once",
        "  hours     ANY: at whatever hour it is where they are",
        f"  expected  3 calls; through about {finish}; 1.50 USD",
    ] == [line for line in lines if not line.startswith("  through")]
    assert lines[1].startswith("  through   http://127.0.0.1:")


def test_who_is_not_called_now(planned: Any, people: pl.DataFrame) -> None:
    """Whoever waits is told with the reason, and when the first of them falls due."""
    # Not now, at whatever time of day this is read, and within what the rules of the place allow.
    hours = "17:00-17:30" if 8 <= datetime.now(UTC).hour < 15 else "11:00-11:30"
    zoned = people.with_columns(pl.lit("UTC").alias("timezone"))
    plan = planned(zoned, hours=hours, days="mon-sun", name="spring")
    assert "5 rows: 0 to call now, 1 suppressed, 1 rejected" in plan
    assert "3 not now: outside" in plan
    assert "the next of those who wait falls due at" in plan
    assert f"  hours     {hours} mon-sun, where they are; rules by place tighten it" in plan
    assert "the cost is not known (no history, no --cost-per-call)" in plan


def test_bounds(planned: Any, people: pl.DataFrame) -> None:
    """Redials, limits, money and waiting are told where they are set."""
    plan = planned(
        people,
        attempts=2,
        redial_after="90s,2h",
        limit=2,
        budget=9.5,
        cost_per_call=1.0,
        wait="1d",
        agent="agent_x",
        agent_version="3",
    )
    for told in (
        "  agent     agent_x, version 3",
        "  attempts  up to 2 for each, after no_answer, busy; 90s, 2h apart",
        "  limit     2 calls in this run",
        "  budget    9.50 USD for the campaign",
        "  stays     1d for those who fall due",
        " calls, up to 6 with redials",
        " to 6.00 USD",
    ):
        assert told in plan


def test_a_long_list(planned: Any, people: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is kept waiting for the forecast of a long list."""
    monkeypatch.setattr(foreseeing, "MOST_ROWS_FORESEEN", 4)
    plan = planned(people, name="spring")
    assert "5 rows: 3 to call, 1 suppressed" in plan
    assert "  expected  not worked out for a list this long; `campaign check` does" in plan


def plan_of(outcomes: dict[str, int], **more: Any) -> str:
    """Return the plan of a run of two of three contacts, without a forecast."""
    settings = Settings(**{"from_number": (FROM,), **more})
    preview = preview_of(settings, "spring", "x.csv", to_call=2, rows=3, outcomes=outcomes)
    return "\n".join(plan_lines(settings, preview, now=NOW, width=10_000))


def test_who_was_called_before() -> None:
    """A campaign that goes on says how its calls went so far."""
    plan = plan_of({"answered": 1, "pending": 2})
    assert "  list      x.csv, 3 rows: 2 to call\n            1 called before: 1 answered\n" in plan


def test_a_pool_of_callers() -> None:
    """The pace of a pool is told for each number and for all; many numbers are counted."""
    plan = plan_of({}, from_number=tuple(f"+1415777444{n}" for n in range(6)), cps=2.0)
    assert "+14157774442, +14157774443 and 2 more\n" in plan
    assert "  pace      2 a second and caller number, 12 in all, at most 20 live at once" in plan


def test_a_test_call() -> None:
    """Of a test call, only what concerns it is told."""
    plan = plan_of({}, only="+14155550100", to="+14155550199")
    assert plan.startswith("  test call of the row of +14155550100, placed to +14155550199\n")
    assert ["test", "through", "from", "agent"] == [line.split()[0] for line in plan.splitlines()]


def test_a_narrow_terminal() -> None:
    """The plan is wrapped under its labels."""
    settings = Settings(from_number=(FROM,))
    preview = preview_of(settings, "spring", None, to_call=2, rows=3)
    lines = plan_lines(settings, preview, now=NOW, width=40)
    assert "  list      a frame, 3 rows: 2 to call" in lines
    assert all(len(line) < 40 for line in lines)
    assert any(line.startswith(" " * 12) for line in lines)


@pytest.mark.parametrize("answer", [True, False])
def test_the_question(
    answer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan is shown on stderr, and then it is asked."""
    monkeypatch.setattr(cli_run, "agreed", lambda _: answer)
    settings = Settings(from_number=(FROM,))
    preview = preview_of(settings, "spring", "x.csv", to_call=2, rows=3)
    assert answer is Screen(settings, json=False).confirm(preview)
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert "campaign: people will be called for the campaign 'spring':" == first
    assert "  list      x.csv, 3 rows: 2 to call" == second
