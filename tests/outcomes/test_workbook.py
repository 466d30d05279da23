"""Workbooks: every cell is what it was, as far as a spreadsheet can hold it."""

from __future__ import annotations

import builtins
import math
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts import read_list
from campaign.errors import ConfigError, OutputError
from campaign.outcomes import workbook
from campaign.outcomes.columns import RESULT_COLUMNS
from campaign.outcomes.workbook import CUT, MOST_CHARACTERS, cells, cut, require, sink
from campaign.outcomes.write import check_target, write_frame

fastexcel = pytest.importorskip("fastexcel")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["=1+1", "<r><t>x</t></r>", "<r>&</r>", "_x000D_", "a\r\nb", " x ", "http://a.b", "007", "1e5"]
)


def read_book(path: Path) -> pl.DataFrame:
    """Return the cells of a workbook below its header, as text."""
    frame: pl.DataFrame = fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()
    return frame


@settings(max_examples=15)
@given(rows=st.lists(st.tuples(TEXT, st.none() | TEXT), min_size=1, max_size=20))
def test_text_is_text(
    rows: list[tuple[str, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Another reader finds the same text in the same cells: no formula, link, number or markup."""
    path = tmp_path_factory.mktemp("book") / "r.xlsx"
    write_frame(pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row"), path)
    assert read_book(path).rows() == rows


def test_markup_is_text(tmp_path: Path) -> None:
    """What looks like the library's own markup is not taken for it."""
    path = tmp_path / "r.xlsx"
    write_frame(pl.DataFrame({"a": ["<r><t>x</t></r>"]}), path)
    assert read_book(path).rows() == [("<r><t>x</t></r>",)]


def test_every_type_of_a_list(tmp_path: Path) -> None:
    """Numbers and flags are such where they are exact; the rest is text as in a CSV."""
    frame = pl.DataFrame(
        {
            "n": pl.Series([None, None], dtype=pl.Null),
            "i": [10**15 - 1, -(10**15)],
            "big": pl.Series([2**70, None], dtype=pl.Int128),
            "f": [0.1, float("nan")],
            "inf": [math.inf, -math.inf],
            "f32": pl.Series([0.1, None], dtype=pl.Float32),
            "d": pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(10, 2)),
            "b": [True, False],
            "day": [date(2026, 1, 2), None],
            "e": pl.Series(["=1", None], dtype=pl.Enum(["=1"])),
            "l": [[{"k": 1}], None],
            "empty": ["", None],
            "call_summary": ["=1", "+1"],
            "call_ended_at": pl.Series([datetime(2026, 1, 2, tzinfo=UTC), None]),
        }
    )
    write_frame(frame, tmp_path / "r.xlsx")
    book = fastexcel.read_excel(tmp_path / "r.xlsx")
    assert book.sheet_names == ["results"]
    rows = book.load_sheet(0, dtypes="string").to_polars().rows()
    assert rows == [
        (
            *(None, "999999999999999", "1180591620717411303424", "0.1", "inf", "0.1", "1.50"),
            *("true", "2026-01-02", "=1", '[{"k": 1}]', "", "'=1", "2026-01-02T00:00:00.000Z"),
        ),
        (
            *(None, "-1000000000000000", None, "NaN", "-inf", None, None),
            *("false", None, None, None, None, "+1", None),
        ),
    ]
    typed = book.load_sheet(0).to_polars().schema
    assert {"f32": pl.Float64, "b": pl.Boolean, "d": pl.String} == {
        name: typed[name] for name in ("f32", "b", "d")
    }


def test_excel_safe_neutralises_the_lists_own_cells(tmp_path: Path) -> None:
    """Header and cells, as in a CSV."""
    write_frame(pl.DataFrame({"=a": ["=1"]}), tmp_path / "r.xlsx", excel_safe=True)
    assert read_book(tmp_path / "r.xlsx").to_dicts() == [{"'=a": "'=1"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * MOST_CHARACTERS, "x" * MOST_CHARACTERS),
        ("x" * (MOST_CHARACTERS + 1), "x" * (MOST_CHARACTERS - len(CUT)) + CUT),
        ("é" * MOST_CHARACTERS, "é" * MOST_CHARACTERS),
        ("😀" * MOST_CHARACTERS, "😀" * ((MOST_CHARACTERS - len(CUT)) // 2) + CUT),
    ],
    ids=["just", "one more", "two bytes each", "two units each"],
)
def test_long_texts_are_cut_and_say_so(text: str, expected: str, tmp_path: Path) -> None:
    """A cell holds 32,767 units of UTF-16; no sign is cut in two."""
    assert cut(text) == expected
    write_frame(pl.DataFrame({"a": [text, "short"]}), tmp_path / "r.xlsx")
    assert read_book(tmp_path / "r.xlsx")["a"].to_list() == [expected, "short"]


@pytest.mark.parametrize(
    "phones",
    [
        pl.Series(["+14155550100", "=+14155550101", "'+14155550102", "(415) 555-0103"]),
        pl.Series([14155550100, 14155550101, 14155550102, None]),
        pl.Series([14155550100.0, 14155550101.0, None, 4155550103.5]),
    ],
    ids=["text", "whole", "float"],
)
def test_results_are_a_list_again(phones: pl.Series, tmp_path: Path) -> None:
    """The phone column comes back as it was: every row has the number and the reason it had."""
    frame = pl.DataFrame({"phone": phones, "name": ["a", "b", "c", "d"]})
    results = frame.with_columns(pl.lit("answered").alias("call_outcome"))
    write_frame(results, tmp_path / "r.xlsx")
    before, after = read_list(frame, region="US"), read_list(tmp_path / "r.xlsx", region="US")
    asked = ("to_number", "outcome", "reason")
    assert before.screened.select(asked).rows() == after.screened.select(asked).rows()
    assert after.frame.collect_schema().names() == ["phone", "name"]


def test_order_and_rows_over_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are written batch by batch, all of them and in order; empty ones too."""
    monkeypatch.setattr(workbook, "BATCH_ROWS", 7)
    frame = pl.DataFrame({"n": range(100), "call_outcome": ["pending"] * 100})
    write_frame(frame, tmp_path / "r.xlsx")
    assert read_book(tmp_path / "r.xlsx")["n"].to_list() == [str(n) for n in range(100)]


def test_more_rows_than_a_sheet_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not known before is an output error: no row is left out silently."""
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    write_frame(pl.DataFrame({"n": [1, 2]}), tmp_path / "r.xlsx")
    with pytest.raises(OutputError, match="a sheet holds 2 rows, and there are more"):
        write_frame(pl.DataFrame({"n": [1, 2, 3]}), tmp_path / "r.xlsx")
    assert read_book(tmp_path / "r.xlsx")["n"].to_list() == ["1", "2"]


def test_what_writes_them_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library a target is refused before anything, with what to install."""
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("xlsxwriter"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    require()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"install campaign\[excel\]") as caught:
        check_target(tmp_path / "r.xlsx", inputs=[])
    assert caught.value.exit_code == 78


class Full(BytesIO):
    """A file on a disk that is full."""

    def write(self, data: Any) -> int:
        """Refuse it."""
        raise OSError(28, "No space left on device")


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copies that the library makes go, also where the end cannot be written."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    frame = cells(pl.LazyFrame({"a": ["x"]}), RESULT_COLUMNS, excel_safe=False)
    sink(frame, BytesIO())
    with pytest.raises(OSError, match="No space left on device"):
        sink(frame, Full())
    assert list(tmp_path.iterdir()) == []
