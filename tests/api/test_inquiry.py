"""A preflight of a check: the account and the prompts are asked, nobody is called."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import campaign
from campaign import config
from campaign.api.inquiry import look_at_prompts
from campaign.api.preflight import Cleared, Desk
from campaign.contacts import read_list
from campaign.errors import HaltError, ListError
from campaign.model import Fault, FaultKind
from campaign.sandbox.serve import Served

FROM = "+14157774444"
Serve = Callable[..., Served]


def test_the_account_is_asked(
    frame: pl.DataFrame, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Key, numbers, lines and prompts are asked about, and nobody is called."""
    caplog.set_level(logging.WARNING, "campaign")
    server = serve(prompt="Hello {{name}}, you owe {{ balance }}. It is {{current_time}}.")
    given: dict[str, Any] = {"from_number": FROM, "preflight": True, "hours": "any"}
    given["base_url"] = server.url
    campaign.check(frame, **given)
    assert ["the agent's prompt uses 'balance', which no row has"] == caplog.messages
    caplog.clear()
    campaign.check(frame, **given, agent="agent_1", var={"balance": "5"})
    assert [] == caplog.messages
    campaign.run(frame, **given, limit=0)
    assert "the agent's prompt uses 'balance', which no row has" in caplog.messages


def test_what_no_run_can_begin_with(frame: pl.DataFrame, serve: Serve) -> None:
    """A caller number that is not the account's ends a check as it would a run."""
    server = serve(numbers={})
    with pytest.raises(HaltError):
        campaign.check(frame, from_number=FROM, base_url=server.url, preflight=True, hours="any")


class Prompts:
    """A provider whose agents use these variables."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    async def prompt_names(self, agent_id: str) -> Any:
        """Tell which variables the prompt of an agent uses."""
        return self._names[agent_id]


SILENT = Fault(kind=FaultKind.UNKNOWN, message="no answer came")
USED = {"one": frozenset({"name"}), "two": frozenset({"name", "balance"}), "three": SILENT}


@pytest.mark.parametrize(
    ("agent", "var", "told"),
    [
        ("one", {}, []),
        ("two", {}, ["the agent's prompt uses 'balance', which no row has"]),
        ("two", {"balance": "5"}, []),
        ("three", {}, ["the prompt of agent 'three' cannot be looked at: no answer came"]),
        (None, {}, ["the agent's prompt uses 'balance', which no row has"]),
    ],
)
def test_prompts(
    agent: str | None, var: dict[str, str], told: list[str], frame: pl.DataFrame
) -> None:
    """A variable that a prompt uses and nobody gives is told; other agents are not asked about."""
    said: list[str] = []
    settings = config.load({"var": var, **({"agent": agent} if agent else {})}, environ={})
    desk = Desk(settings=settings, listing=read_list(frame), notify=said.append)
    clear = Cleared(agents=frozenset({"one", "two"}))
    asyncio.run(look_at_prompts(desk, Prompts(USED), clear))  # type: ignore[arg-type]
    assert told == said


def test_prompts_that_must_be_filled(frame: pl.DataFrame) -> None:
    """Where the list must be as expected, a variable that is missing is its error."""
    settings = config.load({"agent": "two", "strict": True}, environ={})
    desk = Desk(settings=settings, listing=read_list(frame), notify=print)
    with pytest.raises(ListError, match="uses 'balance', which no row has"):
        asyncio.run(
            look_at_prompts(desk, Prompts(USED), Cleared())  # type: ignore[arg-type]
        )
