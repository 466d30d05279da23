"""Verdicts given to single rows of a long list, of which the rest is left where it is.

A list has tens of millions of rows, and a join or filter of them all is a copy of them all. So
rows are found as positions, and the columns that change are put together piece by piece: a piece
in which nothing is found is the old one.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from campaign.model import Outcome

OUTCOME = pl.Enum([Outcome.REJECTED.value, Outcome.SUPPRESSED.value])
"""What a row may come to before anybody is called."""

PIECE = 200_000
"""Rows that are copied where one of them changes."""


def columns_of(rows: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return some of the columns, which are not copied.

    Each may be in pieces of its own, which a select of polars would put together first.
    """
    return pl.DataFrame([rows[name] for name in names])


def rows_where(rows: pl.DataFrame, where: pl.Series, names: Iterable[str]) -> pl.DataFrame:
    """Return some of the columns of a few of the rows; a filter would copy all columns first."""
    whole = where.rechunk()  # in one piece it is parted as the columns are, and not the other way
    return pl.DataFrame([rows[name].filter(whole) for name in names])


def marked(
    rows: pl.DataFrame, found: pl.DataFrame, outcome: Outcome, *, over: bool = False
) -> pl.DataFrame:
    """Return verdicts with an outcome, and its reason, for the rows of `found` without one.

    `rows` has `outcome` (`OUTCOME`) and `reason`. `found` has `row`, a position in them and none
    twice, and `reason`. With `over`, rows that have another outcome get this one too.
    """
    if found.is_empty():
        return rows
    ordered = found.sort("row")
    starts = range(0, rows.height, PIECE)
    ends = ordered["row"].search_sorted(pl.Series([*starts[1:], rows.height])).to_list()
    pieces = [
        _marked(
            columns_of(rows, ("outcome", "reason")).slice(start, PIECE),
            ordered.slice(begun, end - begun),
            start,
            outcome,
            over=over,
        )
        for start, begun, end in zip(starts, [0, *ends], ends, strict=False)
    ]
    told = pl.concat(pieces)
    return pl.DataFrame(
        [told[name] if name in told.columns else rows[name] for name in rows.columns]
    )


def _marked(
    piece: pl.DataFrame, found: pl.DataFrame, start: int, outcome: Outcome, *, over: bool
) -> pl.DataFrame:
    if found.is_empty():
        return piece
    which = pl.repeat(None, piece.height, dtype=pl.UInt32, eager=True)
    which = which.scatter(found["row"] - start, pl.int_range(found.height, eager=True))
    hit = (pl.col("outcome").is_null() | over) & pl.col("told").is_not_null()
    return piece.with_columns(told=found["reason"].gather(which)).select(
        outcome=pl.when(hit).then(pl.lit(outcome.value, OUTCOME)).otherwise("outcome"),
        reason=pl.when(hit).then("told").otherwise("reason"),
    )
