"""Files of numbers that are never called: a list with a phone column, or bare numbers.

A file of bare numbers has one on each line and no header; it is recognised by its first line.
Everything else is read as a list of contacts is. What is no number is not dropped: it is counted
in a notice, and rows that go as they are written are compared with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.contacts.columns import PHONE_NAMES, plain_name
from campaign.contacts.judging import judge_cells
from campaign.contacts.phone import judge
from campaign.contacts.places import files_of, is_remote
from campaign.contacts.read import read_source
from campaign.contacts.table import reading
from campaign.contacts.text import as_text
from campaign.errors import ConfigError, ListError

Files = Sequence[str | os.PathLike[str]]

BATCH_ROWS = 50_000
BARE = frozenset({".csv", ".tsv", ".txt"})
"""Suffixes of files that may hold nothing but numbers."""

ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DELIMITERS = ",;\t|"
NUMBER_DIGITS = 7
"""A line with letters and fewer digits than this is the name of a column."""

HINT = "put one number on each line, or a header with phone_number above them"
SCHEMA = pl.Schema({"number": pl.String, "reason": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Rows of a suppression file that are no phone numbers; `first_row` counts from 1."""

    file: str
    unusable: int
    rows: int
    first_row: int
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.unusable} of {self.rows} rows of the suppression file {self.file!r} are no"
            f" phone number, the first is row {self.first_row}: {self.reason}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suppressions:
    """Numbers (`number`, `reason`) that are not called, and what could not be used of them."""

    numbers: pl.DataFrame
    notices: tuple[Notice, ...] = ()


def read_suppressions(files: Files, region: str | None) -> Suppressions:
    """Read files of numbers, those without `+` as ones of `region`.

    Raises `ConfigError` naming a file that cannot be read or has no number.
    """
    numbers, notices = [SCHEMA.to_frame()], []
    for name in (name for file in files for name in _each(os.fspath(file))):
        judged, shown = _judged(name, region), _shown(name)
        bad = judged.filter(pl.col("reason").is_not_null())
        if bad.height == judged.height:
            raise _unusable(shown, f"no usable phone number (row 1: {bad['reason'][0]})", HINT)
        numbers.append(_numbers(judged, Path(shown).name))
        if bad.height:
            first = bad.row(0, named=True)
            notices.append(
                Notice(
                    file=shown,
                    unusable=bad.height,
                    rows=judged.height,
                    first_row=first["row"] + 1,
                    reason=first["reason"],
                )
            )
    return Suppressions(numbers=pl.concat(numbers), notices=tuple(notices))


def _numbers(judged: pl.DataFrame, file_name: str) -> pl.DataFrame:
    reason = pl.lit(f"suppressed: on the list {file_name}")
    return judged.select(
        number=pl.coalesce("to_number", pl.col("text").str.strip_chars()), reason=reason
    ).drop_nulls()


def _judged(name: str, region: str | None) -> pl.DataFrame:
    """Return `row` (from 0), `text`, `to_number` and `reason` of each row of a file."""
    with _naming(name):
        cells = _bare(Path(name))
        if cells is None:
            cells = _listed(name)
    texts = cells.alias("text").to_frame().with_row_index("row")
    return texts.hstack(judge_cells(cells, region))


def _each(name: str) -> list[str]:
    """Return the files that are meant by a name, a folder or a pattern: each is one of its own."""
    if is_remote(name):
        return [name]
    with _naming(name):
        found = files_of(name)
    return [name] if found is None else [str(path) for path in found]


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Turn what is wrong with a list into what is wrong with a suppression file."""
    try:
        with reading(repr(name)):
            yield
    except ListError as error:
        raise _unusable(_shown(name), error.args[0], error.hint) from error


def _shown(name: str) -> str:
    """Return a file's name for messages: without a query, which may hold a signature or a key."""
    return name.partition("?")[0] if is_remote(name) else name


def _unusable(name: str, said: str, hint: str) -> ConfigError:
    return ConfigError(f"the suppression file {name!r} cannot be used: {said}", hint=hint)


def _bare(path: Path) -> pl.Series | None:
    """Return the lines of a file without a header that has one number in each, else `None`."""
    if path.suffix.lower() not in BARE or not path.is_file():
        return None
    lines = pl.Series(_decoded(path.read_bytes()).splitlines(), dtype=pl.String)
    cells = lines.str.strip_chars().str.strip_chars(f'"{DELIMITERS} ')
    filled = cells.filter(cells != "")
    return filled if filled.len() and _is_number(filled[0]) else None


def _decoded(content: bytes) -> str:
    try:
        return content.decode(ENCODINGS.get(content[:2], "utf-8-sig"))
    except UnicodeDecodeError:
        # Digits are the same in all the encodings that are left.
        return content.decode("latin-1")


def _is_number(line: str) -> bool:
    """Tell whether a first line is a number, usable or not, rather than a header."""
    if any(delimiter in line for delimiter in DELIMITERS):
        return False
    if judge(line, "US").number is not None:
        return True
    digits = sum(sign.isdecimal() for sign in line)
    return digits >= NUMBER_DIGITS or not any(sign.isalpha() for sign in line)


def _listed(name: str) -> pl.Series:
    """Return the cells of the phone column of a list, or of its only one."""
    table = read_source(name)
    named = [column for column in table.names if plain_name(column) in PHONE_NAMES]
    found = named or table.names
    if len(found) > 1:
        raise ListError(
            f"more than one of its columns may hold the numbers: {', '.join(map(repr, found))}",
            hint="name the one that does phone_number, or leave the others out",
        )
    if not named and _is_number(found[0]):
        raise ListError("it has no header: its first row is a number", hint=HINT)
    batches = table.batches(batch_rows=BATCH_ROWS)
    return pl.concat([as_text(batch.get_column(found[0]).alias("text")) for batch in batches])
