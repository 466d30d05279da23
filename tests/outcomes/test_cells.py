"""How cells look in a text file."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from campaign.outcomes.cells import documents, neutral, texts

FORMULAS = [
    ("=1+1", "'=1+1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
    ("-cmd", "'-cmd"),
    ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"),
    ("+1\n=1", "'+1\n=1"),
    ("+1 415 555 0100", "'+1 415 555 0100"),
    ("-", "'-"),
    ("+", "'+"),
    ("+٣", "'+٣"),
    ("+14155550100", "+14155550100"),
    ("-5", "-5"),
    ("-5.25", "-5.25"),
    ("-1,234.50", "-1,234.50"),
    ("+.5", "+.5"),
    ("-1e-7", "-1e-7"),
    ("", ""),
    ("a=1", "a=1"),
    (" =1", " =1"),
    ("text\n=1", "text\n=1"),
    ("'=1", "'=1"),
    (None, None),
]


@pytest.mark.parametrize(("text", "expected"), FORMULAS)
def test_formulas_are_neutralised(text: str | None, expected: str | None) -> None:
    """What a spreadsheet would run gets a leading apostrophe; numbers and text stay."""
    frame = pl.DataFrame({"a": [text]}, schema={"a": pl.String})
    assert frame.select(neutral(pl.col("a"))).item() == expected


@pytest.mark.no_cover
@pytest.mark.parametrize(("text", "expected"), FORMULAS)
@pytest.mark.parametrize("excel_safe", [False, True])
@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_the_lists_own_text_stays_unless_asked(
    text: str | None, expected: str | None, *, excel_safe: bool, dtype: type[pl.DataType]
) -> None:
    """Only `excel_safe` touches the list's cells; the runner's own are always neutral."""
    frame = pl.LazyFrame({"own": [text], "filled": [text]}, schema={"own": dtype, "filled": dtype})
    shown = texts(frame, filled=["filled"], excel_safe=excel_safe).collect()
    assert shown.row(0) == (expected if excel_safe else text, expected)


NESTED: list[tuple[object, Any, object]] = [
    ([1, None], pl.List(pl.Int64), "[1, null]"),
    (["ä"], pl.Array(pl.String, 1), '["ä"]'),
    ([[1], [2]], pl.List(pl.List(pl.Int64)), "[[1], [2]]"),
    ([{"a": [1]}], pl.List(pl.Struct({"a": pl.List(pl.Int64)})), '[{"a": [1]}]'),
    (
        {"d": date(2026, 1, 2), "b": b"\x01", "n": Decimal("1.5"), "x": None},
        pl.Struct({"d": pl.Date, "b": pl.Binary, "n": pl.Decimal(10, 1), "x": pl.List(pl.Int64)}),
        '{"d": "2026-01-02", "b": "01", "n": "1.5", "x": null}',
    ),
    (None, pl.List(pl.Int64), None),
]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ("007", pl.String, "007"),
        ("a", pl.Enum(["a"]), "a"),
        (7, pl.Int64, 7),
        (0.1, pl.Float64, 0.1),
        (True, pl.Boolean, True),
        (Decimal("1.50"), pl.Decimal(10, 2), Decimal("1.50")),
        (None, pl.Null, None),
        (date(2026, 1, 2), pl.Date, "2026-01-02"),
        (time(1, 2, 3), pl.Time, "01:02:03"),
        (time(1, 2, 3, 500_000), pl.Time, "01:02:03.500"),
        (timedelta(days=1, seconds=3), pl.Duration, "P1DT3S"),
        (datetime(2026, 1, 2, 3, 4, 5), pl.Datetime, "2026-01-02T03:04:05"),  # noqa: DTZ001
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            pl.Datetime("us", "Europe/Berlin"),
            "2026-01-02T04:04:05.000006+01:00",
        ),
        (b"\x00\xff", pl.Binary, "00ff"),
        *NESTED,
    ],
)
def test_typed_cells_of_the_list_are_plain_text(
    value: object, dtype: pl.DataType, expected: object
) -> None:
    """Every type that a list can bring has a text; empty cells stay empty."""
    frame = pl.LazyFrame({"a": pl.Series([value, None], dtype=dtype)})
    assert texts(frame, filled=[]).collect()["a"].to_list() == [expected, None]


@pytest.mark.parametrize(("value", "dtype", "expected"), NESTED)
def test_nested_values_are_json_documents(
    value: object, dtype: pl.DataType, expected: str | None
) -> None:
    """Lists and structs of any depth have one document each."""
    values = pl.Series("a", [value, None], dtype=dtype)
    assert documents(values).to_list() == [expected, None]


def test_filled_times_are_utc_with_milliseconds() -> None:
    """The runner's times have one form: `Z` and three digits."""
    at = datetime(2026, 11, 23, 14, 0, 0, 5999, tzinfo=UTC)
    frame = pl.LazyFrame({"t": [at]}, schema={"t": pl.Datetime("us", "UTC")})
    assert texts(frame, filled=["t"]).collect().item() == "2026-11-23T14:00:00.005Z"


@pytest.mark.parametrize("excel_safe", [False, True])
def test_names_of_columns_are_no_patterns(*, excel_safe: bool) -> None:
    """A column may be called what polars would take for several."""
    rows = {"*": ["1"], "^.*$": ["2"], "a": ["3"], "": ["4"]}
    shown = texts(pl.LazyFrame(rows), filled=["*"], excel_safe=excel_safe).collect()
    assert shown.to_dict(as_series=False) == rows


def test_headers_are_cells_too() -> None:
    """`excel_safe` neutralises names of columns, and two never become one."""
    frame = pl.LazyFrame({"=a": ["1"], "'=a": ["2"], "b": ["3"], "+1": ["4"]})
    shown: dict[str, Any] = (
        texts(frame, filled=[], excel_safe=True).collect().to_dict(as_series=False)
    )
    assert shown == {"''=a": ["1"], "'=a": ["2"], "b": ["3"], "+1": ["4"]}
    assert texts(frame, filled=[]).collect_schema().names() == ["=a", "'=a", "b", "+1"]
