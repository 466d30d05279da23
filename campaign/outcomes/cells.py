"""How cells look in a text file, and which of them a spreadsheet would run.

The list's own text stays as it is. Other types of a list that came with types are written as
plain text: dates and times ISO 8601, durations ISO 8601, bytes in hexadecimal, lists and structs
as JSON. Times that the runner itself fills are UTC with milliseconds and a `Z`.

A spreadsheet takes a cell for a formula by its first character. A leading `'` makes it text. A
sign before a number is harmless and stays, which keeps E.164 numbers whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import polars as pl

FORMULA = r"^[=@\t\r+-]"
NUMBER = r"^[+-](?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?$"

OWN_TIME = "%Y-%m-%dT%H:%M:%S%.f"
FILLED_TIME = "%Y-%m-%dT%H:%M:%S%.3fZ"


def texts(
    frame: pl.LazyFrame, *, filled: Collection[str], excel_safe: bool = False
) -> pl.LazyFrame:
    """Return the frame as a text file shows it; `filled` names the runner's own columns.

    Formulas are neutralised in those, and with `excel_safe` in the list's cells and header too.
    """
    schema = frame.collect_schema()
    cells = [
        # By position: polars takes names like `*` and `^a$` for patterns.
        _cell(pl.nth(at), dtype, filled=name in filled, safe=excel_safe or name in filled)
        for at, (name, dtype) in enumerate(schema.items())
    ]
    names = _headers(schema.names()) if excel_safe else schema.names()
    return frame.select(cell.alias(name) for cell, name in zip(cells, names, strict=True))


def objects(frame: pl.LazyFrame, *, filled: Collection[str]) -> pl.LazyFrame:
    """Return the frame as JSON shows it: times and bytes are text, what is nested stays so."""
    return frame.select(
        (
            _inside(pl.nth(at), dtype)
            if dtype.is_nested()
            else _cell(pl.nth(at), dtype, filled=name in filled, safe=False)
        ).alias(name)
        for at, (name, dtype) in enumerate(frame.collect_schema().items())
    )


def neutral(cell: pl.Expr) -> pl.Expr:
    """Return a text column whose formulas are text: `'` before what a spreadsheet would run."""
    runs = cell.str.contains(FORMULA) & ~cell.str.contains(NUMBER)
    return pl.when(runs).then(pl.lit("'") + cell).otherwise(cell)


def documents(values: pl.Series) -> pl.Series:
    """Return lists or structs as JSON texts; empty cells stay empty."""
    # One value at a time: a nested column is never held as Python objects as a whole.
    found = (None if value is None else _document(value) for value in _each(values))
    return pl.Series(values.name, found, dtype=pl.String)


def _cell(cell: pl.Expr, dtype: pl.DataType, *, filled: bool, safe: bool) -> pl.Expr:
    if filled and isinstance(dtype, pl.Datetime):
        return cell.dt.strftime(FILLED_TIME)
    if isinstance(dtype, pl.Datetime):
        return cell.dt.strftime(OWN_TIME + ("%:z" if dtype.time_zone else ""))
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        text = cell.cast(pl.String)
        return neutral(text) if safe else text
    return PLAIN.get(dtype.base_type(), _as_it_is)(cell)


def _inside(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return what is nested with its points in time as text; all else JSON has a form for."""
    if not _has_times(dtype):
        return cell
    if isinstance(dtype, pl.List):
        return cell.list.eval(_inside(pl.element(), _inner(dtype)))
    if isinstance(dtype, pl.Array):
        return _inside(cell.arr.to_list(), pl.List(dtype.inner))
    if isinstance(dtype, pl.Struct):
        # By number: polars takes names like `^a$` for patterns.
        known = cell.struct.rename_fields([str(n) for n in range(len(dtype.fields))])
        entries = [
            _inside(known.struct.field(str(n)), _instance(entry.dtype)).alias(entry.name)
            for n, entry in enumerate(dtype.fields)
        ]
        return pl.when(cell.is_not_null()).then(pl.struct(entries))
    return _cell(cell, dtype, filled=False, safe=False)


def _has_times(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.Struct):
        return any(_has_times(_instance(entry.dtype)) for entry in dtype.fields)
    if isinstance(dtype, pl.List | pl.Array):
        return _has_times(_inner(dtype))
    return isinstance(dtype, pl.Datetime)


def _inner(dtype: pl.List | pl.Array) -> pl.DataType:
    return _instance(dtype.inner)


def _instance(dtype: Any) -> pl.DataType:
    found: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return found


def _as_it_is(cell: pl.Expr) -> pl.Expr:
    return cell


def _nested(cell: pl.Expr) -> pl.Expr:
    return cell.map_batches(documents, return_dtype=pl.String, is_elementwise=True)


def _each(values: pl.Series) -> Iterable[object]:
    return (value.to_list() if isinstance(value, pl.Series) else value for value in values)


def _document(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_scalar)


def _scalar(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    iso: Callable[[], str] = getattr(value, "isoformat", value.__str__)
    return iso()


def _headers(names: Sequence[str]) -> Iterator[str]:
    safe = pl.select(neutral(pl.lit(pl.Series(names, dtype=pl.String)))).to_series()
    taken = set(names)
    for name, header in zip(names, safe, strict=True):
        while header != name and header in taken:
            header = "'" + header  # noqa: PLW2901
        taken.add(header)
        yield header


PLAIN: Mapping[type[pl.DataType], Callable[[pl.Expr], pl.Expr]] = MappingProxyType(
    {
        pl.Date: lambda cell: cell.dt.strftime("%Y-%m-%d"),
        pl.Time: lambda cell: cell.dt.strftime("%H:%M:%S%.f"),
        pl.Duration: lambda cell: cell.dt.to_string("iso"),
        pl.Binary: lambda cell: cell.bin.encode("hex"),
        pl.List: _nested,
        pl.Array: _nested,
        pl.Struct: _nested,
    }
)
"""How a type that is neither text nor a point in time is written; numbers and flags as they are."""
