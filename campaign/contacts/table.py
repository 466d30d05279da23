"""A list as it was read, before anybody asks what its columns mean."""

from __future__ import annotations

import csv
import errno
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars import selectors as cs

from campaign.errors import LedgerError, ListError

Stamp = tuple[int, int, int]
"""Inode, size and modification time in ns: together they tell whether a file was changed."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
UNREADABLE = (
    *(pl.exceptions.PolarsError, OSError, ValueError, EOFError),
    *(csv.Error, zlib.error),
)

Produce = Callable[[int, int, tuple[str, ...]], Iterator[pl.DataFrame]]

DAMAGED = pl.Schema({"row": pl.UInt32, "reason": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person said about a list that is otherwise found; `None` where nothing was said.

    `keep` is a folder for copies of the list, its own files among them, so that nobody can change
    what is read from then on; without it, copies are made only where they must be, in a temporary
    folder.
    """

    encoding: str | None = None
    sheet: str | None = None
    keep: Path | None = None


FOUND = Options()


def stamp_of(path: Path) -> Stamp:
    """Return the stamp of a file."""
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever goes wrong while a list is read into a `ListError` that names the list.

    Where a copy of it finds no room, it is a `LedgerError`: beside the ledger is its place.
    """
    try:
        yield
    except UNREADABLE as error:
        raise _full(name) if _is_full(error) else _unreadable(name, error) from error


def _is_full(error: Exception) -> bool:
    """Tell whether a copy found no room; polars says so in words only."""
    said = str(error)
    return getattr(error, "errno", None) in FULL or any(f"(os error {n})" in said for n in FULL)


def _unreadable(name: str, error: Exception) -> ListError:
    said = str(error).strip().partition("\n")[0]
    return ListError(
        f"the list {name} cannot be read: {said}",
        hint="check that the file is whole and is what its name says, then run again",
    )


def _full(name: str) -> LedgerError:
    return LedgerError(
        f"there is no room for a copy of the list {name}",
        hint="nobody was called; make room beside the ledger and in the temporary folder",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows and columns of a list; values untouched, nothing of it held unless it was a frame.

    `produce(start_row, batch_rows, names)` yields frames of these columns, in list order. `files`
    are those that the rows are streamed from, none where a snapshot was taken. `damaged` names the
    rows (from 0) whose cells could not be told apart, and why; their cells are null. `clean` is
    true where no cell holds a NUL; `plain` where, moreover, every cell can go into a prompt as it
    is, and all cells of a row together can. `held` are the private folders that the rows are read
    from, `notices` what a person is told of how the list was read.
    """

    name: str
    names: tuple[str, ...]
    rows: int
    content_hash: str
    frame: pl.LazyFrame
    produce: Produce
    files: tuple[tuple[Path, Stamp], ...] = ()
    damaged: pl.DataFrame = field(default_factory=DAMAGED.to_frame)
    clean: bool = False
    plain: bool = False
    held: tuple[object, ...] = ()
    notices: tuple[str, ...] = ()

    def batches(
        self, *, batch_rows: int, start_row: int = 0, names: Sequence[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows from `start_row` on, in frames of about `batch_rows` rows.

        `names` are the columns that are wanted, at least one; all of them without.
        """
        wanted = self.names if names is None else tuple(names)
        with reading(self.name):
            self.check_unchanged()
            for batch in self.produce(start_row, batch_rows, wanted):
                # After the read and before the use: rows of two versions are never mixed.
                self.check_unchanged()
                yield batch

    def check_unchanged(self) -> None:
        """Raise `ListError` where a file is not the one that was read at first."""
        if any(stamp_of(path) != stamp for path, stamp in self.files):
            raise changed(self.name)


def changed(name: str) -> ListError:
    """Return the error for a list that was written to while it was read."""
    return ListError(
        f"the list {name} was changed while it was in use",
        hint="run again with the list as it is now",
    )


def lazily(frame: pl.LazyFrame) -> Produce:
    """Return a `produce` that streams a lazy frame."""

    def produce(start_row: int, batch_rows: int, names: tuple[str, ...]) -> Iterator[pl.DataFrame]:
        rows = frame.select(cs.by_name(names))
        rows = rows.slice(start_row) if start_row else rows
        yield from rows.collect_batches(chunk_size=batch_rows, maintain_order=True)

    return produce
