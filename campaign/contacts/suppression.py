"""Which rows of a list have a number that is not to be called."""

from __future__ import annotations

import polars as pl

from campaign.contacts.marking import marked, rows_where
from campaign.contacts.phone import judge_distinct
from campaign.model import Outcome

E164 = r"^\+[1-9][0-9]{6,14}$"


def on_list(rows: pl.DataFrame, numbers: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """Return those rows of `row`, `key`, `to_number` that `numbers` has, with the `reason`.

    `numbers` has `number` (E.164) and `reason`; the first reason of a number counts. A row whose
    number goes as it is written is also looked for by what it means in `region`.
    """
    spelled = pl.concat([rows.select("row", number="to_number"), _meant(rows, region)])
    reasons = numbers.select("number", "reason").unique("number", keep="first", maintain_order=True)
    found = spelled.join(reasons, on="number").select("row", "reason")
    return rows.join(
        found.unique("row", keep="first", maintain_order=True),
        on="row",
        maintain_order="left",
    )


def suppressed_by(
    screened: pl.DataFrame, numbers: pl.DataFrame, region: str | None
) -> pl.DataFrame:
    """Return the verdicts of a list with the rows suppressed that `numbers` has."""
    if numbers.is_empty():
        return screened
    number = screened["to_number"]
    asked = number.is_in(numbers["number"].implode()) | ~number.str.contains(E164)
    rows = rows_where(screened, screened["outcome"].is_null() & asked, ("row", "key", "to_number"))
    return marked(screened, on_list(rows, numbers, region), Outcome.SUPPRESSED)


def _meant(rows: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """Return `row` and `number` of rows whose number goes as written, as far as it is one."""
    written = rows.filter(~pl.col("to_number").str.contains(E164))
    told = judge_distinct(written["to_number"].unique(), region).drop_nulls("to_number")
    return written.join(
        told.select("text", number="to_number"), left_on="to_number", right_on="text"
    ).select("row", "number")
