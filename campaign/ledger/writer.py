"""One thread that writes, and commits whatever is queued: durability at the price of a batch.

Operations are functions of a connection. All that wait are run in one transaction, in the order
they came; one commit makes them durable and one call wakes their callers. The longer a commit
takes, the more operations share the next one, so no timer is needed.

An operation that raises is left out, and the others run again without it. A fault of the file
fails all of the batch and every write after it: what is on disk is then no longer known. A caller
that is cancelled while it waits has been queued, and its operation is still carried out.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from campaign.errors import LedgerError
from campaign.ledger.faults import FAULTS, MISUSED, as_sqlite, is_passing

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]
Explain = Callable[[sqlite3.Error], LedgerError]

Written = Callable[[Any], None]

BATCH = 512
"""Most operations in one transaction."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Job:
    operation: Operation[Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def run(self, connection: sqlite3.Connection) -> bool:
        """Tell whether the operation did its part; a fault of the file is raised."""
        try:
            self.result = self.operation(connection)
        except Exception as error:
            if isinstance(error, FAULTS) and not isinstance(error, MISUSED):
                raise
            self.error = error
        return self.error is None

    def settle(self) -> None:
        """Wake the caller, if it still waits."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Owns `connection` and the thread that uses it; awaited on asyncio.

    `on_written` is told of each result that is on the disk, on the caller's loop, before any
    caller of the same commit goes on.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        explain: Explain,
        on_written: Written = lambda _: None,
    ) -> None:
        self._connection = connection
        self._explain = explain
        self._on_written = on_written
        self._broken: sqlite3.Error | None = None
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="ledger-writer", daemon=True)
        self._thread.start()

    async def submit(self, operation: Operation[T]) -> T:
        """Return what `operation` returned, once it is on disk."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put(_Job(operation=operation, future=future))
        return await future

    def close(self) -> None:
        """Write what is queued, then end the thread; nothing may be submitted after this."""
        self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        closing = False
        while not closing:
            batch = self._take()
            jobs = [job for job in batch if job is not None]
            closing = len(jobs) < len(batch)
            self._carry_out(jobs)
            self._wake(jobs)
        self._connection.close()

    def _take(self) -> list[_Job | None]:
        first = self._queue.get()
        more = min(self._queue.qsize(), BATCH - 1)
        return [first, *(self._queue.get() for _ in range(more))]

    def _carry_out(self, jobs: Sequence[_Job]) -> None:
        try:
            if self._broken is not None:
                raise self._broken
            self._transact(jobs)
        except FAULTS as error:
            fault = as_sqlite(error)
            self._broken = None if is_passing(fault) else fault
            with suppress(sqlite3.Error):
                self._connection.rollback()
            for job in jobs:
                job.error = job.error or self._explain(fault)

    def _transact(self, jobs: Sequence[_Job]) -> None:
        rest = list(jobs)
        while rest:
            self._connection.execute("BEGIN IMMEDIATE")
            failed = next((job for job in rest if not job.run(self._connection)), None)
            if failed is None:
                self._connection.execute("COMMIT")
                return
            # What it wrote before it raised goes with it.
            self._connection.execute("ROLLBACK")
            rest.remove(failed)

    def _wake(self, jobs: Sequence[_Job]) -> None:
        waiting: defaultdict[asyncio.AbstractEventLoop, list[_Job]] = defaultdict(list)
        for job in jobs:
            waiting[job.future.get_loop()].append(job)
        for loop, theirs in waiting.items():
            # A loop that was closed has nobody left to wake.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, theirs)

    def _settle(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            if job.error is None:
                self._on_written(job.result)
            job.settle()
