"""A frame as an XLSX workbook of one sheet, streamed: no more rows at once than one batch.

Cells are what a CSV of the frame would show, with numbers and flags as such where a spreadsheet
holds them exactly. It has 15 digits for a number, 32,767 characters for a cell, 1,048,576 rows and
16,384 columns: longer numbers are text, longer texts are cut and say so, and a list with more rows
or columns is refused by whoever asks for it.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from io import RawIOBase
from typing import Any, BinaryIO

import polars as pl

from campaign.errors import ConfigError
from campaign.outcomes.cells import texts

MOST_ROWS = 1_048_575
"""Rows below the header."""

MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767
"""Of UTF-16, in one cell."""

CUT = " … [cut: a cell holds no more]"
EXACT_BELOW = 10**15
BATCH_ROWS = 10_000
SHEET = "results"

# No text is anything but text, whatever it looks like.
AS_WRITTEN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Write = Callable[[int, int, Any], object]


def require() -> None:
    """Raise `ConfigError` where workbooks cannot be written for want of the library."""
    try:
        import xlsxwriter  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise ConfigError(
            "writing .xlsx is not installed",
            hint="install campaign[excel], or name a .csv file",
        ) from error


def cells(frame: pl.LazyFrame, filled: Collection[str], *, excel_safe: bool) -> pl.LazyFrame:
    """Return the frame as a sheet shows it: text, whole numbers, floats, flags and empty cells."""
    shown = texts(frame, filled=filled, excel_safe=excel_safe)
    dtypes = shown.collect_schema().dtypes()
    return shown.select(_cell(pl.nth(at), dtype) for at, dtype in enumerate(dtypes))


def sink(frame: pl.LazyFrame, file: BinaryIO) -> None:
    """Write a frame of `cells` as a workbook. Raises `OSError`."""
    with _book(file) as book:
        sheet = book.add_worksheet(SHEET, _plain_sheet())
        try:
            _fill(sheet, frame, file)
            book.close()
        finally:
            sheet._opt_close()  # without an end the library leaves its own copy open


def cut(text: str) -> str:
    """Return what a cell can hold of a text, with a mark where that is not all of it."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_CHARACTERS:
        return text
    return units[: 2 * (MOST_CHARACTERS - len(CUT))].decode("utf-16-le", "ignore") + CUT


def _cell(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_integer() or dtype in (pl.Float64, pl.Boolean, pl.Null):
        return cell
    if dtype.is_float():
        # By its text: 0.1 of 32 bits is another number as one of 64.
        return cell.cast(pl.String).cast(pl.Float64)
    text = cell.cast(pl.String)
    # Whatever is short in bytes is short; Python looks at the others only.
    long = pl.when(text.str.len_bytes() > MOST_CHARACTERS).then(text)
    return pl.coalesce(long.map_elements(cut, return_dtype=pl.String), text)


def _fill(sheet: Any, frame: pl.LazyFrame, file: BinaryIO) -> None:
    schema = frame.collect_schema()
    for at, name in enumerate(schema):
        sheet.write_string(0, at, cut(name))
    sheet.freeze_panes(1, 0)
    writers = [_writer(sheet, dtype) for dtype in schema.dtypes()]
    for row, values in enumerate(_rows(frame, file), 1):
        if row > MOST_ROWS:
            raise OSError(f"a sheet holds {MOST_ROWS:,} rows, and there are more")
        for at, value in enumerate(values):
            if value is not None:
                writers[at](row, at, value)


def _rows(frame: pl.LazyFrame, file: BinaryIO) -> Iterator[Sequence[Any]]:
    for batch in frame.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
        # It is written at the end only; one that is not wanted any more says so here.
        file.flush()
        yield from batch.iter_rows()


def _writer(sheet: Any, dtype: pl.DataType) -> Write:
    if not dtype.is_numeric():
        plain: Write = sheet.write_boolean if dtype == pl.Boolean else sheet.write_string
        return plain

    def write(row: int, column: int, value: Any) -> object:
        if isinstance(value, float):
            if math.isfinite(value):
                return sheet.write_number(row, column, value)
            return sheet.write_string(row, column, "NaN" if math.isnan(value) else str(value))
        if abs(value) < EXACT_BELOW:
            return sheet.write_number(row, column, value)
        return sheet.write_string(row, column, str(value))

    return write


def _plain_sheet() -> Any:
    from xlsxwriter.worksheet import Worksheet

    class PlainSheet(Worksheet):  # type: ignore[misc]  # it has no types
        """A sheet in which a text that looks like the library's own markup is text."""

        def _xml_rich_inline_string(self, string: str, attributes: Any) -> None:
            self._xml_inline_string(string, True, attributes)  # noqa: FBT003

    return PlainSheet


@contextmanager
def _book(file: BinaryIO) -> Iterator[Any]:
    """Open a workbook whose temporary files go, however it ends."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix="campaign-") as folder, _Use(file) as use:
        book = xlsxwriter.Workbook(use, {"constant_memory": True, "tmpdir": folder, **AS_WRITTEN})
        book.use_zip64()
        try:
            yield book
        except FileCreateError as error:
            raise error.args[0] from error


class _Use(RawIOBase):
    """A file for the time of its use: what is written afterwards is nobody's.

    A ZIP file that was given up writes its end once more when Python forgets it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: Any) -> int:
        return len(data) if self.closed else self._file.write(data)

    def tell(self) -> int:
        return 0 if self.closed else self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0 if self.closed else self._file.seek(offset, whence)

    def flush(self) -> None:
        """Leave that to the file."""
