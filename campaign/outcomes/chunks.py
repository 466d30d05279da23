"""Frames from a stream: no more Python objects at once than one chunk of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import polars as pl

T = TypeVar("T")
R = TypeVar("R")

ROWS = 10_000
"""Rows held as Python objects at once."""


def frame_of(rows: Iterable[Sequence[Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the rows, each in the schema's order, as a frame."""
    chunks = (list(zip(*some, strict=True)) for some in _chunked(iter(rows)))
    frames = [frame_of_columns(columns, schema) for columns in chunks]
    return pl.concat([pl.DataFrame(schema=dict(schema)), *frames])


def frame_of_columns(
    columns: Sequence[str | Sequence[Any]], schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """Return the columns, in the schema's order, as a frame.

    Each has one value at least; a text is the JSON of all its values.
    """
    named = zip(schema.items(), columns, strict=True)
    return pl.DataFrame([_series(name, column, dtype) for (name, dtype), column in named])


def slices(frame: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of a frame, up to `size` at once; an empty frame once, as it is."""
    for first in range(0, max(frame.height, 1), size):
        yield frame.slice(first, size)


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield items while the next of them is made in a thread; none of them is `None`."""
    rest = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, rest, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, rest, None)
            yield item


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return what `work` makes of each item, in their order; two at a time, in threads."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def _series(name: str, column: str | Sequence[Any], dtype: pl.DataType) -> pl.Series:
    if isinstance(column, str):
        written = pl.Int64() if isinstance(dtype, pl.Boolean) else dtype
        decoded = pl.Series(name, [column]).str.json_decode(pl.List(written))
        return decoded.explode().cast(dtype)
    try:
        return pl.Series(name, column, dtype=dtype)
    except UnicodeEncodeError:
        return pl.Series(name, [_utf8(value) for value in column], dtype=dtype)


def _chunked(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    while some := list(islice(rows, ROWS)):
        yield some


def _utf8(value: object) -> object:
    # JSON can carry half of a surrogate pair, which no file can: it becomes `?`.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
