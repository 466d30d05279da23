"""Workbooks: which sheet is the list, and what its cells say."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.contacts import read_list
from campaign.contacts.read import read_source
from campaign.contacts.table import Options
from campaign.errors import ListError, UsageError

pytest.importorskip("fastexcel")

WriteBook = Callable[..., Path]
LIST = [["phone", "name"], ["+14155550101", "Ada"]]


def test_cells_are_text(write_book: WriteBook) -> None:
    """Numbers are digits, booleans words; empty rows and columns are none; text stays."""
    rows = [
        ["phone", "account", "vip", None],
        [4155550101, "007", True],
        [None],
        ["'+14155550102", 3.5, None],
        [4155550103.5, 1e20, False],
    ]
    listing = read_list(write_book({"Sheet1": rows}), region="US")
    assert listing.frame.collect().rows() == [
        ("4155550101", "007", "true"),
        ("'+14155550102", "3.5", None),
        ("4155550103.5", "100000000000000000000", "false"),
    ]
    assert listing.screened["to_number"].to_list() == ["+14155550101", "+14155550102", None]
    assert listing.screened["reason"].to_list() == [
        None,
        None,
        "not a whole number: format the column as text and export again",
    ]
    assert listing.normalised == 2


def test_days_and_times(tmp_path: Path) -> None:
    """A cell that is a day, a moment or a time of day is what a CSV of the sheet would show."""
    xlsxwriter = pytest.importorskip("xlsxwriter")
    with xlsxwriter.Workbook(tmp_path / "list.xlsx") as book:
        shown = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["phone", "day", "moment", "time"])
        sheet.write(1, 0, "+14155550101")
        for column, number in enumerate((46024.0, 46024.5, 0.4375), 1):
            sheet.write_number(1, column, number, shown)
    table = read_source(tmp_path / "list.xlsx")
    assert table.frame.collect().row(0)[1:] == (
        "2026-01-02",
        "2026-01-02 12:00:00",
        "10:30:00",
    )


@pytest.mark.parametrize(
    "sheets",
    [
        {"One": LIST},
        {"Empty": [], "Two": LIST},
        {"Notes": [["see", "below"]], "Two": LIST},
        {"Two": LIST, "Blank": [[None], [""]]},
    ],
)
def test_sheet_is_found(sheets: dict[str, Any], write_book: WriteBook) -> None:
    """The only sheet with rows is the list, or the only one with a phone column."""
    assert read_source(write_book(sheets)).frame.collect().rows() == [("+14155550101", "Ada")]


def test_sheet_by_name(write_book: WriteBook) -> None:
    """Of several lists the one that is named is read."""
    other = [["phone"], ["+14155550102"]]
    path = write_book({"One": LIST, "Two": other})
    assert read_source(path, Options(sheet="Two")).names == ("phone",)
    with pytest.raises(ListError, match=r"several sheets: 'One', 'Two'; .*--sheet"):
        read_source(path)
    with pytest.raises(ListError, match="no sheet 'Three'; its sheets are 'One', 'Two'"):
        read_source(path, Options(sheet="Three"))


@pytest.mark.parametrize(
    ("sheets", "options", "message"),
    [
        ({"One": []}, Options(), "is empty"),
        ({"One": [], "Two": LIST}, Options(sheet="One"), "is empty"),
        ({"One": [["phone", None], ["+1", "x"]]}, Options(), "has no name for column 2"),
        ({"One": [["phone", "phone"], ["1", "2"]]}, Options(), "more than one column 'phone'"),
        ({"One": [["phone"]]}, Options(), "has a header and no rows"),
    ],
)
def test_refused(
    sheets: dict[str, Any], options: Options, message: str, write_book: WriteBook
) -> None:
    """A sheet that is no list is refused, with the file's name."""
    with pytest.raises(ListError, match=message) as caught:
        read_source(write_book(sheets), options)
    assert "list.xlsx" in str(caught.value)


def test_no_workbook(tmp_path: Path) -> None:
    """A file that only has the name of a workbook is a `ListError`."""
    path = tmp_path / "list.xlsx"
    path.write_text("phone\n1\n")
    with pytest.raises(ListError, match=r"cannot be read: .*; check that the file is a whole"):
        read_source(path)


def test_not_installed(write_book: WriteBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, it is said what to install."""
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "fastexcel":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"install campaign\[excel\]"):
        read_source(write_book({"One": LIST}))
