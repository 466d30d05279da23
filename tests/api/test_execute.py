"""A run behind the façade: who is asked, and whose ledger it is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign import config
from campaign.api.execute import run_campaign
from campaign.api.finish import Execution
from campaign.api.hooks import Hooks, Preview
from campaign.api.patience import patience
from campaign.api.provider import open_campaign
from campaign.api.reading import open_list
from campaign.config import Settings
from campaign.errors import HaltError
from campaign.ledger.memory import MemoryLedger
from campaign.model import Campaign
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]


@pytest.mark.no_cover
@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_who_decides(
    frame: pl.DataFrame, serve: Serve, options: Any, answer: bool, whole: bool
) -> None:
    """Whoever is asked decides; a run that was declined has called nobody and written nothing."""
    server = serve()
    settings = config.load(options(server, out="x.csv"), environ={})
    asked: list[Preview] = []

    def confirm(preview: Preview) -> bool:
        asked.append(preview)
        return answer

    async def work() -> Execution:
        hooks = Hooks(confirm=confirm)
        return await run_campaign(settings, frame, config=None, hooks=hooks, whole=whole)

    execution = asyncio.run(work())
    assert (*((0, 3) if answer else (75, 0)), answer, answer) == (
        execution.exit_code,
        len(server.sandbox.calls),
        execution.written,
        Path("x.csv").exists(),
    )
    assert [(3, 4)] == [(preview.to_call, preview.rows) for preview in asked]
    assert whole is (execution.frame is not None)


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({}, False),
        ({"base_url": "http://127.0.0.1:1"}, True),
        ({"sandbox": True}, True),
    ],
)
def test_an_account_that_nobody_knows(
    frame: pl.DataFrame, settings: dict[str, Any], allowed: bool
) -> None:
    """Away from loopback, a new ledger needs to know whose it is before anybody is called."""

    async def work() -> Campaign:
        known = Settings(**settings)
        listing = await open_list(known, frame)
        return await open_campaign(
            known, MemoryLedger(), name="spring", listing=listing, account=None
        )

    if allowed:
        assert asyncio.run(work()).name == "spring"
    else:
        with pytest.raises(HaltError, match="does not tell whose key this is"):
            asyncio.run(work())


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [(None, [(15, False), (1, True)]), (2, [(15, True), (1, True)])],
)
def test_patience(earlier: int | None, expected: list[tuple[int, bool]]) -> None:
    """Signals are held back, and the second one is told as such."""
    told: list[tuple[int, bool]] = []
    with patience(lambda number, second: told.append((number, second)), earlier) as heard:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
    assert (expected, [15, 1]) == (told, heard)


def test_no_patience() -> None:
    """Where nobody takes signals, they are left alone."""
    before = signal.getsignal(signal.SIGINT)
    with patience(None, None) as heard:
        assert before is signal.getsignal(signal.SIGINT)
    assert [] == heard
