"""XLSX: the first row that has anything is the header; every cell is text as it would be exported.

Which sheet is the list is found where only one has rows, or a phone column; else it is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from campaign.contacts.columns import PHONE_NAMES, plain_name
from campaign.contacts.csv_file import check_names
from campaign.contacts.encodings import survey
from campaign.contacts.spool import Spool
from campaign.contacts.table import Options, Table
from campaign.errors import ListError, UsageError

BATCH_ROWS = 50_000

# A day is a moment of it here, and a time of day one of the day before the first: they become what
# a CSV of the sheet would show.
TIME_OF_DAY = r"^1899-12-3[01] (\d{2}:\d{2}:\d{2})$"
DAY = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


def read_xlsx(path: Path, name: str, options: Options) -> Table:
    """Read one sheet of a workbook."""
    try:
        import fastexcel
    except ImportError as error:
        raise UsageError(
            f"the list {name} is a workbook, and reading these is not installed",
            hint="install campaign[excel], or save the list as CSV UTF-8",
        ) from error
    try:
        book = fastexcel.read_excel(path)
        sheet, rows = _choose(book, name, options.sheet)
    except fastexcel.FastExcelError as error:
        said = str(error).partition("\n")[0]
        raise ListError(
            f"the list {name} cannot be read: {said}",
            hint="check that the file is a whole .xlsx workbook without a password",
        ) from error
    return _table(path, f"{name}, sheet {sheet!r},", rows, Spool(options.keep))


def _choose(book: Any, name: str, wanted: str | None) -> tuple[str, pl.DataFrame]:
    """Return the sheet that is the list, by name and with its rows."""
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise ListError(
                f"the list {name} has no sheet {wanted!r}",
                hint=f"its sheets are {', '.join(map(repr, book.sheet_names))}",
            )
        return wanted, _rows(book, wanted)
    found = [(sheet, rows) for sheet, rows in _filled(book)]
    with_phone = [entry for entry in found if _has_phone(entry[1])]
    for chosen in (found, with_phone):
        if len(chosen) == 1:
            return chosen[0]
    if not found:
        raise ListError(f"the list {name} is empty", hint="it needs a header and rows under it")
    raise ListError(
        f"the list {name} has several sheets: {', '.join(repr(sheet) for sheet, _ in found)}",
        hint="say which one is the list with --sheet",
    )


def _filled(book: Any) -> Iterator[tuple[str, pl.DataFrame]]:
    for sheet in book.sheet_names:
        rows = _rows(book, sheet)
        if rows.height:
            yield sheet, rows


def _rows(book: Any, sheet: str) -> pl.DataFrame:
    """Return the rows of a sheet that have anything, the header first, all of them text."""
    loaded = book.load_sheet(sheet, header_row=None, dtypes="string")
    rows: pl.DataFrame = loaded.to_polars()
    if not rows.width:
        return pl.DataFrame()
    rows = rows.select(pl.all().str.replace(TIME_OF_DAY, "$1").str.replace(DAY, "$1"))
    return rows.filter(pl.any_horizontal(pl.all().is_not_null() & (pl.all() != "")))


def _has_phone(rows: pl.DataFrame) -> bool:
    return any(plain_name(cell or "") in PHONE_NAMES for cell in rows.row(0))


def _table(path: Path, name: str, rows: pl.DataFrame, spool: Spool) -> Table:
    if not rows.height:
        raise ListError(f"the list {name} is empty", hint="it needs a header and rows under it")
    # Columns that were only ever formatted have neither a name nor a value.
    used = [column.name for column in rows if column.null_count() < rows.height]
    rows = rows.select(used)
    names = tuple(cell or "" for cell in rows.row(0))
    check_names(names, name)
    for batch in rows.slice(1).iter_slices(BATCH_ROWS):
        spool.add(batch.rename(dict(zip(batch.columns, names, strict=True))))
    return spool.table(name, names, survey(path).content_hash)
