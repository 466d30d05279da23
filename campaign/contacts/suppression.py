"""Which rows of a list have a number that is not to be called."""

from __future__ import annotations

import polars as pl

from campaign.contacts.asking import withhold
from campaign.contacts.phone import judge_distinct

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
    callable_rows = screened.filter(pl.col("outcome").is_null())
    found = on_list(callable_rows.select("row", "key", "to_number"), numbers, region)
    told = screened.select("row").join(found, on="row", how="left", maintain_order="left")
    return withhold(screened, told["reason"])


def _meant(rows: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """Return `row` and `number` of rows whose number goes as written, as far as it is one."""
    written = rows.filter(~pl.col("to_number").str.contains(E164))
    told = judge_distinct(written["to_number"].unique(), region).drop_nulls("to_number")
    return written.join(
        told.select("text", number="to_number"), left_on="to_number", right_on="text"
    ).select("row", "number")
