"""Rows that are not called, counted by why, with one row to show for each reason."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl


def not_callable(
    screened: pl.DataFrame, calls: pl.DataFrame, *, besides: str, most: int
) -> Iterator[tuple[int, str | None, str, int]]:
    """Yield (row, number, reason, rows) of up to `most` rows for each reason in `call_error`.

    The most frequent reason comes first; `rows` is how many rows have it, 0 for all but the first
    of them. `calls` are the `call_…` columns of the rows of `screened`, whose first row is 0; the
    reason `besides` is left out.
    """
    rows = pl.concat(
        [screened.select("row", "to_number"), calls.select("call_error")], how="horizontal"
    )
    counted = (
        rows.filter(pl.col("call_error").is_not_null() & (pl.col("call_error") != besides))
        .group_by("call_error", maintain_order=True)
        .agg(pl.col("row").head(most), pl.col("to_number").head(most), pl.len().alias("rows"))
        .sort("rows", descending=True, maintain_order=True)
    )
    for reason, found, numbers, n in counted.iter_rows():
        for row, number in zip(found, numbers, strict=True):
            yield row, number, reason, n if row == found[0] else 0
