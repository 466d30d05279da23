"""Frames to files, by the file's extension; each file is replaced in one step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import polars as pl

from campaign.errors import OutputError, UsageError
from campaign.model import Attempt
from campaign.outcomes.build import ATTEMPT_COLUMNS, attempts_frame
from campaign.outcomes.cells import texts
from campaign.outcomes.columns import RESULT_COLUMNS
from campaign.outcomes.replace import probe, replaced, resolved

AGAIN = "`campaign results NAME` writes the results again from the ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a frame becomes a file; `shows_text` where every cell is text to whoever opens it."""

    sink: Callable[[pl.LazyFrame, BinaryIO], None]
    shows_text: bool


def write_frame(
    frame: pl.DataFrame | pl.LazyFrame,
    path: Path,
    *,
    filled: Collection[str] = tuple(RESULT_COLUMNS),
    excel_safe: bool = False,
) -> None:
    """Write a frame to `path`, streamed; `filled` names the columns that the runner itself fills.

    Text in those is neutralised in `.csv`, with `excel_safe` all text is. Raises `UsageError` for
    an extension that is not supported and `OutputError` where the file cannot be written; the old
    file is then as it was.
    """
    form = _format(path)
    try:
        rows = frame.lazy()
        shown = texts(rows, filled=filled, excel_safe=excel_safe) if form.shows_text else rows
        with replaced(path) as file:
            form.sink(shown, file)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise OutputError(f"cannot write {str(path)!r}: {reason}", hint=AGAIN) from error


def write_attempts(attempts: Iterable[Attempt], path: Path) -> None:
    """Write one row per attempt to `path`; every column is the runner's own."""
    write_frame(attempts_frame(attempts), path, filled=tuple(ATTEMPT_COLUMNS))


def check_target(out: Path, *, inputs: Sequence[Path]) -> None:
    """Raise where `out` could not be written later, before anything has been done.

    `UsageError`: the extension is not supported, or `out` is one of the inputs, by whatever name.
    `OutputError`: its folder is missing or cannot be written, or it is there and no file.
    """
    _format(out)
    try:
        _check_apart(out, inputs)
        _check_place(out, resolved(out))
    except OSError as error:
        raise OutputError(
            f"cannot write {str(out)!r}: {error.strerror}", hint="choose another --out"
        ) from error


def _check_apart(out: Path, inputs: Sequence[Path]) -> None:
    for path in inputs:
        same = out.samefile(path) if out.exists() and path.exists() else False
        if same or resolved(out) == resolved(path):
            raise UsageError(
                f"{str(out)!r} is also an input ({str(path)!r})", hint="choose another --out"
            )


def _check_place(out: Path, target: Path) -> None:
    if not target.parent.is_dir():
        raise OutputError(
            f"cannot write {str(out)!r}: there is no folder {str(target.parent)!r}",
            hint="create it, or choose another --out",
        )
    if target.exists() and not target.is_file():
        raise OutputError(
            f"cannot write {str(out)!r}: it is there and is no file", hint="choose another --out"
        )
    probe(target.parent)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".csv": Format(sink=lambda frame, file: frame.sink_csv(file), shows_text=True),
        ".parquet": Format(sink=lambda frame, file: frame.sink_parquet(file), shows_text=False),
    }
)


def _format(path: Path) -> Format:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"cannot tell a format from the name {str(path)!r}",
            hint=f"use one of {', '.join(FORMATS)}",
        ) from None
