"""What a run remembers of whom it did not call, and of whom it is told to call nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import campaign
from campaign.api import holding, outputs, suppressing
from campaign.api.explaining import explain
from campaign.api.opening import opened_ledger
from campaign.dialer.clock import SystemClock
from campaign.model import Suppression
from campaign.sandbox import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
NUMBERS = ["+14155550100", "+14155550101", "+14155550102", "+14155550103"]
ANSWERED = CallScript(status="ended", disconnection_reason="agent_hangup", talk_s=30.0)


@pytest.fixture
def server(serve: Serve) -> Served:
    """Serve a provider at which everybody answers."""
    return serve(speed=1e6, scripts={number: [ANSWERED] for number in NUMBERS})


@pytest.fixture
def people() -> pl.DataFrame:
    """Four contacts, and one of them again."""
    return pl.DataFrame({"phone": [*NUMBERS, NUMBERS[0]]})


@pytest.fixture
def run(people: pl.DataFrame, options: Any, server: Served) -> Callable[..., Any]:
    """Return a runner of everybody to the end."""

    def of(**more: Any) -> Any:
        return campaign.run(people, **options(server, follow=True, analysis_for="0", **more))

    return of


def kinds(number: str) -> list[tuple[str | None, str, str | None]]:
    """Return what is known of a number, without the times."""
    story = asyncio.run(explain(Path("campaign.db"), number, region=None))
    return [(one.campaign, one.kind, one.reason) for one in story.episodes]


def test_holds_and_skips(run: Any) -> None:
    """Those who were held have a hold, rows that are not called a skip, both with the reason."""
    run(name="winter")
    result = run(name="spring", max_per_number="1/24h")
    reason = "at most 1 calls to one number: 1/24h"
    assert ([reason] * 4, {"pending": 4, "suppressed": 1}) == (
        result.frame["call_error"].to_list()[:4],
        result.summary.outcomes,
    )
    assert result.summary.next_due is not None
    assert [("winter", "attempt", "agent_hangup"), ("spring", "hold", reason)] == kinds(NUMBERS[1])
    skip = "duplicate: same number as row 1"
    assert ("spring", "skip", skip) in kinds(NUMBERS[0])


@pytest.mark.no_cover
def test_the_bound(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than so many are remembered."""
    monkeypatch.setattr(holding, "MOST_REMEMBERED", 1)
    run(name="winter")
    run(name="spring", max_per_number="1/24h")
    assert 1 == sum(("spring", "hold") in {one[:2] for one in kinds(n)} for n in NUMBERS)


@pytest.mark.no_cover
def test_many_who_were_forgotten(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was forgotten is still known as called or suppressed, however many contacts there are."""
    monkeypatch.setattr(outputs, "BATCH", 2)
    monkeypatch.setattr(suppressing, "BATCH", 2)

    async def work() -> None:
        async with opened_ledger(Path("campaign.db"), notify=lambda _: None) as ledger:
            at = SystemClock().now()
            assert 2 == sum([await ledger.forget(number, at) for number in NUMBERS[:2]])
            entry = Suppression(number=NUMBERS[3], reason="asked", at=at)
            await ledger.suppress([entry])
            await ledger.forget(NUMBERS[3], at)

    run(name="spring")
    asyncio.run(work())
    again = run(name="spring")
    assert (0, {"answered": 4, "suppressed": 1}) == (
        again.summary.calls_created,
        again.summary.outcomes,
    )
    assert [None, None, NUMBERS[2], None] == again.frame["call_to_number"].to_list()[:4]
    summer = run(name="summer", max_per_number="any")
    assert {"answered": 3, "suppressed": 2} == summer.summary.outcomes
    assert "suppressed: asked" == summer.frame["call_error"][3]
