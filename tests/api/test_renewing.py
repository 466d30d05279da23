"""The results file while a run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import campaign
from campaign import config
from campaign.api import outputs, renewing
from campaign.api.hooks import Hooks
from campaign.api.job import Job, prepare
from campaign.api.provider import open_campaign
from campaign.api.renewing import ResultsRenewal, renewal
from campaign.errors import OutputError
from campaign.ledger.memory import MemoryLedger
from campaign.ports import Ledger
from campaign.sandbox.plan import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

TALK = CallScript(
    status="ended",
    disconnection_reason="user_hangup",
    ring_s=0.0,
    talk_s=0.6,
    analysis_delay_s=0.0,
)
SCRIPTS = {f"+1415555010{n}": [TALK] for n in range(3)}
FULL = OutputError("cannot write 'x.csv': No space left on device", hint="x")


@pytest.fixture
def prepared(frame: pl.DataFrame) -> Callable[..., tuple[Job, Ledger, list[str]]]:
    """Return a maker of what a run renews its results from, and of what is told."""

    def make(**given: Any) -> tuple[Job, Ledger, list[str]]:
        told: list[str] = []
        fixed = {"from_number": "+14157774444", "hours": "any", "sandbox": True}
        settings = config.load({**fixed, **given}, environ={})

        async def work() -> tuple[Job, Ledger]:
            hooks = Hooks(notify=told.append)
            job = await prepare(settings, frame, config=None, hooks=hooks)
            ledger = MemoryLedger()
            await open_campaign(settings, ledger, name=job.name, listing=job.listing, account="org")
            return job, ledger

        return (*asyncio.run(work()), told)

    return make


@pytest.mark.parametrize("fails", [False, True])
def test_the_file_is_renewed(
    frame: pl.DataFrame,
    serve: Serve,
    options: Any,
    monkeypatch: pytest.MonkeyPatch,
    fails: bool,
) -> None:
    """While calls are live the file is there, unless that fails: the run ends as it would."""
    written: list[list[str]] = []
    write = outputs.write_results

    def and_read(out: Path, *given: Any) -> None:
        if fails:
            written.append([])
            raise FULL
        write(out, *given)
        written.append(pl.read_csv(out)["call_outcome"].to_list())

    monkeypatch.setattr(renewing, "write_results", and_read)
    given = {"follow": True, "analysis_for": "0s", "out": "x.csv", "refresh": "0.05s"}
    result = campaign.run(frame, **options(serve(scripts=SCRIPTS), **given))
    assert not {"answered", "busy", "no_answer"} & set(written[0])
    assert [0 if fails else 4] * len(written) == [len(rows) for rows in written]
    assert ["answered", "answered", "answered", "rejected"] == (
        pl.read_csv("x.csv")["call_outcome"].to_list()
    )
    assert {"answered": 3, "rejected": 1} == result.summary.outcomes


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FULL, "cannot write 'x.csv': No space left on device; x"),
        (MemoryError("no room"), "no room"),
    ],
)
def test_a_failure_is_told_once_as_long_as_it_lasts(
    prepared: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: str
) -> None:
    """Whatever goes wrong is told and not raised; what holds contacts back is in the file."""
    job, ledger, told = prepared(out="x.csv")
    found = renewal(job, ledger)
    assert found is not None
    write = outputs.write_results
    fates = iter([error, error, None, error])

    def fail(*given: Any) -> None:
        write(*given)
        if (fate := next(fates)) is not None:
            raise fate

    monkeypatch.setattr(renewing, "write_results", fail)
    for _ in range(4):
        asyncio.run(found.renew({"+14155550101": "held"}))
    notice = (
        f"the results file was not renewed: {expected} (the run goes on, and writes it at its end)"
    )
    assert [notice, notice] == told
    reasons = pl.read_csv("x.csv")["call_error"].to_list()
    assert (["not called yet", "held", "not called yet"], 60.0) == (reasons[:3], found.every_s)


def test_what_is_not_wanted_any_more_is_given_up(
    prepared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal that the end of the run overtakes leaves the file as it is, and says nothing."""
    job, ledger, told = prepared(out="x.csv")
    found = ResultsRenewal(job=job, ledger=ledger, out=Path("x.csv"), every_s=1.0)
    write = outputs.write_results

    def overtaken(*given: Any) -> None:
        found.withdraw()
        write(*given)

    monkeypatch.setattr(renewing, "write_results", overtaken)
    asyncio.run(found.renew({}))
    assert ([], []) == (told, list(Path().iterdir()))


@pytest.mark.parametrize(("read_s", "expected"), [(0.9, 0.0), (30.0, 30.0)])
def test_long_lists_are_not_renewed_early(prepared: Any, read_s: float, expected: float) -> None:
    """A list that took long to read is thought to take as long to go through again."""
    job, ledger, _ = prepared(out="x.csv")
    assert job.read_s > 0
    found = renewal(replace(job, read_s=read_s), ledger)
    assert found is not None
    assert found.takes_s == expected


@pytest.mark.parametrize("given", [{"out": "x.csv", "refresh": "0"}, {"refresh": "1s"}])
def test_nothing_is_renewed(prepared: Any, given: dict[str, str]) -> None:
    """With 0, or without a file, nothing is written before the end."""
    job, ledger, _ = prepared(**given)
    assert renewal(job, ledger) is None
