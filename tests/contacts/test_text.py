"""Typed values say what a CSV of them would say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from campaign.contacts.text import as_text, as_texts

NAIVE = datetime.fromisoformat("2026-01-02T03:04:05")
BERLIN = pl.Series([NAIVE]).dt.replace_time_zone("Europe/Berlin")
AWARE = datetime(2026, 7, 2, 3, 4, 5, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pl.Series(["007", " x ", "", None]), ["007", " x ", None, None]),
        (pl.Series([3, -4, None]), ["3", "-4", None]),
        (pl.Series([3.0, 3.5, -0.0, 14155550101.0]), ["3", "3.5", "0", "14155550101"]),
        (pl.Series([0.1, float("nan"), None, float("inf")]), ["0.1", None, None, "inf"]),
        (pl.Series([1e-7, 1e20, -1.5e-9]), ["0.0000001", "1" + "0" * 20, "-0.0000000015"]),
        (pl.Series([0.1, 3.0], dtype=pl.Float32), ["0.1", "3"]),
        (pl.Series([True, False, None]), ["true", "false", None]),
        (pl.Series([Decimal("12.50"), Decimal(3)]), ["12.50", "3.00"]),
        (pl.Series([date(2026, 1, 2)]), ["2026-01-02"]),
        (pl.Series([NAIVE]), ["2026-01-02T03:04:05"]),
        (pl.Series([NAIVE + timedelta(milliseconds=1)]), ["2026-01-02T03:04:05.001"]),
        (BERLIN, ["2026-01-02T03:04:05+01:00"]),
        (pl.Series([AWARE]), ["2026-07-02T03:04:05.250+00:00"]),
        (pl.Series([time(1, 2, 3), time(1, 2, 3, 5000)]), ["01:02:03", "01:02:03.005"]),
        (pl.Series([timedelta(days=1, seconds=3)]), ["P1DT3S"]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series(["a"], dtype=pl.Enum(["a"])), ["a"]),
        (pl.Series([None, None]), [None, None]),
        (pl.Series([["ü", None], None]), ['["ü", null]', None]),
        (pl.Series([{"a": 1, "b": [1.5]}, None]), ['{"a": 1, "b": [1.5]}', None]),
        (
            pl.Series([{"on": date(2026, 1, 2), "for": timedelta(hours=1)}]),
            ['{"on": "2026-01-02", "for": "1:00:00"}'],
        ),
    ],
)
def test_text_of(column: pl.Series, expected: list[str | None]) -> None:
    """Each type has one plain text; null, NaN and the empty text have none."""
    assert as_text(column).to_list() == expected
    assert as_text(column).dtype == pl.String


def test_frame_keeps_names_and_rows() -> None:
    """A frame as texts has the same columns and rows."""
    frame = pl.DataFrame({"b": [1, 2], "a": [None, 2.5]})
    assert as_texts(frame).to_dict(as_series=False) == {"b": ["1", "2"], "a": [None, "2.5"]}
