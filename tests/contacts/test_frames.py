"""Lists from Python, and files that carry types."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.contacts import read_list
from campaign.contacts.read import read_source
from campaign.errors import ListError, UsageError

ROWS = [
    {"phone": "+14155550101", "n": 1, "on": date(2026, 1, 2)},
    {"phone": 14155550102, "more": None},
]


@pytest.mark.parametrize("suffix", [".arrow", ".feather", ".ARROW"])
def test_arrow_keeps_types(suffix: str, tmp_path: Path) -> None:
    """An Arrow file, by either name, is streamed as it is."""
    frame = pl.DataFrame({"phone": ["+14155550101"], "age": [3]})
    frame.write_ipc(tmp_path / f"list{suffix}")
    table = read_source(tmp_path / f"list{suffix}")
    assert table.frame.collect().equals(frame)
    assert len(table.files) == 1


def test_rows() -> None:
    """Dicts are rows; a column of several types is text, a missing value is empty."""
    table = read_source(ROWS)
    assert table.frame.collect().rows() == [
        ("+14155550101", 1, date(2026, 1, 2), None),
        ("14155550102", None, None, None),
    ]
    listing = read_list(tuple(ROWS), region="US")
    assert listing.source is None
    assert listing.screened["outcome"].null_count() == 2


def test_pandas() -> None:
    """A pandas frame is a list; NaN, NA and None are empty, and the index is no column."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"phone": [14155550101, None], "name": ["Ada", pandas.NA], 7: [1, "x"]}, index=[5, 6]
    )
    table = read_source(frame)
    assert table.names == ("phone", "name", "7")
    assert table.frame.collect().rows() == [(14155550101.0, "Ada", "1"), (None, None, "x")]
    screened = read_list(frame, region="US").screened
    assert screened["to_number"].to_list() == ["+14155550101", None]
    with pytest.raises(UsageError, match="cannot be a 'Series'"):
        read_source(frame["phone"])


@pytest.mark.parametrize("source", [3, {"phone": "x"}, [1], object(), None])
def test_no_list(source: Any) -> None:
    """Anything else is wrong usage, in words that name what it is."""
    with pytest.raises(UsageError, match=f"cannot be a '{type(source).__name__}'"):
        read_source(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "has no columns"),
        ([{}], "has no columns"),
        ([{"": 1}], "has no name for column 1"),
        ([{"a": 1, 5: 2, "5": 3}], "more than one column '5'"),
        ([{"a": object()}], "has the type Object in its column 'a'"),
        ([{"a": "x"}, {"a": object()}], "values without a text in its column 'a'"),
    ],
)
def test_rows_that_are_no_list(source: Any, message: str) -> None:
    """Rows without names or texts are refused."""
    with pytest.raises(ListError, match=message):
        read_source(source)


def test_names_that_look_like_patterns() -> None:
    """A column is what it is called, also where polars would take the name for a pattern."""
    frame = pl.DataFrame(
        {"phone": ["+14155550101"], "^a$": [1.5], "^.*$": ["x"], "*": ["y"], "a": [2]}
    )
    listing = read_list(frame, key_column="^a$")
    assert listing.frame.collect().columns == frame.columns
    assert listing.screened["key"].to_list() == ["1.5"]
    [[contact]] = listing.contacts()
    assert contact.variables == {"^a$": "1.5", "^.*$": "x", "*": "y", "a": "2"}
    assert listing.rejects().columns == [*frame.columns, "call_error"]
