"""Frames and rows from Python, and files that carry types: Parquet, Arrow and Feather."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from campaign.contacts.csv_file import check_names
from campaign.contacts.encodings import content_hash
from campaign.contacts.table import Options, Table, lazily, reading, stamp_of
from campaign.contacts.text import as_text, as_texts, check_types
from campaign.errors import ListError, UsageError

BATCH_ROWS = 50_000
FRAME = "given as a frame"
ROWS = "given as rows"


def read_frame(source: Any) -> Table:
    """Read a polars frame, lazy or not, a pandas frame, or a list of dicts.

    Raises `UsageError` for anything else, `ListError` where it is no list of contacts.
    """
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        with reading(FRAME):
            # A lazy frame may give other rows each time it is run: it is run once.
            return _held(source.lazy().collect(), FRAME)
    if type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns"):
        return _held(_from_pandas(source), FRAME)
    if isinstance(source, Sequence) and all(isinstance(row, Mapping) for row in source):
        return _held(_from_rows(source), ROWS)
    raise UsageError(
        f"a list of contacts cannot be a {type(source).__name__!r}",
        hint="give a path, a polars or pandas frame, or a list of dicts",
    )


def read_parquet(path: Path, name: str, _: Options) -> Table:
    """Read a Parquet file, types and all."""
    return _typed(path, name, pl.scan_parquet(path, glob=False, hive_partitioning=False))


def read_arrow(path: Path, name: str, _: Options) -> Table:
    """Read an Arrow IPC file, which Feather is by another name."""
    return _typed(path, name, pl.scan_ipc(path, glob=False, hive_partitioning=False))


def check_schema(schema: Mapping[str, pl.DataType], name: str) -> tuple[str, ...]:
    """Return the names of the columns; raise `ListError` where they are not those of a list."""
    names = tuple(schema)
    if not names:
        raise ListError(f"the list {name} has no columns", hint="it needs at least a phone column")
    check_names(names, name)
    check_types(schema, name)
    return names


def held_table(held: pl.DataFrame, name: str, content_hash: str) -> Table:
    """Return a frame in memory as a table."""
    return Table(
        name=name,
        names=check_schema(held.schema, name),
        rows=held.height,
        content_hash=content_hash,
        frame=held.lazy(),
        produce=lazily(held.lazy()),
    )


def frame_hash(frame: pl.DataFrame) -> str:
    """Return a hash of names and texts, which no version or memory layout of polars changes."""
    digest = sha256(json.dumps(frame.columns).encode())
    for batch in frame.iter_slices(BATCH_ROWS):
        digest.update(as_texts(batch).write_csv(None, include_header=False).encode())
    return digest.hexdigest()


def _held(held: pl.DataFrame, name: str) -> Table:
    check_schema(held.schema, name)
    return held_table(held, name, frame_hash(held))


def _typed(path: Path, name: str, frame: pl.LazyFrame) -> Table:
    stamp = stamp_of(path)
    return Table(
        name=name,
        names=check_schema(frame.collect_schema(), name),
        rows=frame.select(pl.len()).collect().item(),
        content_hash=content_hash(path),
        frame=frame,
        produce=lazily(frame),
        files=((path, stamp),),
    )


def _from_pandas(source: Any) -> pl.DataFrame:
    """Return a pandas frame as one of polars, without its index; NaN and NA are null."""
    named = source.set_axis([str(name) for name in source.columns], axis=1)
    check_names(tuple(named.columns), FRAME)
    columns = [_series(name, _plain(named[name])) for name in named.columns]
    return pl.DataFrame(columns)


def _plain(column: Any) -> list[Any]:
    """Return the values of a pandas column as Python has them; what is missing is `None`."""
    missing = column.isna().tolist()
    return [None if gone else value for gone, value in zip(missing, column.tolist(), strict=True)]


def _from_rows(rows: Sequence[Mapping[Any, Any]]) -> pl.DataFrame:
    """Return rows as a frame; columns stand in the order they first appear."""
    names = dict.fromkeys(name for row in rows for name in row)
    check_names(tuple(map(str, names)), ROWS) if names else None
    return pl.DataFrame([_series(str(name), [row.get(name) for row in rows]) for name in names])


def _series(name: str, values: list[Any]) -> pl.Series:
    """Return a column of one type, of text where the values have several."""
    makers: tuple[Callable[[], pl.Series], ...] = (
        lambda: pl.Series(name, values, strict=True),
        lambda: pl.Series(name, [as_text(pl.Series([v])).item() for v in values]),
    )
    for make in makers:
        try:
            return make()
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            continue
    raise ListError(
        f"the list has values without a text in its column {name!r}",
        hint="make it text, or leave the column out",
    )
