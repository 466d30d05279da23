"""The `call_…` columns: one table, in the order of the results file.

What a row says of a call is what its contact's last attempt says: `call_cost_usd`, the times and
the recording are of that one call, while `call_attempts` counts all calls created. The numbers
dialled and shown (`call_to_number`, `call_from_number`) are there as soon as an attempt is, and
empty before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl

from campaign.model import Attempt, AttemptState, Call, Outcome
from campaign.policy.disposition import of_attempt

TEXT = pl.String()
WHOLE = pl.Int64()
REAL = pl.Float64()
FLAG = pl.Boolean()
TIME = pl.Datetime("us", "UTC")

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode

Cell = Callable[[Attempt], Any]

FORGOTTEN = "forgotten:"
"""How keys and numbers begin that the ledger has forgotten; a keyed hash follows."""

WHY = MappingProxyType(
    {
        AttemptState.SENDING: "the request may be on its way",
        AttemptState.WITHHELD: "the request was not sent",
        AttemptState.REFUSED: "the provider refused this row",
        AttemptState.UNKNOWN: "no answer told whether a call was created",
        AttemptState.DISMISSED: "a person said that no call was made: due again",
    }
)
"""What `call_error` says where the attempt itself has no text, and where it says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the results; `cell` reads it from the last attempt, if it is of one attempt."""

    name: str
    dtype: pl.DataType
    cell: Cell | None


def json_text(value: Mapping[str, Any] | None) -> str | None:
    """Return a mapping as the text of a cell."""
    return None if value is None else _ENCODE(dict(value))


def _of_call(read: Callable[[Call], Any]) -> Cell:
    return lambda attempt: None if attempt.call is None else read(attempt.call)


def _error(attempt: Attempt) -> str | None:
    default = WHY.get(attempt.state)
    return None if default is None else attempt.error or default


def _agent(attempt: Attempt) -> str | None:
    answered = None if attempt.call is None else attempt.call.agent_id
    return answered or attempt.agent_id


def _number(attempt: Attempt) -> str | None:
    return None if attempt.to_number.startswith(FORGOTTEN) else attempt.to_number


def _column(name: str, dtype: pl.DataType, cell: Cell | None) -> Column:
    return Column(name=name, dtype=dtype, cell=cell)


COLUMNS = (
    _column("call_outcome", TEXT, lambda attempt: of_attempt(attempt).value),
    _column("call_id", TEXT, _of_call(lambda call: call.call_id)),
    _column("call_status", TEXT, _of_call(lambda call: call.status)),
    _column("call_to_number", TEXT, _number),
    _column("call_from_number", TEXT, lambda attempt: attempt.from_number),
    _column("call_agent_id", TEXT, _agent),
    _column("call_attempts", WHOLE, None),
    _column("call_disconnection_reason", TEXT, _of_call(lambda call: call.disconnection_reason)),
    _column("call_error", TEXT, _error),
    _column("call_placed_at", TIME, lambda attempt: attempt.placed_at),
    _column("call_started_at", TIME, _of_call(lambda call: call.started_at)),
    _column("call_ended_at", TIME, _of_call(lambda call: call.ended_at)),
    _column("call_duration_s", REAL, _of_call(lambda call: call.duration_s)),
    _column("call_cost_usd", REAL, _of_call(lambda call: call.cost_usd)),
    _column("call_summary", TEXT, _of_call(lambda call: call.summary)),
    _column("call_sentiment", TEXT, _of_call(lambda call: call.sentiment)),
    _column("call_successful", FLAG, _of_call(lambda call: call.successful)),
    _column("call_analysis_json", TEXT, _of_call(lambda call: json_text(call.analysis))),
    _column("call_collected_json", TEXT, _of_call(lambda call: json_text(call.collected))),
    _column("call_recording_url", TEXT, _of_call(lambda call: call.recording_url)),
)

RESULT_COLUMNS: Mapping[str, pl.DataType] = MappingProxyType(
    {column.name: column.dtype for column in COLUMNS}
)
"""Name and type of every `call_…` column, in order."""

OUTCOMES = tuple(outcome.value for outcome in Outcome)
"""The words of `call_outcome`, in the order in which they are counted and shown."""
