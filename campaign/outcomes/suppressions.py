"""Numbers that nobody calls, marked on the rows of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import polars as pl

from campaign.outcomes.chunks import frame_of, slices
from campaign.outcomes.columns import TEXT
from campaign.outcomes.contacts import SLICE


def numbers_of(screened: pl.DataFrame) -> list[str]:
    """Return the distinct numbers of the callable rows, in list order."""
    callable_rows = screened.filter(pl.col("outcome").is_null())
    return callable_rows["to_number"].unique(maintain_order=True).to_list()


def keys_of(screened: pl.DataFrame) -> list[str]:
    """Return the distinct keys of a list's rows, as far as they have one."""
    return screened["key"].drop_nulls().unique(maintain_order=True).to_list()


def not_called(
    screened: pl.DataFrame, holds: Iterable[tuple[str, str]], *, most: int
) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """Return who was not called and why: (holds, skips), each of (key, number, reason).

    `holds` are (key, reason) of callable contacts. Skips are the rows that are not callable, as
    far as they have a number. At most `most` of each.
    """
    reasons = frame_of(holds, {"key": TEXT, "hold": TEXT})

    def held(rows: pl.DataFrame) -> pl.DataFrame:
        callable_rows = rows.filter(pl.col("outcome").is_null())
        found = callable_rows.join(reasons, on="key", maintain_order="left")
        return found.select("key", "to_number", "hold")

    def skipped(rows: pl.DataFrame) -> pl.DataFrame:
        named = pl.col("to_number").is_not_null() & pl.col("key").is_not_null()
        found = rows.filter(pl.col("outcome").is_not_null() & named)
        return found.select("key", "to_number", "reason")

    return _first(most, held, screened), _first(most, skipped, screened)


def _first(
    most: int, choose: Callable[[pl.DataFrame], pl.DataFrame], rows: pl.DataFrame
) -> list[Any]:
    """Return the first rows of what is chosen from all, a slice at a time and no more of them."""
    chosen = (row for some in slices(rows, SLICE) for row in choose(some).head(most).rows())
    return list(islice(chosen, most))
