"""The files a run leaves: checked before the first call, written at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from campaign.api.sources import results_path
from campaign.config import Settings
from campaign.contacts.places import lists_of
from campaign.contacts.screen import Listing
from campaign.contacts.table import reading
from campaign.dialer.feed import in_thread
from campaign.errors import UsageError
from campaign.model import Outcome
from campaign.outcomes.build import Frame, compose, join
from campaign.outcomes.columns import FORGOTTEN, RESULT_COLUMNS
from campaign.outcomes.replace import Permit
from campaign.outcomes.suppressions import keys_of
from campaign.outcomes.tally import Tally, tally
from campaign.outcomes.write import check_size, check_target, write_attempts, write_frame
from campaign.ports import STANDING, TRIED, Columns, Ledger

T = TypeVar("T")

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


async def compose_calls(
    screened: Frame,
    ledger: Ledger,
    name: str,
    *,
    pending: str,
    holds: Mapping[str, str],
    check: Callable[[], None] = lambda: None,
) -> Frame:
    """Return the `call_…` columns of every row of a list, given the verdicts on its rows.

    `check` is called now and then, and ends the work by raising.
    """

    def work(tries: Iterable[Columns]) -> Frame:
        return compose(screened, _checked(tries, check), pending=pending, holds=holds)

    return await _with_tries(screened, ledger, name, TRIED, work)


async def tally_of(screened: Frame, ledger: Ledger, name: str, *, pending: str) -> Tally:
    """Return what the rows of a list came to, in numbers."""
    return await _with_tries(
        screened,
        ledger,
        name,
        STANDING,
        lambda tries: tally(screened, tries, pending=pending),
    )


async def _with_tries(
    screened: Frame,
    ledger: Ledger,
    name: str,
    columns: Sequence[str],
    work: Callable[[Iterable[Columns]], T],
) -> T:
    """Do `work` on a campaign's attempts, by the keys that the list has; these come first."""
    forgotten: set[str] = set()

    def tries() -> Iterator[Columns]:
        for batch in ledger.tries(name, columns):
            forgotten.update(key for key in batch[0] if key.startswith(FORGOTTEN))
            yield batch

    done = await in_thread(lambda: work(tries()))
    keys = await _hashed(screened, ledger, name) if forgotten else {}
    if not keys:
        return done
    return await in_thread(lambda: work(_by_keys(ledger.tries(name, columns), keys)))


def _checked(tries: Iterable[Columns], check: Callable[[], None]) -> Iterator[Columns]:
    for batch in tries:
        check()
        yield batch


def _by_keys(tries: Iterable[Columns], keys: Mapping[str, str]) -> Iterator[Columns]:
    """Yield the attempts, and those of forgotten contacts once more by the `keys` of the list."""
    for batch in tries:
        yield batch
        found = [(at, keys[name]) for at, name in enumerate(batch[0]) if name in keys]
        if found:
            others = [[column[at] for at, _ in found] for column in batch[1:]]
            yield [[key for _, key in found], *others]


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
    outputs: Outputs, listing: Listing, calls: Frame, ledger: Ledger, name: str
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
    out: Path, outputs: Outputs, listing: Listing, calls: Frame, permit: Permit | None = None
) -> None:
    """Write the list's own columns with the `call_…` columns, in this thread."""
    listing.check_unchanged()
    write_frame(join(listing.frame, calls), out, excel_safe=outputs.excel_safe, permit=permit)


async def write_rejects(outputs: Outputs, listing: Listing) -> None:
    """Write the file of rejected rows, if it was asked for."""
    await in_thread(lambda: _write_rejects(outputs, listing))


def _write_rejects(outputs: Outputs, listing: Listing) -> None:
    if outputs.rejects is not None:
        write_frame(listing.rejects(), outputs.rejects, excel_safe=outputs.excel_safe)
