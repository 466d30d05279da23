"""Frames to files, by the file's extension; each file is replaced in one step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import polars as pl

from campaign.errors import ConfigError, OutputError, UsageError
from campaign.model import Attempt
from campaign.outcomes.build import ATTEMPT_COLUMNS, attempts_frame
from campaign.outcomes.columns import RESULT_COLUMNS
from campaign.outcomes.formats import format_of
from campaign.outcomes.replace import Permit, probe, replaced, resolved

AGAIN = "`campaign results NAME` writes the results again from the ledger"


def write_frame(
    frame: pl.DataFrame | pl.LazyFrame,
    path: Path,
    *,
    filled: Collection[str] = tuple(RESULT_COLUMNS),
    excel_safe: bool = False,
    permit: Permit | None = None,
) -> None:
    """Write a frame to `path`, streamed; `filled` names the columns that the runner itself fills.

    Text in those is neutralised in `.csv` and `.xlsx`, with `excel_safe` all text is. Raises
    `UsageError` for an extension that is not supported and `OutputError` where the file cannot be
    written or `permit` is withdrawn; the old file is then as it was.
    """
    form = format_of(path)
    try:
        shown = form.show(frame.lazy(), filled, excel_safe=excel_safe)
        with replaced(path, permit=permit) as file:
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
    `ConfigError`: what writes it is not installed. `OutputError`: its folder is missing or cannot
    be written, or it is there and no file.
    """
    format_of(out).require()
    check_place(out, inputs=inputs)


def check_place(out: Path, *, inputs: Sequence[Path]) -> None:
    """Raise as `check_target` does, whatever the extension."""
    try:
        _check_apart(out, inputs)
        _check_place(out, resolved(out))
    except OSError as error:
        raise OutputError(
            f"cannot write {str(out)!r}: {error.strerror}", hint="choose another --out"
        ) from error


def check_size(out: Path, *, rows: int, columns: int) -> None:
    """Raise `ConfigError` where a file of this kind cannot hold so much."""
    form = format_of(out)
    for most, asked, what in (
        (form.most_rows, rows, "rows"),
        (form.most_columns, columns, "columns"),
    ):
        if most is not None and asked > most:
            raise ConfigError(
                f"{str(out)!r} cannot hold {asked:,} {what}: a {out.suffix.lower()} file has at"
                f" most {most:,}",
                hint="name a .csv, .parquet or .ndjson file",
            )


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
