"""Makers of what the ledger and the list would bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from campaign.ledger.tries import HeldSnapshot, columns_of
from campaign.model import Attempt, AttemptState, Call, History
from campaign.outcomes.build import Calls
from campaign.outcomes.contacts import contacts_of, parts_of
from campaign.outcomes.judged import judged
from campaign.policy.lifecycle import CREATED
from campaign.ports import JUDGED, Columns, Snapshot

PLACED_AT = datetime(2026, 11, 23, 14, 0, 0, 123456, tzinfo=UTC)

MakeAttempt = Callable[..., Attempt]
MakeHistory = Callable[..., tuple[str, History]]
MakeTries = Callable[..., Snapshot]
Compose = Callable[..., pl.DataFrame]
MakeScreened = Callable[[Sequence[tuple[str | None, str | None, str | None]]], pl.DataFrame]


def _call(**fields: Any) -> Call:
    known: dict[str, Any] = {
        "call_id": "call_1",
        "status": "ended",
        "disconnection_reason": "user_hangup",
        "agent_id": "agent_1",
        "started_at": datetime(2026, 11, 23, 14, 0, 5, tzinfo=UTC),
        "ended_at": datetime(2026, 11, 23, 14, 1, 5, 500_000, tzinfo=UTC),
        "duration_s": 60.5,
        "cost_usd": 0.125,
    }
    return Call(**(known | fields))


def _attempt(**fields: Any) -> Attempt:
    known: dict[str, Any] = {
        "id": 1,
        "campaign": "spring",
        "contact_key": "+14155550100",
        "attempt": 1,
        "attempt_id": "att_1",
        "to_number": "+14155550100",
        "from_number": "+14155550199",
        "agent_id": None,
        "state": AttemptState.ENDED,
        "intent_at": PLACED_AT,
        "sends": 1,
        "placed_at": PLACED_AT,
    }
    return Attempt(**(known | fields))


@pytest.fixture
def call() -> Callable[..., Call]:
    """Return a maker of calls that were answered; fields by name."""
    return _call


@pytest.fixture
def attempt() -> MakeAttempt:
    """Return a maker of attempts that have ended; fields by name."""
    return _attempt


@pytest.fixture
def history() -> MakeHistory:
    """Return a maker of (key, history): `created` and fields of the last attempt by name."""

    def make(key: str, *, created: int = 1, **fields: Any) -> tuple[str, History]:
        last = _attempt(contact_key=key, to_number=key, **fields)
        return key, History(last=last, created=created)

    return make


class Batches(HeldSnapshot):
    """Attempts that come in batches of two."""

    def tries(self, names: Sequence[str]) -> Iterator[Columns]:
        """Iterate over all of them."""
        every = list(self._attempts.values())
        for at in range(0, len(every), 2):
            yield columns_of(every[at : at + 2], names)


@pytest.fixture
def tries() -> MakeTries:
    """Return a maker of what a ledger knows of such histories."""

    def make(known: Iterable[tuple[str, History]]) -> Snapshot:
        attempts = (one for _, history in known for one in _attempts_of(history))
        return Batches([replace(one, id=n) for n, one in enumerate(attempts, 1)])

    return make


@pytest.fixture
def compose() -> Compose:
    """Return what makes the `call_…` columns of a screened list and such a ledger."""

    def make(
        rows: pl.DataFrame, ledger: Snapshot, *, pending: str, holds: dict[str, str]
    ) -> pl.DataFrame:
        contacts = contacts_of(parts_of(ledger.tries(JUDGED), JUDGED))
        calls = judged(rows, contacts, pending=pending, holds=holds)
        return Calls(rows=calls, snapshot=ledger).frame().collect()

    return make


def _attempts_of(history: History) -> Iterator[Attempt]:
    """Yield the last attempt, and as many busy ones before it as there were other calls."""
    last = history.last
    others = max(history.created - (last.state in CREATED), 0)
    yield replace(last, attempt=last.attempt + others)
    busy = _call(status="not_connected", disconnection_reason="dial_busy")
    for n in range(others):
        yield replace(last, attempt=n + 1, state=AttemptState.ENDED, error=None, call=busy)


@pytest.fixture
def screened() -> MakeScreened:
    """Return a maker of screened lists of (key, outcome, reason)."""

    def make(rows: Sequence[tuple[str | None, str | None, str | None]]) -> pl.DataFrame:
        return pl.DataFrame(
            [(n, key, key, outcome, reason) for n, (key, outcome, reason) in enumerate(rows)],
            schema={
                "row": pl.UInt32,
                "key": pl.String,
                "to_number": pl.String,
                "outcome": pl.String,
                "reason": pl.String,
            },
            orient="row",
        )

    return make
