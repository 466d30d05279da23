"""What lies in a folder of lists and is none: results of runs, ledgers, settings.

A run writes its files where it is told to, and that may be among the lists. Called again with the
same folder, it must not take them for lists: they would name everybody a second time.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import polars as pl

from campaign.contacts.csv_file import find_delimiter
from campaign.contacts.encodings import SAMPLE_BYTES

MARKS = frozenset({"call_outcome", "call_error"})
"""Columns of which every file that a run writes has at least one."""

SQLITE = b"SQLite format 3\0"
KEPT = re.compile(r"campaign\.toml|.*\.[0-9a-f]{12}\.(lock|holder|holder-new)")
"""Names of what lies there before there is a ledger: settings, and the locks of runs."""

UTF16 = (b"\xff\xfe", b"\xfe\xff")


def parted(files: list[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files that are lists, and those that a run keeps or wrote.

    Where runs wrote all of them, they are the lists that are meant.
    """
    ledgers = [path for path in files if _head(path).startswith(SQLITE)]
    kept = {path for path in files if KEPT.fullmatch(path.name) or _belongs(path, ledgers)}
    others = [path for path in files if path not in kept]
    written = {path for path in others if is_written(path)}
    if len(written) == len(others):
        written = set()
    return [path for path in others if path not in written], [
        path for path in files if path in kept | written
    ]


def is_written(path: Path) -> bool:
    """Tell whether a run wrote a file, by the names of its columns."""
    names = NAMES.get(path.suffix.lower())
    try:
        return names is not None and not MARKS.isdisjoint(names(path))
    except (OSError, ValueError, csv.Error, pl.exceptions.PolarsError):
        # What is wrong with it is told when it is read.
        return False


def _belongs(path: Path, ledgers: list[Path]) -> bool:
    """Tell whether a file is a ledger or lies beside one by its name, as its journal does."""
    return any(path.name.startswith(ledger.name) for ledger in ledgers)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SAMPLE_BYTES)
    except OSError:
        return b""


def _text(path: Path) -> str:
    head = _head(path)
    return head.decode("utf-16" if head.startswith(UTF16) else "utf-8-sig", "replace")


def _csv_names(path: Path) -> list[str]:
    text = _text(path)
    return next(csv.reader(io.StringIO(text), delimiter=find_delimiter(text)), [])


def _json_names(path: Path) -> list[str]:
    found = json.loads(_text(path).partition("\n")[0])
    return list(found) if isinstance(found, dict) else []


def _parquet_names(path: Path) -> list[str]:
    return list(pl.read_parquet_schema(path))


def _sheet_names(path: Path) -> list[str]:
    try:
        import fastexcel
    except ImportError:
        return []
    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, n_rows=0)
    except fastexcel.FastExcelError:
        return []
    return [column.name for column in sheet.available_columns()]


NAMES: Mapping[str, Callable[[Path], list[str]]] = MappingProxyType(
    {
        ".csv": _csv_names,
        ".parquet": _parquet_names,
        ".ndjson": _json_names,
        ".xlsx": _sheet_names,
    }
)
"""How the columns of a file are found out that is of a kind that runs write."""
