"""CSV, read strictly: a row has as many fields as the header, or the list is refused.

The file is gone through once before anything of it is used: encoding, quoting, the number of
fields of every record, and its hash. What comes after depends on what that saw:

* no quote and no blank line: polars reads it, fast. Fields are what stands between delimiters, so
  there is nothing to disagree about.
* otherwise the standard library's reader does, about five times slower. polars reads a stray
  quote (`5" pipe`) and a blank line differently from case to case.

Values are text, byte for byte; an empty field is null. Blank lines are no rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

import polars as pl
from polars.io.plugins import register_io_source

from campaign.contacts.table import Table, lazily, stamp_of
from campaign.errors import ListError

BOM = "\ufeff"
WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = ",;\t|"
HEAD_BYTES = 65_536
BATCH_ROWS = 20_000
QUOTED = re.compile(r'"[^"]*"')


class Reader(Protocol):
    """A `csv.reader`, whose own type cannot be named."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Iterate over the records."""
        ...


class _Lines:
    """The lines of a file, decoded, with what was seen on the way."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = file
        self.name = name
        self.quoted = False
        self.count = 0
        self.offset = 0
        self.digest = sha256()

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.digest.update(line)
            if b'"' in line or line.endswith(b"\r"):
                self.quoted = True
            self.count += 1
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise self._not_utf8(line, error.start) from error
            yield text if self.count > 1 else text.removeprefix(BOM)
            self.offset += len(line)

    def _not_utf8(self, line: bytes, at: int) -> ListError:
        wide = self.count == 1 and line.startswith(WIDE_BOMS)
        said = "is UTF-16" if wide else f"has the byte 0x{line[at]:02x}"
        return ListError(
            f"the list {self.name} is not UTF-8: line {self.count} {said}"
            f" (byte offset {self.offset + at})",
            hint="save the list as CSV UTF-8",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What the first pass found."""

    names: tuple[str, ...]
    rows: int
    delimiter: str
    plain: bool
    content_hash: str


def read_csv(path: Path, name: str) -> Table:
    """Read a CSV file of the delimiter `,`, `;`, tab or `|`, UTF-8 with or without BOM.

    Raises `ListError` naming the line where fields are missing or too many, or quotes are broken.
    """
    stamp = stamp_of(path)
    shape = _inspect(path, name)
    frame = _scan(path, shape) if shape.plain else _lazy_records(path, shape)
    return Table(
        name=name,
        names=shape.names,
        rows=shape.rows,
        content_hash=shape.content_hash,
        frame=frame,
        produce=lazily(frame)
        if shape.plain
        else lambda start_row, batch_rows: _records(path, shape, start_row, batch_rows),
        path=path,
        stamp=stamp,
    )


def find_delimiter(head: str) -> str:
    """Return the delimiter that parts the header most often, a comma where none does.

    `head` is the beginning of the file; what stands in quotes does not count.
    """
    header = QUOTED.sub("", head).lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def check_names(names: tuple[str, ...], name: str) -> None:
    """Raise `ListError` for a column without a name, or two of the same."""
    if any("\0" in column for column in names):
        raise ListError(f"the list {name} is not UTF-8 text", hint="save the list as CSV UTF-8")
    if unnamed := [str(at) for at, column in enumerate(names, 1) if not column.strip()]:
        raise ListError(
            f"the list {name} has no name for column {', '.join(unnamed)}",
            hint="give every column a name in the first line",
        )
    if doubled := [column for column, times in Counter(names).items() if times > 1]:
        raise ListError(
            f"the list {name} has more than one column {', '.join(map(repr, doubled))}",
            hint="give every column a name of its own",
        )


def pushed_down(
    batches: Iterator[pl.DataFrame],
    columns: list[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
) -> Iterator[pl.DataFrame]:
    """Yield of the batches what a query asks for: polars leaves that to its sources.

    `n_rows` counts rows before `predicate`; `None` is no restriction, of any of the three.
    """
    for batch in batches:
        taken = batch if n_rows is None else batch.head(n_rows)
        chosen = taken if columns is None else taken.select(columns)
        yield chosen if predicate is None else chosen.filter(predicate)
        if n_rows is not None:
            n_rows -= taken.height
            if not n_rows:
                return


def _inspect(path: Path, name: str) -> _Shape:
    with path.open("rb") as file:
        delimiter = find_delimiter(file.read(HEAD_BYTES).decode("utf-8", "replace"))
        file.seek(0)
        lines = _Lines(file, name)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            names, rows, blanks = _count(reader, name)
        except csv.Error as error:
            raise ListError(
                f"the list {name} is not well-formed CSV: line {lines.count}: {error}",
                hint="look for a quote that is not closed, or not doubled within quotes",
            ) from error
    return _Shape(
        names=names,
        rows=rows,
        delimiter=delimiter,
        plain=not lines.quoted and not blanks,
        content_hash=lines.digest.hexdigest(),
    )


def _count(reader: Reader, name: str) -> tuple[tuple[str, ...], int, int]:
    """Return the column names, the number of rows and that of blank lines."""
    names: tuple[str, ...] = ()
    rows = blanks = 0
    for record in reader:
        if not record:
            blanks += 1
        elif not names:
            names = tuple(record)
            check_names(names, name)
        elif len(record) != len(names):
            raise _ragged(reader.line_num, record, names, name)
        else:
            rows += 1
    if not names:
        raise ListError(f"the list {name} is empty", hint="it needs a header and rows under it")
    return names, rows, blanks


def _ragged(line: int, record: list[str], names: tuple[str, ...], name: str) -> ListError:
    first_line = line - sum(value.count("\n") for value in record)
    return ListError(
        f"the list {name} has {len(record)} fields in line {first_line}"
        f" and {len(names)} in the header",
        hint="put quotes around fields that hold the delimiter, and fill short rows up",
    )


def _scan(path: Path, shape: _Shape) -> pl.LazyFrame:
    return pl.scan_csv(
        path,
        schema=dict.fromkeys(shape.names, pl.String),
        separator=shape.delimiter,
        quote_char=None,
        glob=False,
    )


def _records(path: Path, shape: _Shape, start_row: int, batch_rows: int) -> Iterator[pl.DataFrame]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=shape.delimiter, strict=True)
        records = islice((record for record in reader if record), start_row + 1, None)
        while batch := list(islice(records, batch_rows)):
            columns = zip(*batch, strict=True)
            frame = pl.DataFrame(
                [
                    pl.Series(column, values, dtype=pl.String)
                    for column, values in zip(shape.names, columns, strict=True)
                ]
            )
            yield frame.with_columns(pl.all().replace("", None))


def _lazy_records(path: Path, shape: _Shape) -> pl.LazyFrame:
    return register_io_source(
        lambda columns, predicate, n_rows, _: pushed_down(
            _records(path, shape, 0, BATCH_ROWS), columns, predicate, n_rows
        ),
        schema=dict.fromkeys(shape.names, pl.String()),
    )
