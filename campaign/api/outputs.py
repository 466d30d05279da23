"""The files a run leaves: checked before the first call, written at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from campaign.api.sources import results_path
from campaign.config import Settings
from campaign.contacts.places import lists_of
from campaign.contacts.screen import Listing
from campaign.contacts.table import reading
from campaign.dialer.feed import in_thread
from campaign.errors import UsageError
from campaign.model import Outcome
from campaign.outcomes.build import Calls, Frame, join
from campaign.outcomes.columns import FORGOTTEN, RESULT_COLUMNS
from campaign.outcomes.contacts import by_keys, contacts_of, has_forgotten, parts_of
from campaign.outcomes.judged import judged
from campaign.outcomes.replace import Permit
from campaign.outcomes.suppressions import keys_of
from campaign.outcomes.tally import Tally, tally
from campaign.outcomes.write import check_size, check_target, write_attempts, write_frame
from campaign.ports import JUDGED, STANDING, Columns, Ledger

BATCH = 20_000
"""Contacts that the ledger is asked about at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where a run writes; `None` where nothing was asked for.

    `renewed` is the list where that is the results file of an earlier run, to be replaced.
    """

    out: Path | None
    renewed: Path | None = None
    rejects: Path | None
    attempts: Path | None
    excel_safe: bool

    @classmethod
    def of(cls, settings: Settings, source: str | None) -> Outputs:
        """Return the files that settings name."""
        out = results_path(settings, source)
        return cls(
            out=out,
            renewed=_renewed(out, source) if settings.out is None else None,
            rejects=Path(settings.rejects) if settings.rejects else None,
            attempts=Path(settings.attempts_out) if settings.attempts_out else None,
            excel_safe=settings.excel_safe,
        )

    def check(self, inputs: list[Path]) -> None:
        """Raise where a file cannot be written, is an input, or is named twice."""
        taken = list(inputs)
        for target in (self.out, self.rejects, self.attempts):
            if target is not None:
                apart = [path for path in taken if target is not self.out or path != self.renewed]
                check_target(target, inputs=apart)
                taken.append(target)

    def check_renewed(self, listing: Listing) -> None:
        """Raise `UsageError` where the list would be replaced and is no results file of ours."""
        if self.renewed is not None and "call_outcome" not in listing.table.names:
            raise UsageError(
                f"{str(self.out)!r} is also an input, and no results of an earlier run",
                hint="choose another --out",
            )

    def check_size(self, listing: Listing) -> None:
        """Raise where a file of its kind cannot hold what would be written."""
        columns = len(listing.columns.own) + len(RESULT_COLUMNS)
        if self.out is not None:
            check_size(self.out, rows=listing.rows, columns=columns)
        if self.rejects is not None:
            rejected = int((listing.screened["outcome"] == Outcome.REJECTED.value).sum())
            check_size(self.rejects, rows=rejected, columns=columns)


def _renewed(out: Path | None, source: str | None) -> Path | None:
    """Return the list where the results go to that very file by default."""
    if out is None or source is None or not out.exists():
        return None
    place = Path(source)
    return place if place.is_file() and place.samefile(out) else None


def inputs_of(source: str | None, ledger: Path) -> list[Path]:
    """Return the files that no output may replace."""
    known = [ledger.parent / f"{ledger.name}{end}" for end in ("", "-wal", "-shm")]
    if source is None or source == "-" or "://" in source:
        return known
    with reading(repr(source)):
        files = lists_of(source)
        return [*([Path(source)] if files is None else files.lists), *known]


@asynccontextmanager
async def composed_calls(
    screened: Frame,
    ledger: Ledger,
    name: str,
    *,
    pending: str,
    holds: Mapping[str, str],
    check: Callable[[], None] = lambda: None,
) -> AsyncIterator[Calls]:
    """Hold what happened to every row of a list, given the verdicts on its rows.

    It is of one moment, however late it is written. `check` is called now and then, and ends the
    work by raising.
    """
    with ledger.snapshot(name) as snapshot:
        tries = _checked(snapshot.tries(JUDGED), check)
        contacts = await _contacts(screened, ledger, name, tries, JUDGED)
        rows = await in_thread(lambda: judged(screened, contacts, pending=pending, holds=holds))
        # Of millions of contacts, it needs more room than the writing.
        contacts = contacts.clear()
        yield Calls(rows=rows, snapshot=snapshot, check=check)


async def tally_of(screened: Frame, ledger: Ledger, name: str, *, pending: str) -> Tally:
    """Return what the rows of a list came to, in numbers."""
    with ledger.snapshot(name) as snapshot:
        contacts = await _contacts(screened, ledger, name, snapshot.tries(STANDING), STANDING)
    return await in_thread(lambda: tally(screened, contacts, pending=pending))


async def _contacts(
    screened: Frame,
    ledger: Ledger,
    name: str,
    tries: Iterable[Columns],
    names: Sequence[str],
) -> Frame:
    """Return the contacts that were tried, by the keys that the list has."""
    parts = await in_thread(lambda: parts_of(tries, names))
    if has_forgotten(parts) and (keys := await _hashed(screened, ledger, name)):
        parts += by_keys(parts, keys)
    return await in_thread(lambda: contacts_of(parts))


def _checked(tries: Iterable[Columns], check: Callable[[], None]) -> Iterator[Columns]:
    for batch in tries:
        check()
        yield batch


async def _hashed(screened: Frame, ledger: Ledger, name: str) -> dict[str, str]:
    """Return the list's keys of the contacts that the ledger has forgotten, by their hashes.

    Only the ledger can tell which they are.
    """
    keys = iter(await in_thread(lambda: keys_of(screened)))
    found: dict[str, str] = {}
    while some := list(islice(keys, BATCH)):
        for key, history in (await ledger.histories(name, some)).items():
            hashed = history.last.contact_key
            if hashed.startswith(FORGOTTEN) and hashed != key:
                found[hashed] = key
    return found


async def write_all(
    outputs: Outputs, listing: Listing, calls: Calls, ledger: Ledger, name: str
) -> None:
    """Write the results, and the files beside them that were asked for."""

    def work() -> None:
        if outputs.out is not None:
            write_results(outputs.out, outputs, listing, calls)
        _write_rejects(outputs, listing)
        if outputs.attempts is not None:
            write_attempts(ledger.attempts(name), outputs.attempts)

    await in_thread(work)


def write_results(
    out: Path, outputs: Outputs, listing: Listing, calls: Calls, permit: Permit | None = None
) -> None:
    """Write the list's own columns with the `call_…` columns, in this thread."""
    listing.check_unchanged()
    write_frame(
        join(listing.frame, calls.frame()), out, excel_safe=outputs.excel_safe, permit=permit
    )


def whole(listing: Listing, calls: Calls) -> Frame:
    """Return what `write_results` writes as one frame, in this thread."""
    listing.check_unchanged()
    return join(listing.frame, calls.frame()).collect()


async def write_rejects(outputs: Outputs, listing: Listing) -> None:
    """Write the file of rejected rows, if it was asked for."""
    await in_thread(lambda: _write_rejects(outputs, listing))


def _write_rejects(outputs: Outputs, listing: Listing) -> None:
    if outputs.rejects is not None:
        write_frame(listing.rejects(), outputs.rejects, excel_safe=outputs.excel_safe)
