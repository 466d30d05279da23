"""Rows by outcome as an Altair chart, for notebooks; the extra `report`."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from campaign.model import Outcome

WIDTH = 400
STEP = 26
"""Pixels from one bar to the next."""

ONCE, OFTEN = "one or none", "more than one"
BLUE, ORANGE, GREY = "#3a86b4", "#c9702f", "#7a828a"
"""Readable on white and on black, and apart for the colour-blind."""


def chart(frame: pl.DataFrame, title: str) -> alt.LayerChart | alt.FacetChart:
    """Return rows by outcome as bars, those with more than one call apart, counts beside them."""
    rows = tally(frame)
    names = list(dict.fromkeys(row["outcome"] for row in rows))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("outcome:N", sort=names, title=None)
    )
    bars = base.mark_bar().encode(
        x=alt.X("sum(rows):Q", title="rows of the list"),
        color=alt.Color(
            "calls:N",
            title="calls to the contact",
            scale=alt.Scale(domain=[ONCE, OFTEN], range=[BLUE, ORANGE]),
            legend=alt.Legend(orient="bottom"),
        ),
        order=alt.Order("calls:N", sort="descending"),
        tooltip=["outcome:N", "calls:N", "rows:Q"],
    )
    counts = base.mark_text(align="left", dx=4, color=GREY).encode(
        x="sum(rows):Q", text=alt.Text("sum(rows):Q", format=",")
    )
    return alt.layer(bars, counts).properties(
        title=title, width=WIDTH, height=STEP * max(len(names), 1)
    )


def tally(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return how many rows have each outcome, in the usual order, after one call and several."""
    order = [outcome.value for outcome in Outcome]
    often = pl.col("call_attempts").fill_null(0) > 1
    calls = pl.when(often).then(pl.lit(OFTEN)).otherwise(pl.lit(ONCE)).alias("calls")
    counted = frame.group_by(pl.col("call_outcome").alias("outcome"), calls).len("rows")
    rows = sorted(
        counted.iter_rows(named=True), key=lambda row: (order.index(row["outcome"]), row["calls"])
    )
    return [{**row, "outcome": row["outcome"].replace("_", " ")} for row in rows]
