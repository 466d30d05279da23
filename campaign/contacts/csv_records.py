"""CSV record by record, by the standard library's reader: slower, and sure where a record ends.

A record with more or fewer fields than the header, or with quotes that do not match, stays a row:
its cells are null, since nobody can say which column they belong to, and its reason names the
line. Where a quote leaves it open at which line the record ends, the list is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import polars as pl

from campaign.contacts.spool import Spool
from campaign.errors import ListError

BATCH_ROWS = 50_000
LONGEST_FIELD = 1 << 26
"""Characters. A quote that is not closed would take the whole file for one field."""

SHOWN = 60
"""Characters of a damaged line that a reason repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a CSV file is written; `declared` tells of a first line that names the delimiter."""

    delimiter: str
    line_end: str
    declared: bool


class Lines:
    """The lines of a file, with what the last record was made of."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.number = 0
        self.first = 1
        self.text = ""
        self.quotes = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.number += 1
            self.text = line
            if '"' in line:
                self.quotes += line.count('"')
            yield line

    def record_ended(self) -> None:
        """Begin a new record with the next line."""
        self.first = self.number + 1
        self.quotes = 0

    def told(self) -> str:
        """Return the line of the last record and the beginning of its text, for a reason."""
        text = self.text.rstrip("\r\n")
        shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
        return f"line {self.first}: {shown!r}"


class Records:
    """The records of a file; `at_line` is where the last one began."""

    def __init__(self, file: TextIO, dialect: Dialect, name: str) -> None:
        self.lines = Lines(file)
        self.reader = csv.reader(iter(self.lines), delimiter=dialect.delimiter, strict=True)
        self.name = name
        self.columns = 1
        self.doubtful = False
        if dialect.declared:
            next(self.lines.file)
            self.lines.number, self.lines.first = 1, 2

    def take(self) -> list[str] | None:
        """Return the next record that is no blank line; `None` for one with broken quotes.

        Raises `StopIteration` at the end, `ListError` where a quote makes the end uncertain.
        """
        while True:
            self.lines.record_ended()
            try:
                record = next(self.reader)
            except csv.Error as error:
                if self.lines.number > self.lines.first or self.lines.quotes % 2:
                    self._uncertain(str(error))
                self.doubtful = True
                return None
            if self.doubtful and self.lines.quotes % 2:
                self._uncertain("the quotes of two lines in a row do not match")
            self.doubtful = False
            if not self._is_blank(record):
                return record

    def _is_blank(self, record: list[str]) -> bool:
        return not record or (len(record) == 1 < self.columns and not record[0].strip())

    def check_one_line(self, found: int) -> None:
        """Raise `ListError` where a record of a wrong number of fields goes over several lines."""
        if self.lines.number > self.lines.first:
            self._uncertain(f"{found} fields where the header has {self.columns}")

    def _uncertain(self, why: str) -> NoReturn:
        raise ListError(
            f"the list {self.name} is not well-formed CSV: line {self.lines.first}: {why}",
            hint="look for a quote that is not closed, or not doubled within quotes",
        )


def read_header(path: Path, dialect: Dialect, name: str) -> tuple[str, ...]:
    """Return the first record of a file."""
    with _opened(path, dialect) as file, _long_fields():
        try:
            header = Records(file, dialect, name).take()
        except StopIteration:
            raise ListError(
                f"the list {name} is empty", hint="it needs a header and rows under it"
            ) from None
    if header is None:
        raise ListError(
            f"the list {name} is not well-formed CSV: its header has quotes that do not match",
            hint="look for a quote that is not closed, or not doubled within quotes",
        )
    return tuple(header)


def spool_records(
    path: Path, dialect: Dialect, names: tuple[str, ...], name: str, spool: Spool
) -> Spool:
    """Return all rows of a file whose header is `names`, with the damaged ones named."""
    with _opened(path, dialect) as file, _long_fields():
        records = Records(file, dialect, name)
        records.take()
        records.columns = len(names)
        while batch := _batch(records, spool):
            spool.add(_frame(batch, names))
    if len(spool.damaged) == spool.rows > 0:
        raise ListError(
            f"the list {name} has no usable row: {spool.damaged[0][1]}",
            hint="check that the header is of the same table and the delimiter the same everywhere",
        )
    return spool


def _batch(records: Records, spool: Spool) -> list[list[str]]:
    columns = records.columns
    batch: list[list[str]] = []
    try:
        while len(batch) < BATCH_ROWS:
            record = records.take()
            if record is None or len(record) != columns:
                reason = _damage(records, record)
                spool.damaged.append((spool.rows + len(batch), reason))
                record = [""] * columns
            batch.append(record)
    except StopIteration:
        pass
    return batch


def _damage(records: Records, record: list[str] | None) -> str:
    if record is None:
        return f"quotes that do not match: {records.lines.told()}"
    records.check_one_line(len(record))
    fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
    return f"{fields} where the header has {records.columns}: {records.lines.told()}"


def _frame(batch: list[list[str]], names: tuple[str, ...]) -> pl.DataFrame:
    columns = zip(*batch, strict=True)
    frame = pl.DataFrame(
        [
            pl.Series(column, values, dtype=pl.String)
            for column, values in zip(names, columns, strict=True)
        ]
    )
    return frame.with_columns(pl.all().replace("", None))


@contextmanager
def _opened(path: Path, dialect: Dialect) -> Iterator[TextIO]:
    with path.open(encoding="utf-8-sig", newline=dialect.line_end) as file:
        yield file


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be long while a file is read; the limit is the process's, so it is put back."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
