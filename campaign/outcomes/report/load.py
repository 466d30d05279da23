"""A campaign over time: calls live at once, and the pace at which they were started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from campaign.model import AttemptState
from campaign.outcomes.report.facts import Load, Slot
from campaign.policy import caps

MOST_SLOTS = 90
WINDOW_S = 10
"""The pace is that of the busiest so many seconds: an intent is a few milliseconds off its start,
which in a shorter time would look like a broken limit."""

LEAST_S = 5.0
"""What a shorter burst is spread over, for the same reason."""

WIDTHS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 168)),
)
_SECOND = 1_000_000
_UNSENT = [state.value for state in caps.UNMADE]
_LIVE = [AttemptState.SENDING.value, AttemptState.LIVE.value]


def load(
    calls: pl.DataFrame, *, now: datetime, max_live: int | None, per_second: float | None
) -> Load:
    """Return how many calls were live and how fast they were started, slot by slot.

    A call counts as live from its intent to the end that the provider gives, one without an end
    yet until `now`. `per_second` is the limit of each caller number.
    """
    sent = (
        calls.lazy()
        .filter(~pl.col("state").is_in(_UNSENT))
        .select(
            "caller",
            start=pl.col("at").dt.epoch("us"),
            end=pl.when(pl.col("state").is_in(_LIVE))
            .then(pl.lit(now))
            .otherwise("ended_at")
            .dt.epoch("us"),
        )
    )
    spans = sent.with_columns(end=pl.max_horizontal("start", "end")).sort("start").collect()
    callers = max(1, spans["caller"].n_unique())
    width = _width(spans)
    return Load(
        slots=tuple(
            Slot(start=_moment(slot * width), live=live, per_second=pace)
            for slot, live, pace in _measured(spans, width).iter_rows()
        ),
        width=timedelta(microseconds=width),
        max_live=max_live,
        per_second_limit=None if per_second is None else per_second * callers,
        callers=callers,
    )


def _measured(spans: pl.DataFrame, width: int) -> pl.DataFrame:
    """Return `slot`, `live` and `pace`, one row for each slot from the first start to the end."""
    slots = (
        _slots(spans, width)
        .join(_live(spans, width), on="slot", how="left")
        .join(_pace(spans, width), on="slot", how="left")
        .sort("slot")
        .collect()
    )
    return _filled(slots)


def _width(spans: pl.DataFrame) -> int:
    """Return the width of slots in microseconds."""
    first, last = _bounds(spans)
    span_s = (last - first) / _SECOND
    seconds = next((width for width in WIDTHS_S if span_s / width < MOST_SLOTS - 1), None)
    if seconds is None:
        seconds = WIDTHS_S[-1] * (int(span_s / (MOST_SLOTS - 1) / WIDTHS_S[-1]) + 1)
    return seconds * _SECOND


def _slots(spans: pl.DataFrame, width: int) -> pl.LazyFrame:
    first, last = _bounds(spans)
    found = range(first // width, last // width + 1) if spans.height else ()
    return pl.LazyFrame({"slot": pl.Series(found, dtype=pl.Int64)})


def _bounds(spans: pl.DataFrame) -> tuple[int, int]:
    first, last = spans.select(pl.col("start").min(), pl.col("end").max()).fill_null(0).row(0)
    return int(first), int(last)


def _live(spans: pl.DataFrame, width: int) -> pl.LazyFrame:
    """Return the most calls live in each slot, and how many are at its end."""
    begun = spans.lazy().select(at="start", change=pl.lit(1))
    ended = spans.lazy().filter(pl.col("end") > pl.col("start")).select(at="end", change=pl.lit(-1))
    # A call without a length was live for a moment only.
    passed = (
        spans.lazy()
        .filter(pl.col("end") <= pl.col("start"))
        .select(at=pl.col("start") + 1, change=pl.lit(-1))
    )
    return (
        pl.concat([begun, ended, passed])
        .sort("at", "change")
        .with_columns(live=pl.col("change").cum_sum(), slot=pl.col("at") // width)
        .group_by("slot")
        .agg(pl.col("live").max(), pl.col("live").last().alias("after"))
    )


def _pace(spans: pl.DataFrame, width: int) -> pl.LazyFrame:
    """Return the highest pace of starts in each slot, over `WINDOW_S` seconds."""
    span_s = (pl.col("start") - pl.col("from")) / _SECOND
    return (
        spans.lazy()
        .select("start")
        .rolling("start", period=f"{WINDOW_S * _SECOND}i")
        .agg(pl.len().alias("starts"), pl.col("start").min().alias("from"))
        .with_columns(
            slot=pl.col("start") // width,
            pace=pl.when(pl.col("starts") > 1)
            .then((pl.col("starts") - 1) / pl.max_horizontal(span_s, pl.lit(LEAST_S)))
            .otherwise(1.0 / WINDOW_S),
        )
        .group_by("slot")
        .agg(pl.col("pace").max())
    )


def _filled(slots: pl.DataFrame) -> pl.DataFrame:
    """Carry calls over slots in which nothing begins or ends."""
    carried = pl.col("after").forward_fill().shift(1).fill_null(0)
    return slots.with_columns(
        live=pl.max_horizontal(pl.col("live").fill_null(0), carried),
        pace=pl.col("pace").fill_null(0.0),
    ).select("slot", "live", "pace")


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
