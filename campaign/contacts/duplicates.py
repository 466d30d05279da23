"""Rows whose key an earlier row has: found among tens of millions with little memory."""

from __future__ import annotations

import polars as pl

from campaign.contacts.marking import marked, rows_where
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
    text = pl.format(f"duplicate: same {what} as row {{}}", pl.col("first") + 1)
    told = again.join(firsts, on="key", how="left").select("row", reason=text)
    return marked(rows, told, Outcome.SUPPRESSED)


def _alike(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `key` of at least those callable rows whose key another such row has."""
    hashes = _hashes(rows["key"])
    # Of all rows, callable or not: those of which nobody asks are few, and no copy is made.
    twice = pl.concat([_twice(hashes, part) for part in range(PARTS)])
    alike = rows["outcome"].is_null() & hashes.is_in(twice.implode())
    return rows_where(rows, alike, ("row", "key"))


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
