"""Progress for programs."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from campaign.model import Tally
from campaign.progress import JsonProgress, Scene, records

AT = datetime(2026, 11, 25, 12, 0, 0, 999_999, tzinfo=UTC)
SCENE = Scene(campaign="spring", to_call=10, per_minute=60.0, lines=20, budget_usd=5.0)


def test_a_record() -> None:
    """A record says everything that is known, with times in UTC and numbers masked."""
    tally = Tally(
        created=4,
        failed=1,
        first=5,
        live=2,
        outcomes={"answered": 2},
        spent_usd=0.123456,
        oldest_live_at=AT,
        last_error="402 for +14155550123",
        last_error_at=AT,
    )
    assert {
        "campaign": "spring",
        "state": "placing",
        "to_call": 10,
        "done": 5,
        "held": 0,
        "created": 4,
        "failed": 1,
        "unknown": 0,
        "outcomes": {"answered": 2},
        "live": 2,
        "max_live": 20,
        "live_since": "2026-11-25T12:00:00Z",
        "calls_per_minute": 30.0,
        "place_s": 10,
        "next_due": None,
        "spent_usd": 0.1235,
        "budget_usd": 5.0,
        "last_error": "402 for +1********23",
        "last_error_at": "2026-11-25T12:00:00Z",
        "stopped_by": None,
    } == records.record(SCENE, tally, per_minute=30.0)


@pytest.mark.parametrize(
    ("tally", "state"),
    [
        ({}, "placing"),
        ({"following": True}, "following"),
        ({"stopped_by": "signal"}, "following"),
        ({"following": True, "over": True}, "ending"),
    ],
)
def test_states(tally: dict[str, Any], state: str) -> None:
    """A time is told for placing only while calls are placed."""
    told = records.record(SCENE, Tally(**tally), per_minute=60.0)
    assert (state, 10 if state == "placing" else None) == (told["state"], told["place_s"])


def test_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first state and the last are always told, in between what has changed."""
    lines: list[str] = []
    progress = JsonProgress(SCENE, lines.append, every_s=60.0)
    progress.say()
    progress.update(Tally(first=3))
    progress.say()
    progress.close()
    told = [json.loads(line) for line in lines]
    assert [0, 3, 3] == [one["done"] for one in told]
    assert {"progress"} == {one["action"] for one in told}
    monkeypatch.setattr(records, "SIGN_OF_LIFE_S", 0.0)
    progress.say()
    assert 4 == len(lines)


def test_lines_come_by_themselves() -> None:
    """Nobody has to ask for them."""
    there = threading.Event()
    progress = JsonProgress(
        SCENE, lambda line: there.set() if '"done": 9' in line else None, every_s=0.001
    )
    progress.update(Tally(first=9))
    assert there.wait(5.0)
    progress.close()
