"""Every row of a list gets its verdict: callable, rejected or suppressed, and why.

Reasons read `what: detail`, so that rows can be counted by what is wrong (`heading`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import polars as pl

from campaign.contacts.asking import NOTHING_MORE, Asking, withhold
from campaign.contacts.columns import Columns
from campaign.contacts.duplicates import duplicates_marked
from campaign.contacts.fields import FIELDS, IGNORE_E164, parse_boolean
from campaign.contacts.judging import JudgeRest, judge_cells
from campaign.contacts.marking import OUTCOME, columns_of, marked
from campaign.contacts.phone import NO_NUMBER, NOT_WHOLE, judge_distinct
from campaign.contacts.table import Table
from campaign.contacts.text import as_text
from campaign.contacts.texts import are_plain
from campaign.errors import ListError
from campaign.model import Outcome

MOST_ROWS = 100_000
MOST_CELLS = 400_000
"""Of a batch: what is worked on at once stays small, however wide the list is."""

AT_ONCE = 2
SHOWN = 60
"""Characters of a value that a reason repeats."""

LONGEST_CELL = 131_072
"""Bytes of a value; a longer one is a quote gone wrong or a file put in a cell."""

NUL = "\0"
VERDICT = ("row", "key", "to_number", "outcome", "reason", "normalised")


def screen(
    table: Table,
    columns: Columns,
    *,
    region: str | None,
    judge: JudgeRest = judge_distinct,
    asking: Asking = NOTHING_MORE,
) -> pl.DataFrame:
    """Return one row per row of the list, in order.

    Columns: `row` (UInt32, from 0), `key` and `to_number` (String, null where there is none),
    `outcome` (`OUTCOME`, null for callable), `reason` (String, null for callable),
    `normalised` (Boolean), then what `asking` keeps. `judge` takes the distinct phone texts that
    are not plain numbers, and the region; `asking` has what else is asked of each row.
    """
    names = _asked(columns, plain=table.plain)
    batch_rows = min(MOST_ROWS, MOST_CELLS // len(names) + 1)
    batches = table.batches(batch_rows=batch_rows, names=names)
    judged = _side_by_side(
        lambda batch: _judged(
            batch, columns, _numbers(batch, columns, region, judge), asking, table
        ),
        batches,
    )
    rows = pl.concat(list(judged))
    if rows.height != table.rows:
        raise ListError(
            f"the list {table.name} had {table.rows} rows and now has {rows.height}",
            hint="run again when nobody changes it any more",
        )
    # One name for all of its states: of those before, nothing is kept in memory.
    rows = _damage_told(rows.with_row_index("row"), table.damaged)
    rows = duplicates_marked(rows, "key" if columns.key else "number")
    kept = (name for name in rows.columns if name not in {*VERDICT, "withheld"})
    return withhold(columns_of(rows, (*VERDICT, *kept)), rows["withheld"])


def heading(reason: str) -> str:
    """Return what a reason says without its detail: what rows are counted by."""
    return reason.partition(": ")[0]


def is_as_written(batch: pl.DataFrame, columns: Columns) -> pl.Series:
    """Return which rows of a batch have a number that goes as it is written (Boolean)."""
    name = columns.fields.get(IGNORE_E164)
    if name is None:
        return pl.repeat(value=False, n=batch.height, dtype=pl.Boolean, eager=True)
    return (
        _trimmed(_cells(batch, name))
        .map_elements(_is_true, return_dtype=pl.Boolean)
        .fill_null(value=False)
    )


def _asked(columns: Columns, *, plain: bool) -> tuple[str, ...]:
    """Return the columns that the screening looks at: of plain texts nothing is asked."""
    others = (columns.key, columns.region, columns.consent, columns.consent_date)
    named = (columns.phone, *columns.fields.values(), *filter(None, others))
    return tuple(dict.fromkeys(named if plain else (*named, *columns.variables)))


def _sent(columns: Columns) -> Iterable[str]:
    """Return the columns whose texts must be fit for a prompt, or for being told with the call."""
    return dict.fromkeys([columns.phone, columns.key or columns.phone, *columns.variables])


def _side_by_side(
    work: Callable[[pl.DataFrame], pl.DataFrame], batches: Iterator[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield what `work` makes of each batch, in order; a few are worked on at once, no more."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way: deque[Future[pl.DataFrame]] = deque()
        for batch in batches:
            under_way.append(pool.submit(work, batch))
            if len(under_way) > AT_ONCE:
                yield under_way.popleft().result()
        yield from (future.result() for future in under_way)


def _judged(
    batch: pl.DataFrame,
    columns: Columns,
    numbers: pl.DataFrame,
    asking: Asking,
    table: Table,
) -> pl.DataFrame:
    """Return the rows of one batch as `screen` does; `withheld` is why they are not called."""
    to_number = numbers["to_number"]
    key = _identity(_cells(batch, columns.key)) if columns.key else to_number
    if plain := table.plain or are_plain(map(batch.get_column, _sent(columns))):
        asking = asking.of_plain()
    cleaned = asking.cleaned(batch)
    reasons = [
        numbers["reason"],
        *_problems(cleaned, columns, clean=table.clean, plain=plain),
        *asking.problems(cleaned, to_number),
    ]
    reason = pl.select(reason=pl.coalesce(reasons)).to_series()
    rejected = pl.when(reason.is_not_null()).then(pl.lit(Outcome.REJECTED.value, OUTCOME))
    return pl.DataFrame(
        [
            key.alias("key"),
            to_number,
            pl.select(outcome=rejected).to_series(),
            reason,
            numbers["normalised"],
            asking.withheld(batch).alias("withheld"),
            *asking.kept(cleaned),
        ]
    )


def _numbers(
    batch: pl.DataFrame, columns: Columns, region: str | None, judge: JudgeRest
) -> pl.DataFrame:
    """Return `to_number`, `reason` and `normalised` as far as the phone column decides."""
    cells = _cells(batch, columns.phone)
    judged = judge_cells(cells, region, rest=judge).with_columns(cells)
    number, reason = pl.col("to_number"), pl.col("reason")
    column = batch[columns.phone]
    if column.dtype.is_float() or column.dtype.is_decimal():
        judged = judged.with_columns(_not_whole(column))
        number = pl.when(~pl.col("not_whole")).then(number)
        reason = pl.when("not_whole").then(pl.lit(NOT_WHOLE)).otherwise(reason)
    if IGNORE_E164 in columns.fields:
        judged = judged.with_columns(is_as_written(batch, columns).alias("as_written"))
        blank = pl.col("text").str.strip_chars().fill_null("") == ""
        number = pl.when("as_written").then(pl.when(~blank).then("text")).otherwise(number)
        none = pl.when(blank).then(pl.lit(NO_NUMBER))
        reason = pl.when("as_written").then(none).otherwise(reason)
    return judged.select(
        to_number=number,
        reason=reason,
        normalised=(number != pl.col("text")).fill_null(value=False),
    )


def _not_whole(column: pl.Series) -> pl.Series:
    """Return which values are numbers with a fraction, which no telephone has."""
    fraction = column.cast(pl.Float64).fill_nan(None) % 1 != 0
    return fraction.fill_null(value=False).alias("not_whole")


def _problems(
    batch: pl.DataFrame, columns: Columns, *, clean: bool, plain: bool
) -> Iterator[pl.Series]:
    """Yield, for everything else that can be wrong, a reason for each row or null.

    `clean` and `plain` are as in `Table`, the latter of this batch.
    """
    if columns.key:
        no_key = _trimmed(_cells(batch, columns.key)).is_null()
        yield _told(no_key, f"no key: the column {columns.key!r} is empty")
    for field, name in columns.fields.items():
        yield from _field_problems(_cells(batch, name), name, FIELDS[field].parse)
    if plain:
        return
    for name in _sent(columns):
        texts = _cells(batch, name)
        if not clean:
            with_nul = texts.str.contains(NUL, literal=True)
            yield _told(with_nul, f"a NUL character: in the column {name!r}")
        sizes = texts.str.len_bytes()
        if sizes.gt(LONGEST_CELL).any():
            too_long = f"over {LONGEST_CELL:,} bytes in a cell: in the column {name!r}"
            yield _told(sizes > LONGEST_CELL, too_long)


def _field_problems(
    texts: pl.Series, name: str, parse: Callable[[str], Any]
) -> Iterator[pl.Series]:
    """Yield the reason for each text that `parse` refuses; every distinct text is tried once."""
    refused: dict[str, str] = {}
    for text in texts.drop_nulls().unique().to_list():
        try:
            if written := text.strip():
                parse(written)
        except ValueError as error:
            refused[text] = f"{name} {error}: {_shortened(written)!r}"
    if refused:
        yield texts.replace_strict(refused, default=None, return_dtype=pl.String)


def _damage_told(rows: pl.DataFrame, damaged: pl.DataFrame) -> pl.DataFrame:
    """Give rows that could not be told apart into cells the reason they were read with."""
    return marked(rows, damaged, Outcome.REJECTED, over=True)


def _told(where: pl.Series, reason: str) -> pl.Series:
    return pl.select(pl.when(where).then(pl.lit(reason))).to_series()


def _cells(batch: pl.DataFrame, name: str) -> pl.Series:
    """Return a column as text, under a name that is no pattern."""
    column = batch[name].alias("text")
    return column if column.dtype == pl.String else as_text(column)


def _trimmed(texts: pl.Series) -> pl.Series:
    return texts.str.strip_chars().replace("", None)


def _identity(texts: pl.Series) -> pl.Series:
    """Return keys as they are compared: what looks alike to whoever edits the list is one key.

    A blank that an export leaves behind, or an accent that another program writes as a letter and
    a mark, must not make a new contact of one that was called.
    """
    trimmed = _trimmed(texts)
    if (trimmed.str.len_bytes() == trimmed.str.len_chars()).all():
        return trimmed  # ASCII, of which there is one form: normalising takes longer than the rest
    return trimmed.str.normalize("NFC")


def _is_true(text: str) -> bool:
    try:
        return parse_boolean(text)
    except ValueError:
        return False


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
