"""The kinds of files that results are written as, by extension: one line of a table each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Protocol

import polars as pl

from campaign.errors import UsageError
from campaign.outcomes import workbook
from campaign.outcomes.cells import objects, texts


class Show(Protocol):
    """What a format shows of a frame."""

    def __call__(
        self, frame: pl.LazyFrame, filled: Collection[str], *, excel_safe: bool
    ) -> pl.LazyFrame:
        """Return it as the file shows it; `filled` are the runner's own columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a frame becomes a file, and how much fits into one; `None` where all does.

    `require` raises `ConfigError` where the format cannot be written here.
    """

    show: Show
    sink: Callable[[pl.LazyFrame, BinaryIO], None]
    require: Callable[[], None] = lambda: None
    most_rows: int | None = None
    most_columns: int | None = None


def format_of(path: Path) -> Format:
    """Return the format of a file by its name; raise `UsageError` where there is none."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"cannot tell a format from the name {str(path)!r}",
            hint=f"use one of {', '.join(FORMATS)}",
        ) from None


def _texts(frame: pl.LazyFrame, filled: Collection[str], *, excel_safe: bool) -> pl.LazyFrame:
    return texts(frame, filled=filled, excel_safe=excel_safe)


def _objects(frame: pl.LazyFrame, filled: Collection[str], *, excel_safe: bool) -> pl.LazyFrame:
    # No spreadsheet opens these: there is no formula to neutralise.
    del excel_safe
    return objects(frame, filled=filled)


def _typed(frame: pl.LazyFrame, filled: Collection[str], *, excel_safe: bool) -> pl.LazyFrame:
    del filled, excel_safe
    return frame


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".csv": Format(show=_texts, sink=lambda frame, file: frame.sink_csv(file)),
        ".parquet": Format(show=_typed, sink=lambda frame, file: frame.sink_parquet(file)),
        ".ndjson": Format(show=_objects, sink=lambda frame, file: frame.sink_ndjson(file)),
        ".xlsx": Format(
            show=workbook.cells,
            sink=workbook.sink,
            require=workbook.require,
            most_rows=workbook.MOST_ROWS,
            most_columns=workbook.MOST_COLUMNS,
        ),
    }
)
