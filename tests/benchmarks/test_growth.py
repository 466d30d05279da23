"""What a call costs as a campaign grows: with a million contacts done, and a thousand live."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from campaign.ledger.sqlite import SqliteLedger
from campaign.model import Begun, Call, Campaign, Event, EventKind, Found, Intent

T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DONE = (1_000, 100_000, 1_000_000)
LIVE = (1, 20, 100, 300, 1000)
CALLS = 1_000
RUN_CALLS = 3_000
ROUNDS = 5
WAITING = 20
PAGE = 10_000
RENEWED_S = 30
LIVE_RUN = (
    *("--max-live", "1000", "--in-flight", "100", "--cps", "any", "--hours", "any", "--yes"),
    *("--from", "+14157774444", "--refresh", f"{RENEWED_S}s", "--drain-for", "0s"),
)


def _intent(n: int) -> Intent:
    # Numbers in the order of a list are in no order of the ledger's.
    number = f"+1{2_000_000_000 + n * 7_368_787 % 1_000_000_007}"
    at = T0 + timedelta(milliseconds=n)
    return Intent(
        campaign="spring",
        contact_key=number,
        attempt=1,
        attempt_id=f"att_{n:024d}",
        to_number=number,
        from_number="+14155550199",
        agent_id=None,
        at=at,
        starts_at=at,
        interval_s=0.0,
        window=0,
    )


def _call(n: int, status: str) -> Call:
    return Call(call_id=f"call_{n}", status=status, to_number=_intent(n).to_number)


def _found(n: int) -> Found:
    intent = _intent(n)
    return Found(
        campaign="spring",
        contact_key=intent.contact_key,
        attempt=1,
        attempt_id=intent.attempt_id,
        call=_call(n, "ended"),
        at=T0,
    )


class Grown:
    """A ledger that grows; `n` is the next contact."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.ledger = ledger
        self.n = 0

    async def grow(self, done: int) -> None:
        """Let so many contacts be done."""
        while self.n < done:
            upto = min(self.n + PAGE, done)
            await self.ledger.adopt([_found(n) for n in range(self.n, upto)])
            self.n = upto

    async def place(self) -> tuple[int, int]:
        """Begin a call and record that it was created; return the attempt and the contact."""
        n, self.n = self.n, self.n + 1
        begun = await self.ledger.begin(_intent(n))
        assert isinstance(begun, Begun)
        created = Event(id=begun.id, kind=EventKind.CREATED, at=T0, call=_call(n, "registered"))
        await self.ledger.record(created)
        return begun.id, n

    async def end(self, attempt: int, n: int) -> None:
        """Record the end of a call."""
        ended = Event(id=attempt, kind=EventKind.ENDED, at=T0, call=_call(n, "ended"))
        await self.ledger.record(ended)

    async def cost_us(self, live: int) -> float:
        """Return the CPU of a call, from its intent to its end, with so many others live."""
        others = [await self.place() for _ in range(live)]
        left = iter(range(CALLS))

        async def caller() -> None:
            for _ in left:
                await self.end(*await self.place())

        costs = []
        for _ in range(ROUNDS):
            left = iter(range(CALLS))
            cpu_s = time.process_time()
            await asyncio.gather(*(caller() for _ in range(WAITING)))
            costs.append((time.process_time() - cpu_s) / CALLS * 1e6)
        for attempt, n in others:
            await self.end(attempt, n)
        return median(costs)


