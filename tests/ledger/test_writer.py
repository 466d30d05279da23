"""One thread that commits what is queued."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from campaign.errors import LedgerError
from campaign.ledger.faults import DAMAGED, HINTS, OTHERWISE, explained
from campaign.ledger.writer import BATCH, Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    """Return a connection to a file with one table; the writer closes it."""
    connection = sqlite3.connect(
        tmp_path / "file.db", isolation_level=None, check_same_thread=False, timeout=0
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE numbers (n INTEGER UNIQUE) STRICT")
    return connection


@pytest.fixture
async def writer(connection: sqlite3.Connection, tmp_path: Path) -> AsyncIterator[Writer]:
    """Yield a writer for that file."""
    writer = Writer(connection, partial(explained, path=tmp_path / "file.db"))
    yield writer
    await asyncio.to_thread(writer.close)


def _put(db: sqlite3.Connection, n: int, *, then: Exception | None = None) -> int:
    db.execute("INSERT INTO numbers VALUES (?)", (n,))
    if then is not None:
        raise then
    return n


def _numbers(tmp_path: Path) -> list[int]:
    connection = sqlite3.connect(tmp_path / "file.db")
    try:
        return [n for (n,) in connection.execute("SELECT n FROM numbers ORDER BY n")]
    finally:
        connection.close()


@pytest.mark.no_cover
async def test_all_that_wait_share_commits(
    writer: Writer, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    """More operations than a batch holds take few transactions, and all are answered."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    total = 2 * BATCH + 7
    found = await asyncio.gather(*(writer.submit(partial(_put, n=n)) for n in range(total)))
    assert found == list(range(total))
    assert _numbers(tmp_path) == list(range(total))
    assert 3 <= statements.count("COMMIT") <= 8


async def test_what_raises_leaves_nothing(writer: Writer, tmp_path: Path) -> None:
    """What an operation wrote before it raised is undone, and its neighbours' writes are not."""
    answers = await asyncio.gather(
        writer.submit(partial(_put, n=1)),
        writer.submit(partial(_put, n=2, then=ValueError("mine"))),
        writer.submit(partial(_put, n=1)),
        writer.submit(partial(_put, n=3)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [int, ValueError, sqlite3.IntegrityError, int]
    assert _numbers(tmp_path) == [1, 3]


async def test_a_fault_fails_the_batch_and_all_after_it(writer: Writer, tmp_path: Path) -> None:
    """After a fault of the file nothing is written any more; an earlier error stays its own."""
    fault = sqlite3.OperationalError("disk I/O error")
    answers = await asyncio.gather(
        writer.submit(partial(_put, n=0, then=KeyError("mine"))),
        writer.submit(partial(_put, n=1)),
        writer.submit(partial(_put, n=2, then=fault)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [KeyError, LedgerError, LedgerError]
    assert OTHERWISE in str(answers[1])
    with pytest.raises(LedgerError, match="disk I/O error"):
        await writer.submit(partial(_put, n=3))
    assert _numbers(tmp_path) == []


async def test_a_message_that_cannot_be_read(writer: Writer) -> None:
    """Where SQLite quotes bent bytes in its message, Python's error is one of the file."""
    with pytest.raises(LedgerError) as caught:
        await writer.submit(lambda _: b"\xff".decode("utf-8"))
    assert caught.value.hint == DAMAGED


async def test_a_busy_file_is_tried_again(writer: Writer, tmp_path: Path) -> None:
    """A write that could not get the lock fails, and the next one may succeed."""
    other = sqlite3.connect(tmp_path / "file.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError) as caught:
        await writer.submit(partial(_put, n=1))
    assert caught.value.hint == HINTS[sqlite3.SQLITE_BUSY]
    other.close()
    assert await writer.submit(partial(_put, n=2)) == 2


async def test_closing_writes_what_is_queued(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    """What was asked for before the end is carried out before it."""
    writer = Writer(connection, partial(explained, path=tmp_path))
    waiting = [asyncio.ensure_future(writer.submit(partial(_put, n=n))) for n in range(100)]
    await asyncio.sleep(0)
    await asyncio.to_thread(writer.close)
    assert await asyncio.gather(*waiting) == list(range(100))


def test_a_loop_that_is_gone(connection: sqlite3.Connection, tmp_path: Path) -> None:
    """A write whose event loop has ended is carried out, and the writer lives on."""
    writer = Writer(connection, partial(explained, path=tmp_path))
    loop = asyncio.new_event_loop()
    gone = loop.create_task(writer.submit(partial(_put, n=1)))
    blocked = sqlite3.connect(tmp_path / "file.db", isolation_level=None)
    connection.execute("PRAGMA busy_timeout = 10000")
    blocked.execute("BEGIN IMMEDIATE")
    loop.run_until_complete(asyncio.sleep(0))
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(gone)
    loop.close()
    blocked.close()
    assert asyncio.run(writer.submit(partial(_put, n=2))) == 2
    writer.close()
    assert _numbers(tmp_path) == [1, 2]
