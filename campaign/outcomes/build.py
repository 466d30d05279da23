"""What happened to each row of the list: the `call_…` columns, aligned with it.

A row is one of four things, and the order decides:

* `rejected`: says so, whatever happened to the contact before;
* `suppressed`: says so, unless it is the contact's own row (no duplicate of another) and a call
  to the contact was, or may have been, created before its number was suppressed;
* attempted: says what the last attempt came to, unless that attempt created nothing and is to be
  sent again (it is withheld, and a hold names the contact), which is `pending`;
* never attempted: `pending`, with the contact's own hold or the run's reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from campaign.model import Attempt, Outcome
from campaign.outcomes.chunks import frame_of
from campaign.outcomes.columns import COLUMNS, FLAG, OUTCOMES, RESULT_COLUMNS, TEXT, TIME, WHOLE
from campaign.outcomes.contacts import known_at_length
from campaign.ports import Columns

Frame = pl.DataFrame
"""What the façade calls a frame without importing polars."""

DUPLICATE = "duplicate"
"""How the reason of a row begins that repeats the key of an earlier one."""

_CELLS = tuple((c.name, c.dtype, c.cell) for c in COLUMNS if c.cell is not None)
_CALL = {name: dtype for name, dtype, _ in _CELLS}
KNOWN_OUTCOMES: Mapping[str, pl.DataType] = {
    "key": TEXT,
    "call_attempts": WHOLE,
    "withheld": FLAG,
    "call_outcome": TEXT,
    "call_error": TEXT,
}
"""What of a contact's attempts tells what its row came to: calls created, and of its last one."""

_ATTEMPT = {
    "campaign": TEXT,
    "contact_key": TEXT,
    "attempt": WHOLE,
    "attempt_id": TEXT,
    "state": TEXT,
    "sends": WHOLE,
    "intent_at": TIME,
} | _CALL

ATTEMPT_COLUMNS: Mapping[str, pl.DataType] = _ATTEMPT
"""Name and type of every column of the attempts file: the attempt, then what its call came to."""


def compose(
    screened: pl.DataFrame,
    tries: Iterable[Columns],
    *,
    pending: str,
    holds: Mapping[str, str],
) -> pl.DataFrame:
    """Return the `call_…` columns, one row per row of `screened` and in its order.

    `screened` has `key`, `outcome` (`rejected`, `suppressed` or null) and `reason`. `pending` is
    why contacts were not called, `holds` the reason of single keys. `tries` are
    batches of attempts (`TRIED`); those whose keys are not on the list are left out.
    """
    return _composed(screened, known_at_length(tries), RESULT_COLUMNS, pending=pending, holds=holds)


def compose_outcomes(
    screened: pl.DataFrame, known: pl.DataFrame, *, pending: str, holds: Mapping[str, str]
) -> pl.DataFrame:
    """Return `call_outcome` and `call_error` of every row, as `compose` would.

    `known` has one row for each key that was attempted, with `KNOWN_OUTCOMES`.
    """
    names = {name: RESULT_COLUMNS[name] for name in ("call_outcome", "call_error")}
    return _composed(screened, known, names, pending=pending, holds=holds)


def join(frame: pl.LazyFrame, calls: pl.DataFrame) -> pl.LazyFrame:
    """Return the list's own columns, then the `call_…` columns, side by side.

    `call_…` columns that the list brought along from earlier results are replaced. A list that
    has not one row per row of `calls` is a `ShapeError` of polars, once collected.
    """
    own = frame.drop(list(RESULT_COLUMNS), strict=False)
    return pl.concat([own, calls.lazy()], how="horizontal")


def count(calls: pl.DataFrame) -> dict[str, int]:
    """Return how many rows have which outcome, without zeros; the numbers sum to the rows."""
    found = dict(calls.get_column("call_outcome").value_counts().iter_rows())
    return {outcome: found[outcome] for outcome in OUTCOMES if outcome in found}


def reasons(calls: pl.DataFrame) -> dict[str, int]:
    """Return how many rows give which reason in `call_error`, the most frequent first."""
    told = calls.get_column("call_error").drop_nulls()
    return dict(told.value_counts().sort(["count", "call_error"], descending=[True, False]).rows())


def attempts_frame(attempts: Iterable[Attempt]) -> pl.DataFrame:
    """Return one row per attempt, in the order given, with `ATTEMPT_COLUMNS`."""
    rows = (
        (
            attempt.campaign,
            attempt.contact_key,
            attempt.attempt,
            attempt.attempt_id,
            attempt.state.value,
            attempt.sends,
            attempt.intent_at,
            *_cells(attempt),
        )
        for attempt in attempts
    )
    return frame_of(rows, ATTEMPT_COLUMNS)


def _cells(attempt: Attempt) -> list[object]:
    return [cell(attempt) for _, _, cell in _CELLS]


def _composed(
    screened: pl.DataFrame,
    known: pl.DataFrame,
    names: Mapping[str, pl.DataType],
    *,
    pending: str,
    holds: Mapping[str, str],
) -> pl.DataFrame:
    held = pl.DataFrame(
        {"key": list(holds.keys()), "hold": list(holds.values())},
        schema={"key": TEXT, "hold": TEXT},
    )
    rows = (
        screened.lazy()
        .select("key", "outcome", "reason")
        .join(known.lazy(), on="key", how="left", maintain_order="left")
        .join(held.lazy(), on="key", how="left", maintain_order="left")
    )
    return rows.with_columns(called=_called()).select(_row(names, pending)).collect()


def _called() -> pl.Expr:
    """Whether the row shows its contact's call."""
    attempted = pl.col("call_outcome").is_not_null()
    again = pl.col("withheld") & pl.col("hold").is_not_null()
    created = (pl.col("call_attempts") > 0) | (pl.col("call_outcome") != Outcome.FAILED.value)
    rejected = pl.col("outcome").eq_missing(Outcome.REJECTED.value)
    first = pl.when(~rejected).then("key").is_first_distinct()
    own = first & ~pl.col("reason").fill_null("").str.starts_with(DUPLICATE)
    return (
        pl.when(pl.col("outcome").is_null())
        .then(attempted & ~again)
        .otherwise(attempted & ~rejected & created & own)
        .fill_null(value=False)
    )


def _row(names: Mapping[str, pl.DataType], pending: str) -> list[pl.Expr]:
    waiting = pl.coalesce("hold", pl.lit(pending, TEXT))
    verdict = pl.col("outcome")
    other = {
        "call_outcome": verdict.fill_null(Outcome.PENDING.value),
        "call_error": pl.when(verdict.is_null()).then(waiting).otherwise("reason"),
        "call_attempts": pl.when(verdict.is_null()).then("call_attempts").fill_null(0),
    }
    return [
        pl.when("called").then(name).otherwise(other.get(name)).cast(dtype).alias(name)
        for name, dtype in names.items()
    ]