async def _measure(path: Path) -> tuple[dict[int, float], dict[int, float]]:
    """Return the cost of a call by contacts done, with 20 live; and by live ones, at the end."""
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(Campaign(name="spring", campaign_id="cmp", created_at=T0))
    grown = Grown(ledger)
    by_done: dict[int, float] = {}
    for done in DONE:
        await grown.grow(done)
        by_done[done] = await grown.cost_us(live=20)
    by_live = {live: await grown.cost_us(live) for live in LIVE}
    await ledger.aclose()
    return by_done, by_live


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_ledger_s_cost_of_a_call_does_not_grow(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """A call costs the same with a thousand contacts done or a million, one line live or many."""
    by_done, by_live = asyncio.run(_measure(tmp_path / "campaign.db"))
    tell("")
    for done, us in by_done.items():
        tell(f"{done:>9,} contacts done, 20 live: {us:.0f} us of CPU a call in the ledger")
    for live, us in by_live.items():
        tell(f"{DONE[-1]:>9,} contacts done, {live} live: {us:.0f} us")
    assert by_done[DONE[-1]] <= 1.1 * by_done[DONE[0]]
    assert max(by_live.values()) <= 1.1 * by_live[20]


async def _done(path: Path, done: int) -> str:
    """Make a ledger in which so many contacts are done."""
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(Campaign(name="spring", campaign_id="cmp", created_at=T0))
    await Grown(ledger).grow(done)
    await ledger.aclose()
    return str(path)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_the_cost_of_a_call_does_not_grow(
    bench: Any,
    serve: Callable[..., Any],
    interleaved: Callable[..., Any],
    tell: Callable[[str], None],
    tmp_path: Path,
) -> None:
    """A whole run's CPU for a call is the same with a thousand contacts done or a million."""
    with serve() as server:
        runs = {}
        for done in DONE:
            path = asyncio.run(_done(tmp_path / f"{done}.db", done))
            runs[done] = partial(bench.ours, server, RUN_CALLS, WAITING, "--ledger", path)
        found = interleaved(runs)
    tell("")
    for done, cost in found.items():
        tell(f"{done:>9,} contacts done: {cost} a call of a run")
    assert found[DONE[-1]].cpu_us <= 1.1 * found[DONE[0]].cpu_us


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_memory_of_a_large_list(
    bench: Any, serve: Callable[..., Any], tell: Callable[[str], None]
) -> None:
    """A thousand calls out of a million contacts take a bounded amount of memory."""
    with serve() as server:
        peaks = {}
        for rows in (10_000, 1_000_000):
            peaks[rows] = bench.run(server, rows, 100, "--limit", "1000", code=75).peak_mb
            assert server.seen().created == 1000
    tell("\nmemory: " + ", ".join(f"{rows:,} rows {mb} MB" for rows, mb in peaks.items()))
    assert peaks[1_000_000] <= 300


@contextmanager
def _simulated() -> Iterator[str]:
    """Serve a simulated account with a thousand lines, whose calls last as long as real ones."""
    command = [sys.executable, "-m", "campaign", "sandbox", "--port", "0", "--lines", "1000"]
    with subprocess.Popen(
        [*command, "--speed", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()


def _live(ledger: Path) -> int:
    if not ledger.exists():
        return 0
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        found = db.execute("SELECT count(*) FROM attempts WHERE state = 'live'").fetchone()
    return int(found[0])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_memory_with_a_thousand_live_lines(
    bench: Any,
    resident_mb: Callable[[int], int],
    tell: Callable[[str], None],
    tmp_path: Path,
) -> None:
    """A thousand live lines over a million contacts, its results renewed: at most 300 MB."""
    contacts, ledger = bench.contacts(1_000_000), tmp_path / "live.db"
    before_mb = after_mb = most_live = 0
    with _simulated() as url:
        command = [sys.executable, "-m", "campaign", "run", str(contacts), *LIVE_RUN]
        with subprocess.Popen(
            [*command, "--base-url", url, "--ledger", str(ledger)],
            cwd=tmp_path,
            env=os.environ | {"RETELL_API_KEY": "try"},
        ) as process:
            began_s = time.monotonic()
            while process.poll() is None:
                time.sleep(0.5)
                after_mb = max(after_mb, resident_mb(process.pid))
                most_live = max(most_live, _live(ledger))
                if time.monotonic() - began_s < RENEWED_S - 5:
                    before_mb = after_mb
                if time.monotonic() - began_s > RENEWED_S + 20:
                    process.terminate()
                    break
    assert process.returncode == 143
    tell(f"\nmemory: {most_live:,} live: {before_mb} MB, {after_mb} MB with results renewed")
    assert most_live == 1000
    assert after_mb <= 300
