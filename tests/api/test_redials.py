"""Redials: how they are kept, told and counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import campaign
from campaign.api.hooks import Hooks, Preview
from campaign.api.redials import in_vain, kept_policy, options_of, policy_of
from campaign.api.standing import status
from campaign.config import Settings, load
from campaign.model import Campaign, Outcome
from campaign.policy.redial import Policy
from campaign.sandbox.plan import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

A, B, C = "+14155550100", "+14155550101", "+14155550102"
AT = datetime(2026, 11, 23, 14, tzinfo=UTC)
BUSY = CallScript(status="not_connected", disconnection_reason="dial_busy")
ANSWERED = CallScript(status="ended", disconnection_reason="user_hangup", cost_cents=20.0)


def kept(options: dict[str, str]) -> Campaign:
    """Return a campaign as the ledger keeps it."""
    return Campaign(name="spring", campaign_id="cmp_1", created_at=AT, options=options)


def test_defaults_are_not_kept() -> None:
    """A campaign without a word on redials dials nobody again."""
    assert {} == options_of(Settings())
    assert Policy() == kept_policy(kept({"region": "US"})) == policy_of(Settings())


@given(
    attempts=st.integers(1, 99),
    after=st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
    on=st.lists(st.sampled_from(list(Outcome)), unique=True),
)
@settings(max_examples=30)
def test_what_is_kept_is_what_was_asked_for(
    attempts: int, after: list[int], on: list[Outcome]
) -> None:
    """The ledger's texts say the same as the settings, to the millisecond."""
    given = {
        "attempts": attempts,
        "redial_after": [timedelta(milliseconds=ms) for ms in after],
        "redial_on": on,
    }
    asked = Settings.model_validate(given)
    assert kept_policy(kept(options_of(asked))) == policy_of(asked)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("no_answer,busy,voicemail,undeliverable", None),
        ("", None),
        ("busy,answered,declined", "never dialled again: answered, declined (--redial-on takes"),
    ],
)
def test_outcomes_that_are_never_dialled_again(words: str, told: str | None) -> None:
    """Who asks for what is never done is told, with the words there are."""
    found = in_vain(load({"redial_on": words}, environ={}))
    assert (told is None) is (found is None)
    assert (told or "") in (found or "")
    assert told is None or "busy, no_answer, undeliverable, voicemail)" in (found or "")


@pytest.fixture
def people() -> pl.DataFrame:
    """Two people."""
    return pl.DataFrame({"phone": [A, B]})


@pytest.fixture
def once(options: Any) -> Callable[..., dict[str, Any]]:
    """Return the keywords of a run that follows quick calls."""

    def of(server: Served, **more: Any) -> dict[str, Any]:
        given: dict[str, Any] = options(server, follow=True, analysis_for="0", attempts=2)
        return {**given, **more}

    return of


def test_a_redial_that_waits(people: pl.DataFrame, serve: Serve, once: Any) -> None:
    """Who is to be dialled again keeps the last outcome, and all tell when it falls due."""
    server = serve(speed=1e6, scripts={A: [BUSY, ANSWERED], B: [ANSWERED]})
    more = {"redial_after": "1h", "name": "spring"}
    before = datetime.now(UTC)
    result = campaign.run(people, **once(server, **more))
    assert (["busy", "answered"], [1, 1]) == (
        result.frame["call_outcome"].to_list(),
        result.frame["call_attempts"].to_list(),
    )
    due = result.summary.next_due
    assert due is not None
    assert timedelta(0) <= due - before - timedelta(hours=1) < timedelta(minutes=1)
    (one,) = asyncio.run(status(Path("campaign.db")))
    assert (due, {"busy": 1, "answered": 1}) == (one.next_due, one.outcomes)
    checked = campaign.check(people, name="spring", attempts=2, redial_after="1h").summary
    assert (due, 0) == (checked.next_due, checked.forecast.calls)
    assert campaign.check(people, name="spring").summary.next_due is None


@pytest.mark.no_cover
def test_a_redial_that_is_due(people: pl.DataFrame, serve: Serve, once: Any) -> None:
    """A later run dials who is due by then; before it, a check counts them and `status` tells."""
    server = serve(speed=1e6, scripts={A: [BUSY, ANSWERED], B: [ANSWERED]})
    campaign.run(people, **once(server, redial_after="3s", name="spring"))
    time.sleep(3.2)
    (one,) = asyncio.run(status(Path("campaign.db"), "spring"))
    assert one.next_due is not None
    assert one.next_due < datetime.now(UTC)
    ahead = campaign.check(
        people, name="spring", attempts=2, redial_after="3s", cost_per_call=0.5, hours="any"
    ).summary
    assert (None, 1, 0.5) == (ahead.next_due, ahead.forecast.calls, ahead.forecast.cost_usd)
    again = campaign.run(people, **once(server, redial_after="3s", name="spring"))
    assert (["answered", "answered"], [2, 1], None) == (
        again.frame["call_outcome"].to_list(),
        again.frame["call_attempts"].to_list(),
        again.summary.next_due,
    )
    (one,) = asyncio.run(status(Path("campaign.db"), "spring"))
    assert one.next_due is None


def test_a_run_that_stays(people: pl.DataFrame, serve: Serve, once: Any) -> None:
    """With a wait, one run dials again who falls due within it."""
    server = serve(speed=1e6, scripts={A: [BUSY, BUSY, ANSWERED], B: [ANSWERED]})
    result = campaign.run(people, **once(server, attempts=3, redial_after="0.1s", wait="5s"))
    assert ([3, 1], 4, None) == (
        result.frame["call_attempts"].to_list(),
        result.summary.calls_created,
        result.summary.next_due,
    )


def test_who_is_asked(people: pl.DataFrame, serve: Serve, once: Any) -> None:
    """Redials that this run would place are shown before it is confirmed."""
    server = serve(speed=1e6, scripts={A: [BUSY], B: [ANSWERED]})
    campaign.run(people, **once(server, redial_after="1h", name="spring"))
    asked: list[Preview] = []
    told: list[str] = []

    def confirm(preview: Preview) -> bool:
        asked.append(preview)
        return False

    async def work(wait: str) -> None:
        from campaign.api.execute import run_campaign

        given = load(once(server, redial_after="1h", name="spring", wait=wait), environ={})
        hooks = Hooks(confirm=confirm, notify=told.append)
        await run_campaign(given, people, config=None, hooks=hooks)

    asyncio.run(work("2h"))
    assert ([1], []) == ([preview.to_call for preview in asked], told)
    asyncio.run(work("0"))
    (notice,) = told
    assert 1 == len(asked)
    assert "'spring' has nobody to call now: the next redial falls due at 20" in notice


def test_a_notice_of_words_in_vain(
    people: pl.DataFrame, serve: Serve, once: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Words that never lead to a redial are told once, and nobody is dialled again."""
    server = serve(speed=1e6, scripts={A: [ANSWERED], B: [ANSWERED]})
    given = once(server, redial_on=["answered"], redial_after="0", wait="1s")
    assert 2 == campaign.run(people, **given).summary.calls_created
    assert 1 == caplog.text.count("never dialled again: answered")
