"""Rows whose key an earlier row has: found among tens of millions with little memory."""

from __future__ import annotations

import polars as pl

from campaign.model import Outcome

PARTS = 4
"""In so many parts the hashes of a list are put in order, so that they take little memory."""

HALF = 2**32 - 1
"""The bits of a hash that are kept."""

AT_ONCE = 1_000_000
"""Keys that are hashed at once: few enough for whole hashes to take little memory."""


def duplicates_marked(rows: pl.DataFrame, what: str) -> pl.DataFrame:
    """Suppress callable rows whose key a callable row before them has."""
    good = _alike(rows)
    again = good.filter(~pl.col("key").is_first_distinct())
    firsts = (
        good.join(again.select("key").unique(), on="key", how="semi")
        .group_by("key")
        .agg(first=pl.col("row").min())
    )
    told = again.join(firsts, on="key", how="left").select(
        "row", again=pl.format(f"duplicate: same {what} as row {{}}", pl.col("first") + 1)
    )
    if told.is_empty():
        return rows
    suppressed = pl.when(pl.col("again").is_not_null()).then(pl.lit(Outcome.SUPPRESSED.value))
    return (
        rows.join(told, on="row", how="left", maintain_order="left")
        .with_columns(
            outcome=pl.coalesce("outcome", suppressed), reason=pl.coalesce("reason", "again")
        )
        .drop("again")
    )


def _alike(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `key` of at least those callable rows whose key another such row has."""
    hashes, called = _hashes(rows["key"]), rows["outcome"].is_null()
    own = hashes if called.all() else hashes.filter(called)
    twice = pl.concat([_twice(own, part) for part in range(PARTS)])
    alike = rows.select("row", "key")
    if twice.is_empty():
        return alike.clear()
    return alike.filter(called & hashes.is_in(twice.implode()))


def _hashes(keys: pl.Series) -> pl.Series:
    """Return half a hash of each key: enough to leave few keys to be compared, and half as big."""
    parts = (keys.slice(at, AT_ONCE) for at in range(0, keys.len(), AT_ONCE))
    hashes = ((part.hash() & HALF).cast(pl.UInt32) for part in parts)
    return pl.concat([pl.Series(dtype=pl.UInt32), *hashes])


def _twice(hashes: pl.Series, part: int) -> pl.Series:
    """Return the hashes of one part of all of them that are there more than once."""
    first, last = ((HALF + 1) * at // PARTS for at in (part, part + 1))
    in_order = hashes.filter(hashes.is_between(first, last - 1)).sort()
    return in_order.filter(in_order == in_order.shift()).unique()
