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
    chunks = [_chunk(some, schema) for some in _chunked(iter(rows))]
    return pl.concat([pl.DataFrame(schema=dict(schema)), *chunks])


def _chunked(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    while some := list(islice(rows, ROWS)):
        yield some


def _chunk(rows: list[Sequence[Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = dict(zip(schema, zip(*rows, strict=True), strict=True))
    try:
        return pl.DataFrame(columns, schema=dict(schema))
    except UnicodeEncodeError:
        whole = {name: [_utf8(value) for value in column] for name, column in columns.items()}
        return pl.DataFrame(whole, schema=dict(schema))


def _utf8(value: object) -> object:
    # JSON can carry half of a surrogate pair, which no file can: it becomes `?`.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
