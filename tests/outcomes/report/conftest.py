"""Makers of calls as a report measures them, and of what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from campaign.model import Attempt, AttemptState, Call
from campaign.outcomes.report.calls import Calls
from campaign.outcomes.report.facts import (
    Bin,
    Clocks,
    Facts,
    Hour,
    Load,
    Need,
    Reason,
    Slot,
    Spread,
    Step,
)

T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

NOTHING = Facts(
    campaign="spring",
    list_path="/lists/spring.csv",
    list_note=None,
    since=T0,
    made_at=T0 + timedelta(hours=2),
    running=False,
    live=0,
    rows=0,
)


@pytest.fixture(scope="session")
def t0() -> datetime:
    """Return the moment of the first call, a Monday."""
    return T0


@pytest.fixture
def one(attempt: Callable[..., Attempt], call: Callable[..., Call]) -> Callable[..., Attempt]:
    """Return a maker of attempts: contact `n`, `at_s` into the tests, `ends` with a reason.

    Without `ends` it is in the state that is given, and has no call.
    """

    def make(n: int = 0, at_s: float = 0.0, ends: str | None = None, **fields: Any) -> Attempt:
        number = f"+14155550{100 + n}"
        of_call = {name: fields.pop(name) for name in ("duration_s", "cost_usd") if name in fields}
        lasting = timedelta(seconds=of_call.get("duration_s") or 0)
        at = T0 + timedelta(seconds=at_s)
        known: dict[str, Any] = {
            "contact_key": number,
            "to_number": number,
            "attempt_id": f"att_{n}_{at_s}",
            "intent_at": at,
        }
        if ends is not None:
            ended_at = at + lasting
            known["call"] = call(disconnection_reason=ends, ended_at=ended_at, **of_call)
            known["state"] = AttemptState.ENDED
        return attempt(**(known | fields))

    return make


@pytest.fixture
def taken() -> Callable[..., pl.DataFrame]:
    """Return a maker of the frame of calls, of the attempts of contacts; the last one decides."""

    def take(*contacts: Sequence[Attempt]) -> pl.DataFrame:
        calls = Calls()
        for own in contacts:
            calls.take(own, own[-1])
        return calls.frame()

    return take


@pytest.fixture(scope="session")
def nothing() -> Facts:
    """Return the facts of a campaign that has not called anybody."""
    return NOTHING


def full(text: str) -> dict[str, Any]:
    """Return everything that a page can show, with `text` wherever a text of others can be."""
    spread = Spread(
        bins=(Bin(low=0.0, high=10.0, count=3), Bin(low=10.0, high=20.0, count=2)),
        count=5,
        total=61.0,
        median=8.0,
        ninetieth=15.0,
        most=31.0,
    )
    slots = tuple(
        Slot(start=T0 + timedelta(seconds=n), live=n % 4, per_second=0.1 * n) for n in range(6)
    )
    need = Need(
        key=f"{text} key",
        number="+14155550100",
        row=7,
        outcome="unknown",
        attempt=2,
        at=T0,
        error=f"{text} error",
        kept=False,
    )
    return {
        "campaign": f"{text} name",
        "list_path": f"{text} path",
        "list_note": f"{text} note",
        "rows": 9,
        "outcomes": {"answered": 5, "no_answer": 2, "unknown": 1, "rejected": 1},
        "steps": (Step(number=1, calls=8, answered=4), Step(number=2, calls=2, answered=1)),
        "clocks": Clocks(
            hours=(
                Hour(weekday=0, hour=9, calls=20, answered=10),
                Hour(weekday=4, hour=11, calls=2, answered=1),
            ),
            left_out=3,
        ),
        "load": Load(slots=slots, max_live=5, per_second_limit=1.0),
        "durations": spread,
        "costs": spread,
        "reasons": (Reason(outcome="rejected", text=f"{text} reason", rows=1),),
        "reasons_count": 1,
        "needs": (need,),
        "needs_count": 1,
    }


@pytest.fixture(scope="session")
def everything() -> Callable[[str], dict[str, Any]]:
    """Return the fields of facts of which nothing is missing, with a text of others in them."""
    return full
