"""Frames from a stream: no more Python objects at once than one chunk of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl

ROWS = 20_000
"""Rows held as Python objects at once."""


def frame_of(rows: Iterable[Sequence[Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the rows, each in the schema's order, as a frame."""
    chunks = (list(zip(*some, strict=True)) for some in _chunked(iter(rows)))
    frames = [frame_of_columns(columns, schema) for columns in chunks]
    return pl.concat([pl.DataFrame(schema=dict(schema)), *frames])


def frame_of_columns(
    columns: Sequence[Sequence[Any]], schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """Return the columns, in the schema's order, as a frame."""
    named = dict(zip(schema, columns, strict=True))
    try:
        return pl.DataFrame(named, schema=dict(schema))
    except UnicodeEncodeError:
        whole = {name: [_utf8(value) for value in column] for name, column in named.items()}
        return pl.DataFrame(whole, schema=dict(schema))


def _chunked(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    while some := list(islice(rows, ROWS)):
        yield some


def _utf8(value: object) -> object:
    # JSON can carry half of a surrogate pair, which no file can: it becomes `?`.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
