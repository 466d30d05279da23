"""Who of a list is called next, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from campaign.outcomes.ahead import Ahead, look_ahead
from campaign.policy.redial import Due

A, B, C = "+14155550100", "+14155550101", "+14155550102"
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
LATER, LAST = NOW + timedelta(minutes=30), NOW + timedelta(hours=2)

MakeScreened = Callable[[Sequence[tuple[str | None, str | None, str | None]]], pl.DataFrame]


def due(at: datetime | None) -> Due:
    """Return a second attempt that is due at a moment, `None` for now."""
    return Due(attempt=2, at=at)


@pytest.mark.parametrize(
    ("outcomes", "dues", "expected"),
    [
        (["pending", "pending", "pending"], {}, Ahead(due=3)),
        (["pending", "busy", "answered"], {}, Ahead(due=1)),
        (["pending", "busy", "busy"], {B: due(LAST), C: due(LATER)}, Ahead(due=1, next_due=LATER)),
        (["answered", "busy", "busy"], {B: due(NOW), C: due(LATER)}, Ahead(due=1, next_due=LATER)),
        (["answered", "error", "failed"], {B: due(None), C: due(None)}, Ahead(due=2)),
        # A contact that is pending counts once.
        (["pending", "busy", "busy"], {A: due(None)}, Ahead(due=1)),
        # Somebody who is not on the list any more.
        (["answered", "busy", "busy"], {"+14155550109": due(LATER)}, Ahead()),
    ],
)
def test_what_lies_ahead(
    outcomes: list[str], dues: dict[str, Due], expected: Ahead, screened: MakeScreened
) -> None:
    """Contacts without a call are due, and those that are dialled again when their time comes."""
    rows = screened([(key, None, None) for key in (A, B, C)])
    calls = pl.DataFrame({"call_outcome": outcomes})
    assert look_ahead(rows, calls, dues.items(), until=NOW) == expected


def test_who_must_not_be_called_is_not_ahead(screened: MakeScreened) -> None:
    """A row that was rejected or suppressed waits for nothing."""
    rows = screened([(A, None, None), (A, "suppressed", "duplicate"), (B, "rejected", "no")])
    calls = pl.DataFrame({"call_outcome": ["busy", "suppressed", "rejected"]})
    found = look_ahead(rows, calls, [(A, due(LATER)), (B, due(NOW))], until=NOW)
    assert found == Ahead(due=0, next_due=LATER)


def test_an_empty_list(screened: MakeScreened) -> None:
    """Nobody is ahead on an empty list."""
    calls = pl.DataFrame({"call_outcome": []}, schema={"call_outcome": pl.String})
    assert look_ahead(screened([]), calls, [], until=NOW) == Ahead()
