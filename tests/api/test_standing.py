"""How a campaign stands, told without reading its list."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from campaign.api.standing import Known, outcomes_now
from campaign.model import Run

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)


def run(**outcomes: int) -> Run:
    """Return a run that counted its list."""
    return Run(
        campaign="spring", started_at=AT, pid=1, rows=sum(outcomes.values()), outcomes=outcomes
    )


@pytest.mark.parametrize(
    ("counted", "before", "since", "expected"),
    [
        # It has just begun.
        ({"pending": 9, "rejected": 1}, {}, {}, {"pending": 9, "rejected": 1}),
        # Three are called by now, one of them has ended.
        (
            {"pending": 9, "rejected": 1},
            {},
            {"placed": 2, "busy": 1},
            {"placed": 2, "busy": 1, "pending": 6, "rejected": 1},
        ),
        # Two were live when it was counted, and have ended since.
        (
            {"placed": 2, "suppressed": 1, "pending": 7},
            {"answered": 2},
            {},
            {"answered": 2, "pending": 7, "suppressed": 1},
        ),
        # The list has lost two that were called before: only what is new is added.
        (
            {"answered": 1, "pending": 3},
            {"answered": 3},
            {"busy": 1},
            {"answered": 1, "busy": 1, "pending": 2},
        ),
    ],
)
def test_outcomes_now(
    counted: dict[str, int],
    before: dict[str, int],
    since: dict[str, int],
    expected: dict[str, int],
) -> None:
    """Outcomes follow the calls, and sum to the rows."""
    known = Known(before=Counter(before), since=Counter(since))
    found = outcomes_now(run(**counted), known)
    assert (expected, sum(counted.values())) == (found, sum(found.values()))


def test_a_campaign_that_never_ran() -> None:
    """Without a run nothing is counted."""
    assert {} == outcomes_now(None, Known(before=Counter(), since=Counter()))
