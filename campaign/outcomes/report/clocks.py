"""When people answer, on their own clocks.

Numbers of one block, all but the last four digits alike, lie in the same place: that is as fine as
anything that is known of numbers. So a million calls need no million look-ups, and their quarter
hours are counted before any clock is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from campaign.model import Outcome
from campaign.outcomes.columns import FORGOTTEN, TEXT
from campaign.outcomes.report.facts import Clocks, Hour
from campaign.outcomes.report.measure import ANSWERED

LAST_DIGITS = 4
QUARTER_S = 900
"""No clock is ahead of another by less than a quarter of an hour."""

Zones = tuple[str, ...]
Locate = Callable[[str, str | None, str | None], Zones]
"""Of a number, and what the list says of its place: a time zone, a region."""

PLACES = {"key": TEXT, "zone": TEXT, "region": TEXT}
NOWHERE = pl.DataFrame(schema=PLACES)

PLACE = ("block", "zone", "region")
NUMBER = pl.col("number")


def clocks(calls: pl.DataFrame, locate: Locate, told: pl.DataFrame = NOWHERE) -> Clocks:
    """Return calls by hour and weekday where their contacts are.

    `locate` tells the time zones in which a contact may be, `told` what the list says of contacts,
    with `PLACES` and each key once. A call counts where all zones show the same hour; others, and
    those of numbers that were forgotten, are left out.
    """
    block = pl.when(~NUMBER.str.starts_with(FORGOTTEN)).then(
        NUMBER.str.slice(0, NUMBER.str.len_chars() - LAST_DIGITS)
    )
    counted = (
        calls.lazy()
        .filter("created")
        .join(told.lazy(), on="key", how="left")
        .with_columns(block=block, quarter=pl.col("at").dt.epoch("s") // QUARTER_S)
        .group_by(*PLACE, "quarter")
        .agg(NUMBER.min(), pl.len().alias("calls"), ANSWERED.sum().alias("answered"))
        .collect()
    )
    found, zoned = _located(counted, locate)
    cells: Counter[tuple[int, int]] = Counter()
    answered: Counter[tuple[int, int]] = Counter()
    left_out = 0
    for place, quarter, calls_then, answered_then in zoned.iter_rows():
        hour = _hour(found[place], quarter)
        if hour is None:
            left_out += calls_then
        else:
            cells[hour] += calls_then
            answered[hour] += answered_then
    return Clocks(hours=tuple(_hours(cells, answered)), left_out=left_out)


def by_key(screened: pl.DataFrame, places: pl.DataFrame | None) -> pl.DataFrame:
    """Return `PLACES` of a screened list; `places` has `zone` and `region` of its rows."""
    if places is None:
        return NOWHERE
    called = pl.col("outcome").ne_missing(Outcome.REJECTED.value) & pl.col("key").is_not_null()
    return (
        screened.lazy()
        .select("key", "outcome")
        .with_columns(places["zone"], places["region"])
        .filter(called)
        .unique("key", keep="first", maintain_order=True)
        .select(list(PLACES))
        .collect()
    )


def _located(counted: pl.DataFrame, locate: Locate) -> tuple[list[Zones], pl.DataFrame]:
    """Return the places there are, and the counts by index of place and quarter."""
    known = counted.filter(pl.col("block").is_not_null()).group_by(PLACE).agg(NUMBER.min())
    places: dict[Zones, int] = {(): 0}
    rows = known.select("number", "zone", "region").iter_rows()
    index = [places.setdefault(locate(*row), len(places)) for row in rows]
    indexed = known.select(PLACE).with_columns(place=pl.Series(index, dtype=pl.Int64))
    zoned = (
        counted.lazy()
        .join(indexed.lazy(), on=PLACE, how="left", nulls_equal=True)
        .group_by(pl.col("place").fill_null(0), "quarter")
        .agg(pl.col("calls").sum(), pl.col("answered").sum())
        .sort("place", "quarter")
        .collect()
    )
    return list(places), zoned


def _hour(zones: Sequence[str], quarter: int) -> tuple[int, int] | None:
    """Return weekday and hour in all of the zones, `None` where they differ or there are none."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=quarter * QUARTER_S)
    there = {(local.weekday(), local.hour) for local in (at.astimezone(ZoneInfo(z)) for z in zones)}
    return there.pop() if len(there) == 1 else None


def _hours(calls: Counter[tuple[int, int]], answered: Counter[tuple[int, int]]) -> Iterator[Hour]:
    for weekday, hour in sorted(calls):
        place = weekday, hour
        yield Hour(weekday=weekday, hour=hour, calls=calls[place], answered=answered[place])
