"""Where a list comes from: a file by its suffix, standard input, or a frame.

A new format is one function `(path, name) -> Table` and one line in `READERS`.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import polars as pl

from campaign.contacts.csv_file import check_names, read_csv
from campaign.contacts.table import Table, lazily, reading, stamp_of
from campaign.contacts.text import as_texts, check_types
from campaign.errors import ListError

STDIN = "-"
STDIN_NAME = "on standard input"
BATCH_ROWS = 50_000
CHUNK_BYTES = 1 << 20

Source = str | os.PathLike[str] | pl.DataFrame | pl.LazyFrame


def read_source(source: Source) -> Table:
    """Read a list from a path, `-` (CSV on standard input) or a polars frame.

    Raises `ListError` where it cannot be read as a table with a header and rows.
    """
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        table = _read_frame(source.lazy())
    elif os.fspath(source) == STDIN:
        with reading(STDIN_NAME):
            table = read_csv(_spooled(), STDIN_NAME)
    else:
        table = _read_file(Path(source))
    if not table.rows:
        raise ListError(
            f"the list {table.name} has a header and no rows", hint="add the contacts under it"
        )
    return table


def _read_file(path: Path) -> Table:
    name = repr(str(path))
    with reading(name):
        if not path.exists():
            raise ListError(f"there is no file {name}", hint="check the path of the list")
        if not path.is_file():
            raise ListError(
                f"the list {name} is {'a folder' if path.is_dir() else 'not a regular file'}",
                hint="name a file, or - for standard input",
            )
        reader = READERS.get(path.suffix.lower())
        if reader is None:
            raise ListError(
                f"the list {name} is of a kind that cannot be read: {path.suffix!r}",
                hint=f"supported are {', '.join(SUFFIXES)}",
            )
        return reader(path, name)


def _read_parquet(path: Path, name: str) -> Table:
    stamp = stamp_of(path)
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    names = _check_schema(frame.collect_schema(), name)
    return Table(
        name=name,
        names=names,
        rows=frame.select(pl.len()).collect().item(),
        content_hash=_file_hash(path),
        frame=frame,
        produce=lazily(frame),
        path=path,
        stamp=stamp,
    )


def _read_frame(source: pl.LazyFrame) -> Table:
    name = "given as a frame"
    with reading(name):
        # A lazy frame may give other rows each time it is run: it is run once.
        held = source.collect()
    names = _check_schema(held.schema, name)
    return Table(
        name=name,
        names=names,
        rows=held.height,
        content_hash=_frame_hash(held),
        frame=held.lazy(),
        produce=lazily(held.lazy()),
    )


def _check_schema(schema: pl.Schema, name: str) -> tuple[str, ...]:
    names = tuple(schema.names())
    if not names:
        raise ListError(f"the list {name} has no columns", hint="it needs at least a phone column")
    check_names(names, name)
    check_types(schema, name)
    return names


def _file_hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _frame_hash(frame: pl.DataFrame) -> str:
    """Return a hash of names and texts, which no version or memory layout of polars changes."""
    digest = sha256(json.dumps(frame.columns).encode())
    for batch in frame.iter_slices(BATCH_ROWS):
        digest.update(as_texts(batch).write_csv(None, include_header=False).encode())
    return digest.hexdigest()


def _spooled() -> Path:
    """Keep standard input in a private file until the process ends: a list is read repeatedly."""
    handle, place = tempfile.mkstemp(prefix="campaign-", suffix=".csv")
    path = Path(place)
    atexit.register(path.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


READERS: Mapping[str, Callable[[Path, str], Table]] = MappingProxyType(
    {
        ".csv": read_csv,
        ".tsv": read_csv,
        ".txt": read_csv,
        ".parquet": _read_parquet,
    }
)
SUFFIXES = tuple(READERS)
