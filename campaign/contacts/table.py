"""A list as it was read, before anybody asks what its columns mean."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.errors import ListError

Stamp = tuple[int, int, int]
"""Inode, size and modification time in ns: together they tell whether a file was changed."""


def stamp_of(path: Path) -> Stamp:
    """Return the stamp of a file."""
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever goes wrong while a list is read into a `ListError` that names the list."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, ValueError, csv.Error) as error:
        said = str(error).strip().partition("\n")[0]
        raise ListError(
            f"the list {name} cannot be read: {said}",
            hint="check that the file is whole and is what its name says, then run again",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Rows and columns of a list; values untouched, nothing of it held unless it was a frame.

    `produce(start_row, batch_rows)` yields frames of all columns, in list order.
    """

    name: str
    names: tuple[str, ...]
    rows: int
    content_hash: str
    frame: pl.LazyFrame
    produce: Callable[[int, int], Iterator[pl.DataFrame]]
    path: Path | None = None
    stamp: Stamp | None = None

    def batches(self, *, batch_rows: int, start_row: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows from `start_row` on, in frames of about `batch_rows` rows."""
        with reading(self.name):
            self.check_unchanged()
            for batch in self.produce(start_row, batch_rows):
                # After the read and before the use: rows of two versions are never mixed.
                self.check_unchanged()
                yield batch

    def check_unchanged(self) -> None:
        """Raise `ListError` where the file is not the one that was read at first."""
        if self.path is not None and stamp_of(self.path) != self.stamp:
            raise ListError(
                f"the list {self.name} was changed while it was in use",
                hint="run again with the list as it is now",
            )


def lazily(frame: pl.LazyFrame) -> Callable[[int, int], Iterator[pl.DataFrame]]:
    """Return a `produce` that streams a lazy frame."""

    def produce(start_row: int, batch_rows: int) -> Iterator[pl.DataFrame]:
        rows = frame.slice(start_row) if start_row else frame
        yield from rows.collect_batches(chunk_size=batch_rows, maintain_order=True)

    return produce
