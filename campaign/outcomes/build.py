"""What happened to each row of the list: the `call_…` columns, aligned with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from polars.io.plugins import register_io_source

from campaign.model import Attempt
from campaign.outcomes.chunks import ROWS, frame_of, read_ahead, slices
from campaign.outcomes.columns import COLUMNS, FLAG, OUTCOMES, RESULT_COLUMNS, TEXT, TIME, WHOLE
from campaign.outcomes.judged import judged
from campaign.outcomes.shown import ids_of, shown
from campaign.ports import SHOWN, Columns, Snapshot

Frame = pl.DataFrame
"""What the façade calls a frame without importing polars."""

Mask = pl.Series
"""Which rows of a frame are meant (Boolean), as the façade calls it."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calls:
    """What happened to each row of a list: most of it stays in the ledger until it is written.

    `rows` has `call_outcome`, `call_error` and `call_attempts` of each row, in order, and the `id`
    of the attempt that the row shows, null where it shows none. The others of the `call_…` columns
    are read from `snapshot`, as often as `frame` is gone through; `check` is called now and then,
    and ends that by raising.
    """

    rows: pl.DataFrame
    snapshot: Snapshot
    check: Callable[[], None] = lambda: None

    def frame(self) -> pl.LazyFrame:
        """Return the `call_…` columns, one row per row of the list and in its order."""
        return register_io_source(self._batches, schema=dict(RESULT_COLUMNS))

    def _batches(
        self,
        names: list[str] | None,
        predicate: pl.Expr | None,
        most: int | None,
        _: int | None = None,
    ) -> Iterator[pl.DataFrame]:
        rows = self.rows.head(self.rows.height if most is None else most)
        # The ledger is read for the next rows while these are put together, and written.
        for some, ids, columns in read_ahead(self._read(some) for some in slices(rows, ROWS)):
            batch = shown(some, ids, columns)
            meant = batch if predicate is None else batch.filter(predicate)
            yield meant if names is None else meant.select(names)

    def _read(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series, Columns]:
        """Return rows with the ids of the attempts that they show, and the columns of those."""
        self.check()
        ids = ids_of(rows)
        return rows, ids, self.snapshot.those(ids.to_list(), SHOWN) if ids.len() else ()


def compose_outcomes(
    screened: pl.DataFrame, known: pl.DataFrame, *, pending: str, holds: Mapping[str, str]
) -> pl.DataFrame:
    """Return `call_outcome` and `call_error` of every row, as `judged` does.

    `known` has one row for each key that was attempted, with `KNOWN_OUTCOMES`.
    """
    contacts = known.with_columns(id=pl.lit(None, WHOLE))
    rows = judged(screened, contacts, pending=pending, holds=holds)
    return rows.select(pl.col("call_outcome").cast(TEXT), "call_error")


def join(frame: pl.LazyFrame, calls: pl.LazyFrame) -> pl.LazyFrame:
    """Return the list's own columns, then the `call_…` columns, side by side.

    `call_…` columns that the list brought along from earlier results are replaced. A list that
    has not one row per row of `calls` is a `ShapeError` of polars, once collected.
    """
    own = frame.drop(list(RESULT_COLUMNS), strict=False)
    return pl.concat([own, calls], how="horizontal")


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
