"""What a typed value says as plain text: the same words that a CSV of the list would hold.

3 and 3.0 are `3`; dates and times are ISO 8601, with the offset where one is known; booleans are
`true` and `false`; lists and structs are JSON. Null, NaN and `""` say nothing: null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

import polars as pl

from campaign.errors import ListError

WHOLE_BELOW = 1e15
"""Floats up to here hold every whole number exactly."""

CLOCK = "%H:%M:%S%.f"
MOMENT = f"%Y-%m-%dT{CLOCK}"


def as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column as text; same names, same rows."""
    return pl.DataFrame([as_text(column) for column in frame])


def as_text(column: pl.Series) -> pl.Series:
    """Return a column as text, null where it says nothing."""
    # Without its name, which polars would take for a pattern of names where it is like ^a$.
    return _text(column.alias("text")).replace("", None).alias(column.name)


def check_types(schema: Mapping[str, pl.DataType], name: str) -> None:
    """Raise `ListError` for columns whose values have no text."""
    for column, dtype in schema.items():
        for leaf in _leaves(dtype):
            if leaf in (pl.Binary, pl.Object):
                raise ListError(
                    f"the list {name} has the type {leaf} in its column {column!r}",
                    hint="make it text, or leave the column out",
                )


def _text(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype.is_float():
        return _float_text(column)
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string(MOMENT if dtype.time_zone is None else f"{MOMENT}%:z")
    if isinstance(dtype, pl.Time):
        return column.dt.to_string(CLOCK)
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso")
    if dtype.is_nested():
        texts = [None if value is None else _json(value) for value in column.to_list()]
        return pl.Series(column.name, texts, dtype=pl.String)
    return column.cast(pl.String)


def _float_text(column: pl.Series) -> pl.Series:
    value = pl.col(column.name).cast(pl.Float64)
    whole = (value == value.round()) & (value.abs() < WHOLE_BELOW)
    return (
        column.to_frame()
        .select(
            pl.when(value.is_nan())
            .then(None)
            .when(whole)
            .then(pl.when(whole).then(value).cast(pl.Int64).cast(pl.String))
            .otherwise(pl.col(column.name).cast(pl.String))
            .alias(column.name)
        )
        .to_series()
        .map_elements(_without_exponent, return_dtype=pl.String)
    )


def _without_exponent(text: str) -> str:
    return format(Decimal(text), "f") if "e" in text else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_json_leaf)


def _json_leaf(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _leaves(dtype: Any) -> Iterator[Any]:
    """Yield the types at the ends of a nested type; of a flat one, itself."""
    if isinstance(dtype, pl.Struct):
        for member in dtype.fields:
            yield from _leaves(member.dtype)
    elif isinstance(dtype, pl.List | pl.Array):
        yield from _leaves(dtype.inner)
    else:
        yield dtype
