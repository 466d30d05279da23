"""The `call_…` columns of some rows of the list, read from the attempts that they show."""

from __future__ import annotations

from types import MappingProxyType

import polars as pl

from campaign.outcomes.chunks import frame_of_columns
from campaign.outcomes.columns import FLAG, FORGOTTEN, REAL, RESULT_COLUMNS, TEXT, TIME, WHOLE
from campaign.ports import SHOWN, Columns

_DTYPES = MappingProxyType(
    {
        **dict.fromkeys(SHOWN, TEXT),
        **dict.fromkeys(("placed_at", "started_at", "ended_at"), WHOLE),
        **dict.fromkeys(("duration_s", "cost_usd"), REAL),
        "successful": FLAG,
    }
)


def _of_call(name: str) -> pl.Expr:
    return pl.when(pl.col("call_id").is_not_null()).then(name)


_ANSWERED = pl.when(_of_call("call_agent_id") != "").then("call_agent_id")
_NUMBER = pl.when(~pl.col("to_number").str.starts_with(FORGOTTEN)).then("to_number")
_CELLS: dict[str, pl.Expr] = {
    "call_id": pl.col("call_id"),
    "call_status": _of_call("call_status"),
    "call_to_number": _NUMBER,
    "call_from_number": pl.col("from_number"),
    "call_agent_id": pl.coalesce(_ANSWERED, "agent_id"),
    "call_disconnection_reason": _of_call("disconnection_reason"),
    "call_placed_at": pl.col("placed_at").cast(TIME),
    "call_started_at": _of_call("started_at").cast(TIME),
    "call_ended_at": _of_call("ended_at").cast(TIME),
    "call_duration_s": _of_call("duration_s"),
    "call_cost_usd": _of_call("cost_usd"),
    "call_summary": _of_call("summary"),
    "call_sentiment": _of_call("sentiment"),
    "call_successful": _of_call("successful"),
    "call_analysis_json": _of_call("analysis"),
    "call_collected_json": _of_call("collected"),
    "call_recording_url": _of_call("recording_url"),
}
_NOTHING = pl.DataFrame(schema=dict(_DTYPES)).select(**_CELLS)


def ids_of(rows: pl.DataFrame) -> pl.Series:
    """Return the ids of the attempts that rows with the columns of `Calls.rows` show, in order."""
    return rows["id"].drop_nulls().unique().sort()


def shown(rows: pl.DataFrame, ids: pl.Series, columns: Columns) -> pl.DataFrame:
    """Return the `call_…` columns of rows with the columns that `Calls.rows` has.

    `columns` are `SHOWN` of the attempts with these `ids_of` the rows, nothing where there are
    none.
    """
    own = frame_of_columns(columns, _DTYPES).select(**_CELLS) if ids.len() else _NOTHING
    at = pl.when(rows["id"].is_not_null()).then(ids.search_sorted(rows["id"]))
    spread = own.select(pl.all().gather(rows.select(at.alias("at"))["at"]))
    return pl.concat([rows.drop("id"), spread], how="horizontal").select(
        pl.col(name).cast(dtype) for name, dtype in RESULT_COLUMNS.items()
    )
