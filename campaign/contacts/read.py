"""Where a list comes from: a file by its suffix, several files, standard input, afar, or Python.

A new format is one function `(path, name, options) -> Table` and one line in `READERS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from campaign.contacts.csv_file import read_csv
from campaign.contacts.excel import read_xlsx
from campaign.contacts.far import OPTIONS, reading_far
from campaign.contacts.frames import read_arrow, read_frame, read_parquet
from campaign.contacts.json_lines import read_json_lines
from campaign.contacts.places import (
    PACKED,
    check_scheme,
    copied,
    download_lines,
    download_typed,
    is_remote,
    joined,
    lists_of,
    remote_path,
    spooled_input,
    told_address,
    told_left_out,
    unpacked,
)
from campaign.contacts.spool import Folder
from campaign.contacts.table import FOUND, Options, Table, reading
from campaign.errors import ListError, UsageError

STDIN = "-"
STDIN_NAME = "on standard input"

Source = Any
"""A path, an address, `-`, a frame of polars or pandas, or a list of dicts."""

Reader = Callable[[Path, str, Options], Table]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".csv": read_csv,
        ".tsv": read_csv,
        ".txt": read_csv,
        ".parquet": read_parquet,
        ".arrow": read_arrow,
        ".feather": read_arrow,
        ".ndjson": read_json_lines,
        ".jsonl": read_json_lines,
        ".xlsx": read_xlsx,
    }
)
SUFFIXES = tuple(READERS)
TEXTS = frozenset({read_csv, read_json_lines})
SCANNERS: Mapping[Reader, Callable[..., pl.LazyFrame]] = MappingProxyType(
    {read_parquet: pl.scan_parquet, read_arrow: pl.scan_ipc}
)


def read_source(source: Source, options: Options = FOUND) -> Table:
    """Read a list from wherever it is.

    Raises `ListError` where it cannot be read as a table with a header and rows, `UsageError` for
    options that do not fit it.
    """
    table = _read(source, options)
    if not table.rows:
        raise ListError(
            f"the list {table.name} has a header and no rows", hint="add the contacts under it"
        )
    return table


def _read(source: Source, options: Options) -> Table:
    if not isinstance(source, str | os.PathLike):
        _check_options(options, None, "given from Python")
        return read_frame(source)
    place = os.fspath(source)
    if place == STDIN:
        return _read_input(options)
    if isinstance(place, str) and is_remote(place):
        return _read_remote(place, options)
    check_scheme(str(place))
    with reading(repr(str(place))):
        files = lists_of(str(place))
        if files is None:
            return _read_file(Path(place), options)
        table = _read_files(files.lists, str(place), options)
        return replace(table, notices=told_left_out(files, str(place)))


def _read_input(options: Options) -> Table:
    _check_options(options, read_csv, STDIN_NAME)
    with reading(STDIN_NAME):
        folder = Folder(options.keep)
        table = read_csv(spooled_input(folder), STDIN_NAME, options)
        return replace(table, files=(), held=(*table.held, folder))


def _read_files(files: list[Path], place: str, options: Options) -> Table:
    kinds = {_suffix(path) for path in files}
    if len(kinds) > 1:
        raise ListError(
            f"the list {place!r} is of files of several kinds: {', '.join(sorted(kinds))}",
            hint="name those that are meant with a pattern, such as 'lists/*.csv'",
        )
    tables = [_read_file(path, options) for path in files]
    return joined(tables, repr(place)) if len(tables) > 1 else tables[0]


def _read_file(path: Path, options: Options) -> Table:
    name = repr(str(path))
    if not path.exists():
        raise ListError(f"there is no file {name}", hint="check the path of the list")
    if not path.is_file():
        raise ListError(
            f"the list {name} is not a regular file", hint="name a file, or - for standard input"
        )
    reader = _reader(path, name)
    _check_options(options, reader, name)
    with reading(name):
        packed = path.suffix.lower() in PACKED
        if not packed and options.keep is None:
            return reader(path, name, options)
        folder = Folder(options.keep)
        copy = unpacked(path, folder) if packed else copied(path, name, folder)
        table = reader(copy, name, options)
        return replace(table, files=(), held=(*table.held, folder))


def _read_remote(source: str, options: Options) -> Table:
    name, path, folder = told_address(source), remote_path(source), Folder(options.keep)
    reader = _reader(path, name)
    _check_options(options, reader, name)
    scanner = SCANNERS.get(reader)
    if path.suffix.lower() in PACKED or (scanner is None and reader not in TEXTS):
        raise ListError(
            f"the list {name} cannot be read from there: {''.join(path.suffixes[-2:])!r}",
            hint="copy it here first, or keep it as CSV or Parquet there",
        )
    with reading(name):
        with reading_far(name, source):
            if scanner is not None:
                copy = download_typed(scanner(source, storage_options=dict(OPTIONS)), folder)
            else:
                copy = download_lines(source, folder, path.suffix.lower())
        table = (reader if scanner is None else read_parquet)(copy, name, options)
        return replace(table, files=(), held=(*table.held, folder))


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return f"{Path(path.stem).suffix.lower()}{suffix}" if suffix in PACKED else suffix


def _reader(path: Path, name: str) -> Reader:
    suffix = _suffix(path)
    reader = READERS.get(suffix.removesuffix(".gz").removesuffix(".zst"))
    if reader is None:
        raise ListError(
            f"the list {name} is of a kind that cannot be read: {suffix!r}",
            hint=f"supported are {', '.join(SUFFIXES)}, also packed as {' or '.join(PACKED)}",
        )
    return reader


def _check_options(options: Options, reader: Reader | None, name: str) -> None:
    """Raise `UsageError` for an option that would say nothing about this list."""
    if options.encoding is not None and reader not in TEXTS:
        raise UsageError(f"the list {name} is no text file", hint="leave --encoding out")
    if options.sheet is not None and reader is not read_xlsx:
        raise UsageError(f"the list {name} is no workbook", hint="leave --sheet out")
