"""CSV, read strictly: a cell is never shifted to another column.

The file is gone through before anything of it is used: encoding, hash, and whether quotes, NULs,
lone CRs or blank lines occur in it. What comes after depends on what that saw:

* no blank line, and every line is as many fields as the header, each of them without quotes or in
  well-formed ones: polars reads it, fast. There is nothing to disagree about.
* otherwise `csv_records` goes through it record by record and keeps a private copy of the rows.

Values are text, byte for byte; an empty field is null. Blank lines are no rows.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl

from campaign.contacts.csv_records import Dialect, read_header, spool_records
from campaign.contacts.encodings import (
    SAMPLE_BYTES,
    UTF8,
    Survey,
    check_utf8,
    find_encoding,
    survey,
    to_utf8,
)
from campaign.contacts.signs import Even, Evenness
from campaign.contacts.spool import Folder, Spool
from campaign.contacts.table import Options, Stamp, Table, lazily, stamp_of
from campaign.errors import ListError
from campaign.policy.variables import MOST_CHARACTERS

DELIMITERS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
DECLARED = re.compile(r"\ufeff?sep=(.)\r?[\n\r]")
"""What Excel writes and reads in the first line of a CSV: which delimiter follows."""

SHAPE = re.compile(r"""[\s='"]*\+?[0-9\s().\-]*[0-9][0-9\s().\-]*["]?""")
NUMBER_DIGITS = 7


def read_csv(path: Path, name: str, options: Options) -> Table:
    """Read a CSV file of the delimiter `,`, `;`, tab or `|`, in the encoding found or given.

    Raises `ListError` where there is no usable header, or a quote makes rows uncertain.
    """
    stamp = stamp_of(path)
    seen, even = _survey_lines(path)
    encoding = find_encoding(seen, name, options.encoding)
    if encoding == UTF8:
        check_utf8(seen, name)
        return _read_utf8(path, name, seen, even, options, files=((path, stamp),))
    folder = Folder(options.keep)
    copy = folder.path / "utf-8.csv"
    to_utf8(path, copy, encoding, name)
    table = _read_utf8(copy, name, *_survey_lines(copy), options, files=())
    return replace(table, content_hash=seen.content_hash, held=(*table.held, folder))


def find_delimiter(head: str) -> str:
    """Return the delimiter that parts the header most often, a comma where none does.

    `head` is the beginning of the file; what stands in quotes does not count.
    """
    header = re.split(r"[\r\n]", QUOTED.sub("x", head).lstrip("\r\n"), maxsplit=1)[0]
    return max(DELIMITERS, key=header.count)


def check_names(names: tuple[str, ...], name: str) -> None:
    """Raise `ListError` for a header that is none: nameless, doubled, or made of numbers."""
    if any("\0" in column for column in names):
        raise ListError(
            f"the list {name} has a NUL character in its header", hint="save it as CSV UTF-8"
        )
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
    if all(map(SHAPE.fullmatch, names)) or any(map(_is_number, names)):
        raise ListError(
            f"the list {name} has no header: its first line holds numbers, not names",
            hint="put a line with the names of the columns above, such as phone_number,name",
        )


def _is_number(column: str) -> bool:
    digits = sum(sign.isdecimal() for sign in column)
    return digits >= NUMBER_DIGITS and SHAPE.fullmatch(column) is not None


def _read_utf8(
    path: Path,
    name: str,
    seen: Survey,
    even: Even | None,
    options: Options,
    *,
    files: tuple[tuple[Path, Stamp], ...],
) -> Table:
    dialect = _dialect(seen)
    names = read_header(path, dialect, name)
    check_names(names, name)
    if seen.quotes and not seen.returns:
        even = _count_quoted(path, dialect.delimiter, len(names))
    if even is not None and not (seen.returns or dialect.declared):
        frame = _scan(path, names, dialect.delimiter, quoted=seen.quotes)
        return Table(
            name=name,
            names=names,
            rows=even.lines - 1,
            content_hash=seen.content_hash,
            frame=frame,
            produce=lazily(frame),
            files=files,
            clean=not seen.nuls,
            plain=seen.plain and even.short,
        )
    spool = spool_records(path, dialect, names, name, Spool(options.keep))
    return replace(spool.table(name, names, seen.content_hash), clean=not seen.nuls)


def _dialect(seen: Survey) -> Dialect:
    head = seen.head[:SAMPLE_BYTES].decode(UTF8, "replace")
    declared = DECLARED.match(head)
    first = QUOTED.sub("x", head)
    before_lf = first.partition("\n")[0]
    only_returns = seen.returns and "\r" in before_lf.removesuffix("\r")
    return Dialect(
        delimiter=declared[1] if declared else find_delimiter(head.removeprefix("\ufeff")),
        line_end="\r" if only_returns else "\n",
        declared=declared is not None,
    )


def _survey_lines(path: Path) -> tuple[Survey, Even | None]:
    """Go through the bytes of a file, and see whether its lines are as the first one is."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES).decode(UTF8, "replace").removeprefix("\ufeff")
    delimiter = find_delimiter(head)
    of_first = head.partition("\n")[0].count(delimiter)
    evenness = Evenness(delimiter.encode(), of_first, most=MOST_CHARACTERS)
    return survey(path, evenness), evenness.end()


def _count_quoted(path: Path, delimiter: str, columns: int) -> Even | None:
    """Return how many lines there are, where each is one record of fields in proper quotes."""
    sign = re.escape(delimiter)
    field = f'(?:"(?:[^"]|"")*"|[^"{sign}]*)'
    record = f"^\ufeff?{field}(?:{sign}{field}){{{columns - 1}}}$"
    line = pl.col("line")
    proper = (line.str.contains(record) & (line.str.len_bytes() > 0)).all()
    short = line.str.len_bytes().max() <= MOST_CHARACTERS
    lines = pl.scan_lines(path, glob=False).select(proper, n=pl.len(), short=short)
    try:
        is_even, n, are_short = lines.collect(engine="streaming").row(0)
    except pl.exceptions.ComputeError:  # too many columns for a pattern
        return None
    return Even(lines=n, short=are_short) if is_even else None


def _scan(path: Path, names: tuple[str, ...], delimiter: str, *, quoted: bool) -> pl.LazyFrame:
    frame = pl.scan_csv(
        path,
        schema=dict.fromkeys(names, pl.String),
        separator=delimiter,
        quote_char='"' if quoted else None,
        glob=False,
    )
    # Not by `replace`: polars does not stream it, and would hold the whole list.
    filled = pl.when(pl.all() != "").then(pl.all())
    return frame.with_columns(filled) if quoted else frame
