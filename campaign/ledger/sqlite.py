"""The ledger as an SQLite file: one writer thread, one reader thread, for asyncio."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from campaign.errors import LedgerError
from campaign.ledger import files, operations, queries, runs, story, suppression
from campaign.ledger.adopt import adopt
from campaign.ledger.begin import begin
from campaign.ledger.calls import called, calls_to
from campaign.ledger.faults import explained, explaining
from campaign.ledger.forgotten import forget
from campaign.ledger.tries import snapshot
from campaign.ledger.writer import Operation, Writer
from campaign.model import (
    Attempt,
    Begun,
    Campaign,
    Capped,
    Episode,
    Event,
    Found,
    Held,
    History,
    Hold,
    Intent,
    Run,
    Spending,
    StopRequest,
    Suppressed,
    Suppression,
    TooSoon,
)
from campaign.ports import Snapshot

T = TypeVar("T")
Reading = Callable[[sqlite3.Connection], Iterator[T]]


class SqliteLedger:
    """A ledger in the file `path`; several processes may share one.

    What a method has written is on the disk when it returns, and survives `kill -9` and a power
    cut. A caller that is cancelled while it waits for a write does not take the write back.
    `created` tells whether the file is new. A write after the file was moved away is refused
    within a second.
    """

    def __init__(self, path: Path, real: Path, *, created: bool, check: bool = False) -> None:
        self.path = path
        self.created = created
        self._real = real
        self._writer_id = token_hex(8)
        self._closed = False
        connection = files.for_writing(real, check=check)
        self._file = files.SameFile(real)
        self._reader = files.for_reading(real)
        self._reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-reader")
        self._upto = 0
        self._writer = Writer(connection, partial(explained, path=path), self._written)

    @classmethod
    def open(cls, path: Path, *, create: bool = True, check: bool = False) -> SqliteLedger:
        """Open a ledger, or create one; blocks for some milliseconds.

        `ConfigError` where it does not exist and must not be created, `LedgerError` where it is
        no ledger, is damaged, or comes from a newer version. With `check`, a ledger of up to
        32 MB, or in which a run has no end, is searched for damage first, which takes a second
        for some fifty megabytes; nothing is ever repaired.
        """
        real, created = files.claim(path, create=create)
        return cls(path, real, created=created, check=check)

    async def bind(self, *, base_url: str, account: str | None) -> str | None:
        """Tie the ledger to one base URL and account, or check that it is."""
        return await self._write(partial(operations.bind, base_url=base_url, account=account))

    async def open_campaign(self, campaign: Campaign) -> Campaign:
        """Record a campaign, or return the recorded one with its list brought up to date."""
        return await self._write(partial(operations.open_campaign, campaign=campaign))

    async def campaign(self, name: str) -> Campaign | None:
        """Return a campaign by name."""
        return await self._read(partial(queries.campaign, name=name))

    async def campaigns(self) -> list[Campaign]:
        """Return all campaigns, oldest first."""
        return await self._read(queries.campaigns)

    async def begin(self, intent: Intent) -> Begun | TooSoon | Held | Capped | Suppressed:
        """Make an intent durable and move its caller number's pace, in one transaction."""
        answer = await self._write(partial(begin, intent=intent, writer=self._writer_id))
        return Begun(id=answer.id, upto=self._upto) if isinstance(answer, Begun) else answer

    def _written(self, result: object) -> None:
        """Take note of an intent that is durable; those of one commit before any of them goes."""
        if isinstance(result, Begun):
            self._upto = max(self._upto, result.id)

    async def record(self, event: Event) -> Attempt:
        """Append an event and return the attempt after it; an illegal one raises, unchanged."""
        return await self._write(partial(operations.record, event=event))

    async def adopt(self, found: Sequence[Found]) -> list[Attempt]:
        """Record calls that were found at the provider; return the attempts that are new to us."""
        return await self._write(partial(adopt, found=found))

    async def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """Put numbers on the suppression list; return how many were not on it."""
        return await self._write(partial(suppression.suppress, suppressions=suppressions))

    async def unsuppress(self, numbers: Sequence[str], at: datetime) -> int:
        """Take numbers off the suppression list; return how many were on it."""
        return await self._write(partial(suppression.unsuppress, numbers=numbers, at=at))

    def suppressions(self) -> Iterator[Suppression]:
        """Iterate over the numbers on the suppression list, oldest first; as `attempts` does."""
        return self._iterate(suppression.suppressions)

    async def suppressed(self, numbers: Sequence[str]) -> Mapping[str, str]:
        """Return those of the numbers that are on the suppression list, with the reason."""
        return await self._read(partial(suppression.suppressed, numbers=numbers))

    def called(self, since: datetime) -> Iterator[str]:
        """Iterate over the numbers that `occupied`, or `calls_to` since then, may know of."""
        return self._iterate(partial(called, since=since))

    def keys(self, campaign: str) -> Iterator[str]:
        """Iterate over the keys of the contacts of a campaign that were attempted, each once."""
        return self._iterate(partial(queries.keys, campaign=campaign))

    async def calls_to(
        self, numbers: Sequence[str], since: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        """Return when these numbers got calls that count, oldest first; others are left out."""
        return await self._read(partial(calls_to, numbers=numbers, since=since))

    async def hold(self, holds: Sequence[Hold]) -> None:
        """Remember why contacts were not called; the same reason again renews its time only."""
        await self._write(partial(story.hold, holds=holds))

    def holds(self, campaign: str, since: datetime) -> Iterator[Hold]:
        """Iterate over the holds and skips of a campaign since then, by contact key and time."""
        return self._iterate(partial(story.holds, campaign=campaign, since=since))

    async def story(self, number: str) -> Sequence[Episode]:
        """Return everything known of a number, across campaigns, oldest first."""
        return await self._read(partial(story.story, number=number))

    async def forget(self, number: str, at: datetime) -> int:
        """Erase a number and the texts of its calls; return how many attempts had it.

        The whole file is then written anew, so that no page of it keeps a trace: a second for
        some hundred megabytes, in which other writers wait. `LedgerError` where that fails: the
        number is forgotten by then, and to forget it again writes the file anew once more.
        """
        attempts = await self._write(partial(forget, number=number, at=at))
        await asyncio.get_running_loop().run_in_executor(None, self._rewrite)
        return attempts

    async def calls_created(self, campaign: str) -> int:
        """Return how many calls of a campaign have an id."""
        return await self._read(partial(queries.calls_created, campaign=campaign))

    async def spending(self, campaign: str | None = None) -> Spending:
        """Return what the calls of a campaign, or of the whole ledger, cost so far."""
        return await self._read(partial(queries.spending, campaign=campaign))

    async def intents(self) -> int:
        """Return the highest attempt id of the whole ledger, 0 for an empty one."""
        return await self._read(queries.intents)

    async def request_stop(self, campaign: str, request: StopRequest) -> None:
        """Ask the run of a campaign to place no new call."""
        await self._write(partial(runs.request_stop, campaign=campaign, request=request))

    async def stop_requested(self, campaign: str, since: datetime) -> StopRequest | None:
        """Return the newest request to stop that was made at or after `since`."""
        return await self._read(partial(queries.stop_requested, campaign=campaign, since=since))

    async def orphans(self, campaign: str, at: datetime) -> int:
        """Mark the attempts that a dead run left `SENDING` as unknown; return how many."""
        return await self._write(partial(operations.orphans, campaign=campaign, at=at))

    async def histories(self, campaign: str, keys: Sequence[str]) -> Mapping[str, History]:
        """Return what is known of these contacts; those never attempted are left out."""
        return await self._read(partial(queries.histories, campaign=campaign, keys=keys))

    async def occupied(self, numbers: Sequence[str]) -> frozenset[str]:
        """Return those of the numbers that have a live or unknown call in any campaign."""
        return await self._read(partial(queries.occupied, numbers=numbers))

    async def in_flight(self, campaign: str) -> list[Attempt]:
        """Return the attempts of a campaign that are live or unknown, oldest first."""
        return await self._read(partial(queries.in_flight, campaign=campaign))

    def attempts(self, campaign: str) -> Iterator[Attempt]:
        """Iterate over all attempts of a campaign, by contact key and attempt.

        Reads one state of the ledger, in any thread, with a connection of its own.
        """
        return self._iterate(partial(queries.attempts, campaign=campaign))

    def latest(self, campaign: str) -> Iterator[tuple[str, History]]:
        """Iterate over (contact key, history) of every contact that was attempted, by key.

        Reads one state of the ledger, in any thread, with a connection of its own.
        """
        return self._iterate(partial(queries.latest, campaign=campaign))

    @contextmanager
    def snapshot(self, campaign: str) -> Iterator[Snapshot]:
        """Hold on to the attempts of a campaign as they are now; as `latest` reads them."""
        self._require_open()
        with (
            closing(files.for_reading(self._real)) as connection,
            snapshot(connection, self.path, campaign) as held,
        ):
            yield held

    async def start_run(self, run: Run) -> int:
        """Record that a run has begun, and that those without an end were killed; return its id."""
        return await self._write(partial(runs.start_run, run=run))

    async def end_run(self, run_id: int, run: Run) -> None:
        """Record how a run ended."""
        await self._write(partial(runs.end_run, run_id=run_id, run=run))

    async def last_run(self, campaign: str) -> Run | None:
        """Return the newest run of a campaign."""
        return await self._read(partial(queries.last_run, campaign=campaign))

    def runs(self, campaign: str) -> Iterator[Run]:
        """Iterate over the runs of a campaign, newest first."""
        return self._iterate(partial(queries.runs, campaign=campaign))

    async def aclose(self) -> None:
        """Write what is queued and close the file; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _rewrite(self) -> None:
        with explaining(self.path):
            files.rewrite(self._real)

    def _close(self) -> None:
        self._reads.shutdown(wait=True)
        self._reader.close()
        # Last, so that it empties the write-ahead log and leaves one file behind.
        self._writer.close()

    async def _write(self, operation: Operation[T]) -> T:
        self._require_open()
        self._file.require()
        return await self._writer.submit(operation)

    async def _read(self, query: Operation[T]) -> T:
        self._require_open()
        return await asyncio.get_running_loop().run_in_executor(self._reads, self._answered, query)

    def _answered(self, query: Operation[T]) -> T:
        with explaining(self.path):
            return query(self._reader)

    def _iterate(self, reading: Reading[T]) -> Iterator[T]:
        self._require_open()
        with explaining(self.path), closing(files.for_reading(self._real)) as connection:
            yield from reading(connection)

    def _require_open(self) -> None:
        if self._closed:
            raise LedgerError(f"the ledger {str(self.path)!r} is closed")
