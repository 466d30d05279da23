"""The public names as a typed program uses them: mypy reads this file, and it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import assert_type

import polars as pl
import pytest

import campaign


def test_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the functions return is what their types say."""
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"phone": ["12"]})
    result = campaign.run(frame, from_number="+14157774444", hours="any", sandbox=True)
    assert_type(result, campaign.Result)
    assert_type(result.frame, pl.DataFrame)
    assert_type(result.frame.height, int)
    assert_type(result.summary.outcomes, Mapping[str, int])
    assert_type(result.summary.outcomes["rejected"], int)
    assert_type(result.summary.stopped_by, str | None)
    checked = campaign.check(frame, region="US")
    assert_type(checked, campaign.CheckResult)
    assert_type(checked.rejected, pl.DataFrame)
    assert_type(checked.summary.reasons, Mapping[str, int])
    again = campaign.results("frame", frame, sandbox=True)
    assert_type(again, pl.DataFrame)
    awaited = asyncio.run(
        campaign.arun(frame, from_number="+14157774444", hours="any", sandbox=True)
    )
    assert_type(awaited, campaign.Result)
    assert_type(campaign.CampaignError("x").hint, str)
    assert [1] * 4 == [
        result.frame.height,
        checked.rejected.height,
        again.height,
        awaited.frame.height,
    ]
