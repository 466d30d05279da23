"""Which caller numbers a list brings along."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from campaign.contacts.callers import Callers, callers_of
from campaign.contacts.screen import read_list

A, B, C = "+14155550101", "+14155550102", "+14155550103"


def callers(most: int = 50, **columns: list[Any]) -> Callers:
    """Return the callers of a list of so many contacts."""
    rows = len(next(iter(columns.values())))
    phones = [f"+1415555{1000 + row}" for row in range(rows)]
    return callers_of(read_list(pl.DataFrame({"phone": phones, **columns})), most=most)


@pytest.mark.parametrize(
    ("numbers", "agents", "own", "pooled"),
    [
        ([None, None], ["x", "y"], {}, True),
        ([None, None], ["x", " "], {}, False),
        ([A, None], [None, "y"], {A: False}, True),
        ([A, A, B], ["x", None, "z"], {A: False, B: True}, True),
        ([" +1 (415) 555-0101 ", A], ["x", "y"], {A: True}, True),
    ],
)
def test_callers(
    numbers: list[str | None], agents: list[str | None], own: dict[str, bool], pooled: bool
) -> None:
    """Each caller number is known with whether all of its rows have an agent of their own."""
    found = callers(from_number=numbers, override_agent_id=agents)
    assert (own, pooled) == (dict(found.own), found.pooled)


def test_one_of_the_two_columns() -> None:
    """Without a column of agents no row has one, without one of numbers all are the pool's."""
    assert callers(from_number=[A, B]) == Callers(own={A: False, B: False}, pooled=True)
    assert callers(override_agent_id=["x", "y"]) == Callers(pooled=True)
    assert callers(name=["a"]) == Callers()


def test_rejected_rows_call_nobody() -> None:
    """A row that cannot be called has no say."""
    frame = pl.DataFrame(
        {"phone": ["12", "+14155551000"], "from_number": [A, B], "override_agent_id": [None, "x"]}
    )
    assert callers_of(read_list(frame), most=50) == Callers(own={B: True}, pooled=True)


def test_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many numbers the first are known, each with all of its rows, however they are read."""
    monkeypatch.setattr("campaign.contacts.callers.BATCH_ROWS", 2)
    found = callers(2, from_number=[A, B, C, A], override_agent_id=["x", "x", "x", None])
    assert found == Callers(own={A: False, B: True}, pooled=True)
