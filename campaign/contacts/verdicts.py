"""Every row of a list gets its verdict: callable, rejected or suppressed, and why.

Reasons read `what: detail`, so that rows can be counted by what is wrong (`heading`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from campaign.contacts.asking import NOTHING_MORE, Asking, withhold
from campaign.contacts.columns import Columns
from campaign.contacts.fields import FIELDS, IGNORE_E164, parse_boolean
from campaign.contacts.phone import NO_NUMBER, judge_distinct
from campaign.contacts.table import Table
from campaign.contacts.text import as_text
from campaign.errors import ListError
from campaign.model import Outcome

BATCH_ROWS = 50_000
SHOWN = 60
"""Characters of a value that a reason repeats."""

NUL = "\0"

Judge = Callable[[pl.Series, str | None], pl.DataFrame]


def screen(
    table: Table,
    columns: Columns,
    *,
    region: str | None,
    judge: Judge = judge_distinct,
    asking: Asking = NOTHING_MORE,
) -> pl.DataFrame:
    """Return one row per row of the list, in order.

    Columns: `row` (UInt32, from 0), `key` and `to_number` (String, null where there is none),
    `outcome` (`rejected`, `suppressed`, null for callable), `reason` (String, null for callable).
    `judge` takes the distinct phone texts of a batch, and the region; `asking` has what else is
    asked of each row.
    """
    batches = table.batches(batch_rows=BATCH_ROWS)
    rows = pl.concat([_judged(batch, columns, region, judge, asking) for batch in batches])
    if rows.height != table.rows:
        raise ListError(
            f"the list {table.name} had {table.rows} rows and now has {rows.height}",
            hint="run again when nobody changes it any more",
        )
    rejected = pl.when(pl.col("reason").is_not_null()).then(pl.lit(Outcome.REJECTED.value))
    marked = _duplicates_marked(
        rows.with_columns(outcome=rejected)
        .with_row_index("row")
        .with_columns(pl.col("row").cast(pl.UInt32)),
        "key" if columns.key else "number",
    )
    return withhold(marked, rows["withheld"])


def heading(reason: str) -> str:
    """Return what a reason says without its detail: what rows are counted by."""
    return reason.partition(": ")[0]


def is_as_written(batch: pl.DataFrame, columns: Columns) -> pl.Series:
    """Return which rows of a batch have a number that goes as it is written (Boolean)."""
    name = columns.fields.get(IGNORE_E164)
    if name is None:
        return pl.repeat(value=False, n=batch.height, dtype=pl.Boolean, eager=True)
    return (
        _trimmed(batch[name]).map_elements(_is_true, return_dtype=pl.Boolean).fill_null(value=False)
    )


def _judged(
    batch: pl.DataFrame, columns: Columns, region: str | None, judge: Judge, asking: Asking
) -> pl.DataFrame:
    """Return `key`, `to_number`, `reason` and `withheld` of the rows of one batch."""
    numbers = _numbers(batch, columns, region, judge)
    to_number = numbers["to_number"]
    key = as_text(batch[columns.key]) if columns.key else to_number
    cleaned = asking.cleaned(batch)
    reasons = [
        numbers["reason"],
        *_problems(cleaned, columns),
        *asking.problems(cleaned, to_number),
    ]
    return pl.DataFrame(
        [
            _blank_is_null(key).alias("key"),
            to_number,
            pl.select(pl.coalesce(reasons)).to_series().alias("reason"),
            asking.withheld(batch).alias("withheld"),
        ]
    )


def _numbers(
    batch: pl.DataFrame, columns: Columns, region: str | None, judge: Judge
) -> pl.DataFrame:
    """Return `to_number` and `reason` as far as the phone column decides."""
    cells = as_text(batch[columns.phone]).alias("text").to_frame()
    as_written = cells.with_columns(is_as_written(batch, columns).alias("as_written"))
    verdicts = judge(as_written.filter(~pl.col("as_written"))["text"].unique(), region)
    blank = pl.col("text").str.strip_chars().fill_null("") == ""
    return (
        as_written.join(verdicts, on="text", how="left", nulls_equal=True, maintain_order="left")
        .with_columns(
            to_number=pl.when("as_written")
            .then(pl.when(~blank).then("text"))
            .otherwise("to_number"),
            reason=pl.when("as_written")
            .then(pl.when(blank).then(pl.lit(NO_NUMBER)))
            .otherwise("reason"),
        )
        .select("to_number", "reason")
    )


def _problems(batch: pl.DataFrame, columns: Columns) -> Iterator[pl.Series]:
    """Yield, for everything else that can be wrong, a reason for each row or null."""
    if columns.key:
        no_key = _blank_is_null(as_text(batch[columns.key])).is_null()
        yield _told(no_key, f"no key: the column {columns.key!r} is empty")
    for field, name in columns.fields.items():
        yield _field_problems(_trimmed(batch[name]), name, FIELDS[field].parse)
    for name in dict.fromkeys([columns.phone, columns.key or columns.phone, *columns.variables]):
        with_nul = as_text(batch[name]).str.contains(NUL, literal=True)
        yield _told(with_nul, f"a NUL character: in the column {name!r}")


def _field_problems(texts: pl.Series, name: str, parse: Callable[[str], Any]) -> pl.Series:
    """Return the reason for each text that `parse` refuses; every distinct text is tried once."""
    refused: dict[str, str] = {}
    for text in texts.drop_nulls().unique().to_list():
        try:
            parse(text)
        except ValueError as error:
            refused[text] = f"{name} {error}: {_shortened(text)!r}"
    return texts.replace_strict(refused, default=None, return_dtype=pl.String)


def _duplicates_marked(rows: pl.DataFrame, what: str) -> pl.DataFrame:
    """Suppress callable rows whose key a callable row before them has."""
    good = rows.filter(pl.col("outcome").is_null()).select("row", "key")
    first = good.filter(pl.col("key").is_first_distinct()).rename({"row": "first"})
    again = (
        good.filter(~pl.col("key").is_first_distinct())
        .join(first, on="key", how="left")
        .select(
            "row",
            again=pl.format(f"duplicate: same {what} as row {{}}", pl.col("first") + 1),
        )
    )
    suppressed = pl.when(pl.col("again").is_not_null()).then(pl.lit(Outcome.SUPPRESSED.value))
    return rows.join(again, on="row", how="left", maintain_order="left").select(
        "row",
        "key",
        "to_number",
        outcome=pl.coalesce("outcome", suppressed),
        reason=pl.coalesce("reason", "again"),
    )


def _told(where: pl.Series, reason: str) -> pl.Series:
    return pl.select(pl.when(where).then(pl.lit(reason))).to_series()


def _trimmed(column: pl.Series) -> pl.Series:
    return as_text(column).str.strip_chars().replace("", None)


def _blank_is_null(texts: pl.Series) -> pl.Series:
    return pl.select(pl.when(texts.str.strip_chars() != "").then(texts)).to_series()


def _is_true(text: str) -> bool:
    try:
        return parse_boolean(text)
    except ValueError:
        return False


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
