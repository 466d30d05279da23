"""Several processes, some of them killed, over one ledger file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

COMMON = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from campaign.errors import LedgerError
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import Begun, Campaign, Intent, TooSoon

path, name = Path(sys.argv[1]), sys.argv[2]

def intent(n, interval_s=0.0, window=0):
    now = datetime.now(UTC)
    return Intent(campaign=name, contact_key=str(n), attempt=1, attempt_id=f"{name}-{n}",
        to_number=f"{name}-{n}", from_number="+14155550199", agent_id=None, at=now,
        starts_at=now, interval_s=interval_s, window=window)

async def opened():
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(
        Campaign(name=name, campaign_id=f"cmp_{name}", created_at=datetime.now(UTC)))
    return ledger
"""
WRITE = """
async def main():
    ledger = await opened()
    for n in range(1_000_000):
        begun = await ledger.begin(intent(n))
        print(begun.id, flush=True)
asyncio.run(main())
"""
DIAL = """
async def main():
    ledger = await opened()
    n = 0
    while n < 12:
        answer = await ledger.begin(intent(n, interval_s=0.1002, window=10))
        if isinstance(answer, TooSoon):
            wait_s = (answer.free_at - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(max(wait_s, 0) + 0.0005)
            continue
        n += 1
        await asyncio.sleep(0.11)
    await ledger.aclose()
asyncio.run(main())
"""
FILL = """
import resource
async def main():
    ledger = await opened()
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    begun = 0
    try:
        for n in range(100_000):
            begun += isinstance(await ledger.begin(intent(n)), Begun)
    except LedgerError as error:
        print(begun, error.exit_code, error.hint)
    try:
        await ledger.begin(intent(-1))
    except LedgerError as error:
        print("still", error.exit_code)
asyncio.run(main())
"""


def _start(script: str, path: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COMMON + script, str(path), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _rows(path: Path, statement: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def test_what_was_begun_survives_kill_9(tmp_path: Path) -> None:
    """Every attempt whose id was handed out is in the ledger of a process that was killed."""
    path = tmp_path / "campaign.db"
    with _start(WRITE, path, "spring") as process:
        assert process.stdout is not None
        printed = [int(process.stdout.readline()) for _ in range(300)]
        process.kill()
        printed += [int(line) for line in process.stdout if line.endswith("\n")]
    kept = {row[0] for row in _rows(path, "SELECT id FROM attempts WHERE state = 'sending'")}
    assert set(printed) - kept == set()


def test_two_processes_share_a_caller_number(tmp_path: Path) -> None:
    """Two campaigns of one ledger never start calls from one number within its interval."""
    path = tmp_path / "campaign.db"
    with _start(DIAL, path, "spring") as one, _start(DIAL, path, "autumn") as two:
        assert (one.wait(timeout=60), two.wait(timeout=60)) == (0, 0)
    rows = _rows(path, "SELECT starts_at FROM attempts ORDER BY starts_at")
    starts = [row[0] for row in rows]
    gaps_us = [after - before for before, after in pairwise(starts)]
    assert len(starts) == 24
    assert min(gaps_us) >= 100_200


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """When the disk is full the intent fails, and so does every later one."""
    path = tmp_path / "campaign.db"
    with _start(FILL, path, "spring") as process:
        found, _ = process.communicate(timeout=60)
    first, second = found.splitlines()
    begun, exit_code, hint = first.split(" ", 2)
    assert exit_code == "74"
    assert "disk" in hint
    assert second == "still 74"
    assert _rows(path, "SELECT count(*) FROM attempts") == [(int(begun),)]
