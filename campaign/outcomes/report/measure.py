"""Small numbers from a frame of calls: who was reached at which attempt, what calls took and cost.

Pure: frames in (`calls.SCHEMA`), facts out; the same calls give the same facts, in any order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from campaign.model import AttemptState, Outcome
from campaign.outcomes.report.facts import Bin, Need, Reason, Spread, Step

ANSWERED = pl.col("outcome") == Outcome.ANSWERED.value
NOT_CALLED = (Outcome.REJECTED.value, Outcome.SUPPRESSED.value, Outcome.PENDING.value)
NEEDS = (Outcome.UNKNOWN.value, Outcome.FAILED.value)

MOST_BINS = 20
SECONDS = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Widths of bins that people count in."""

DOLLARS = tuple(step * 10.0**power for power in range(-4, 4) for step in (1.0, 2.0, 5.0))


def steps(calls: pl.DataFrame) -> tuple[Step, ...]:
    """Return how many calls were a contact's first, second, ..., and how many were answered."""
    counted = (
        calls.lazy()
        .filter("created")
        .group_by("nth")
        .agg(pl.len().alias("calls"), ANSWERED.sum().alias("answered"))
        .sort("nth")
        .collect()
    )
    return tuple(Step(number=n, calls=c, answered=a) for n, c, a in counted.iter_rows())


def spread(values: pl.Series, widths: Sequence[float]) -> Spread:
    """Return how values are distributed, in bins of the narrowest of `widths` that are few.

    What lies above the 99th of a hundred is in the last bin, which is open above.
    """
    values = values.drop_nulls()
    values = values.filter(values.is_finite() & (values >= 0)).sort()
    if not values.len():
        return Spread()
    return Spread(
        bins=_bins(values, widths),
        count=values.len(),
        total=math.fsum(values),
        median=_at(values, 0.5),
        ninetieth=_at(values, 0.9),
        most=values[-1],
    )


def _bins(values: pl.Series, widths: Sequence[float]) -> tuple[Bin, ...]:
    common = _at(values, 0.99)
    width = next((w for w in widths if common / w < MOST_BINS - 1), None)
    width = common / (MOST_BINS - 1) if width is None else width
    # Half of a millionth more, so that what is exactly on a bound is above it.
    places = (values / width + 5e-7).floor().clip(upper_bound=math.floor(common / width) + 1)
    counted = dict(places.cast(pl.Int64).value_counts().iter_rows())
    return tuple(
        Bin(low=n * width, high=(n + 1) * width, count=counted.get(n, 0))
        for n in range(min(counted), max(counted) + 1)
    )


def _at(ordered: pl.Series, share: float) -> float:
    """Return the value that a share of all values does not pass."""
    return float(ordered[max(0, math.ceil(share * ordered.len()) - 1)])


def durations(calls: pl.DataFrame) -> Spread:
    """Return how many seconds the calls lasted that a person answered."""
    return spread(calls.filter(ANSWERED)["duration_s"], SECONDS)


def costs(calls: pl.DataFrame) -> Spread:
    """Return how many dollars the calls took that have a cost."""
    return spread(calls["cost_usd"], DOLLARS)


def contacts(calls: pl.DataFrame, counted_at: datetime | None) -> tuple[Counter[str], Counter[str]]:
    """Return the contacts by outcome: those whose last attempt was before a moment, and the others.

    Without a moment all of them are before it.
    """
    newer = pl.lit(value=False) if counted_at is None else pl.col("at") >= counted_at
    counted = (
        calls.lazy()
        .filter("last")
        .group_by("outcome", newer.alias("newer"))
        .agg(pl.len())
        .collect()
    )
    found: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for outcome, later, n in counted.iter_rows():
        found[later][outcome] += n
    return found


def reasons(rows: pl.DataFrame, *, most: int) -> tuple[tuple[Reason, ...], int]:
    """Return why rows were not called, the most frequent first, and how many reasons there are.

    `rows` are the `call_…` columns of a list. Beyond `most` they are only counted.
    """
    counted = (
        rows.lazy()
        .filter(pl.col("call_outcome").is_in(NOT_CALLED))
        .group_by("call_outcome", pl.col("call_error").fill_null("").alias("text"))
        .agg(pl.len().alias("rows"))
        .sort(["rows", "call_outcome", "text"], descending=[True, False, False])
        .collect()
    )
    listed = counted.head(most).iter_rows()
    return tuple(Reason(outcome=o, text=t, rows=n) for o, t, n in listed), counted.height


def needs(
    calls: pl.DataFrame, rows: pl.DataFrame | None, *, most: int
) -> tuple[tuple[Need, ...], int]:
    """Return whose calls need a person, unknown ones first, the newest first, and how many.

    Up to `most` of each outcome: a thousand unknown ones hide no failed one.

    `rows` has `key`, `row` (from 0) and `call_outcome` of a list's rows: who is `pending` there
    waits for the next run, and needs nobody.
    """
    found = calls.lazy().filter("last", pl.col("outcome").is_in(NEEDS))
    if rows is not None:
        first = rows.lazy().unique("key", keep="first", maintain_order=True)
        found = found.join(first, on="key", how="left").filter(
            pl.col("call_outcome").ne_missing(Outcome.PENDING.value)
        )
    else:
        found = found.with_columns(row=pl.lit(None, pl.UInt32))
    ordered = (
        found.sort(["outcome", "at", "key"], descending=[True, True, False], maintain_order=True)
        .select("key", "number", "row", "outcome", "attempt", "at", "error", "state")
        .collect()
    )
    listed = ordered.group_by("outcome", maintain_order=True).head(most).select(ordered.columns)
    return tuple(_need(*row) for row in listed.iter_rows()), ordered.height


def _need(  # noqa: PLR0917 - a row of a frame
    key: str,
    number: str,
    row: int | None,
    outcome: str,
    attempt: int,
    at: datetime,
    error: str | None,
    state: str,
) -> Need:
    return Need(
        key=key,
        number=number,
        row=None if row is None else row + 1,
        outcome=outcome,
        attempt=attempt,
        at=at,
        error=error or "",
        kept=state == AttemptState.WITHHELD.value,
    )
