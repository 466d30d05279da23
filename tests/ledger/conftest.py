"""Ledgers of both kinds over one store, and values to put into them."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.ledger.memory import MemoryLedger
from campaign.ledger.sqlite import SqliteLedger
from campaign.ledger.store import Store
from campaign.model import AttemptState, Begun, Call, Campaign, Event, EventKind, Found, Intent
from campaign.ports import Ledger

PATHS = {
    AttemptState.SENDING: (),
    AttemptState.WITHHELD: (EventKind.THROTTLED,),
    AttemptState.REFUSED: (EventKind.REFUSED,),
    AttemptState.UNKNOWN: (EventKind.AMBIGUOUS,),
    AttemptState.LIVE: (EventKind.CREATED,),
    AttemptState.ENDED: (EventKind.CREATED, EventKind.ENDED),
    AttemptState.LOST: (EventKind.CREATED, EventKind.LOST),
    AttemptState.SETTLED: (EventKind.AMBIGUOUS, EventKind.CALLED),
    AttemptState.DISMISSED: (EventKind.AMBIGUOUS, EventKind.NOT_CALLED),
}
T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
Opened = Callable[[], Ledger]


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio: the ledger in SQLite knows nothing else."""
    return "asyncio"


@pytest.fixture
def t0() -> datetime:
    """Return the moment at which the tests begin."""
    return T0


@pytest.fixture(params=["memory", "sqlite"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    """Yield a function that opens one more ledger over the same store, as a process would."""
    store = Store()
    ledgers: list[Ledger] = []

    def open_one() -> Ledger:
        if request.param == "memory":
            ledgers.append(MemoryLedger(store))
        else:
            ledgers.append(SqliteLedger.open(tmp_path / "campaign.db"))
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        await ledger.aclose()


@pytest.fixture
async def ledger(opened: Opened, a_campaign: Callable[..., Campaign]) -> Ledger:
    """Return a ledger that knows the campaign `spring`."""
    ledger = opened()
    await ledger.open_campaign(a_campaign())
    return ledger


@pytest.fixture
async def sqlite(
    tmp_path: Path, a_campaign: Callable[..., Campaign]
) -> AsyncIterator[SqliteLedger]:
    """Yield a ledger file that knows the campaign `spring`."""
    ledger = SqliteLedger.open(tmp_path / "campaign.db")
    await ledger.open_campaign(a_campaign())
    yield ledger
    await ledger.aclose()


@pytest.fixture
def a_campaign() -> Callable[..., Campaign]:
    """Return a maker of campaigns."""

    def make(name: str = "spring", **changes: Any) -> Campaign:
        values: dict[str, Any] = {"campaign_id": f"cmp_{name}", "created_at": T0, **changes}
        return Campaign(name=name, **values)

    return make


@pytest.fixture
def an_intent() -> Callable[..., Intent]:
    """Return a maker of intents for contact number `n`, `after_s` seconds into the tests."""

    def make(n: int = 0, *, after_s: float = 0.0, per_second: float = 0, **changes: Any) -> Intent:
        number = f"+14155550{100 + n}"
        moment = T0 + timedelta(seconds=after_s)
        values: dict[str, Any] = {
            "campaign": "spring",
            "contact_key": number,
            "attempt": 1,
            "attempt_id": f"att_{n}",
            "to_number": number,
            "from_number": "+14155550199",
            "agent_id": "agent_1",
            "at": moment,
            "starts_at": moment,
            "interval_s": 1 / per_second if per_second else 0.0,
            "window": math.ceil(per_second),
            **changes,
        }
        return Intent(**values)

    return make


@pytest.fixture
def a_call() -> Callable[..., Call]:
    """Return a maker of calls."""

    def make(status: str = "registered", call_id: str = "call_1", **changes: Any) -> Call:
        return Call(call_id=call_id, status=status, **changes)

    return make


@pytest.fixture
def an_event() -> Callable[..., Event]:
    """Return a maker of events, one second into the tests."""

    def make(begun: object, kind: EventKind, **changes: Any) -> Event:
        assert isinstance(begun, Begun)
        return Event(**{"id": begun.id, "kind": kind, "at": T0 + timedelta(seconds=1), **changes})

    return make


@pytest.fixture
def put(
    ledger: Ledger,
    an_intent: Callable[..., Intent],
    an_event: Callable[..., Event],
    a_call: Callable[..., Call],
) -> Callable[..., Awaitable[int]]:
    """Return a coroutine function that begins an attempt and brings it to a state.

    What else is `said` of its call is said of it from the first word on.
    """
    statuses = {EventKind.CREATED: "registered", EventKind.ENDED: "ended"}

    async def bring(
        state: AttemptState, intent: Intent | None = None, *, call_id: str = "call_1", **said: Any
    ) -> int:
        begun = await ledger.begin(intent or an_intent())
        assert isinstance(begun, Begun)
        for kind in PATHS[state]:
            call = a_call(statuses[kind], call_id, **said) if kind in statuses else None
            await ledger.record(an_event(begun, kind, call=call))
        return begun.id

    return bring


@pytest.fixture
def a_found(a_call: Callable[..., Call]) -> Callable[..., Found]:
    """Return a maker of calls found at the provider for contact number `n`, an hour later."""

    def make(n: int = 0, *, call: Call | None = None, **changes: Any) -> Found:
        number = f"+14155550{100 + n}"
        values: dict[str, Any] = {
            "campaign": "spring",
            "contact_key": number,
            "attempt": 1,
            "attempt_id": f"att_{n}",
            "call": call or a_call("ongoing", f"call_{n}", to_number=number),
            "at": T0 + timedelta(hours=1),
            **changes,
        }
        return Found(**values)

    return make


@pytest.fixture
def told() -> Callable[[Ledger], list[str]]:
    """Return a function that lists the kinds of all events in a ledger, oldest first."""

    def kinds(ledger: Ledger) -> list[str]:
        if isinstance(ledger, MemoryLedger):
            return [event.kind.value for event in ledger.store.events]
        assert isinstance(ledger, SqliteLedger)
        with closing(sqlite3.connect(ledger.path)) as connection:
            rows = connection.execute("SELECT kind FROM events ORDER BY id").fetchall()
        return [kind for (kind,) in rows]

    return kinds
