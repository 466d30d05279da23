"""What is known of each contact that was attempted, put together from its attempts.

A ledger hands attempts on as they lie, in batches; of a contact the calls are counted, and its
last attempt tells the rest: a withheld one only where there is no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import polars as pl

from campaign.model import AttemptState, Outcome
from campaign.outcomes.chunks import frame_of_columns
from campaign.outcomes.columns import FLAG, FORGOTTEN, REAL, TEXT, TIME, WHOLE, WHY, json_text
from campaign.policy import lifecycle, redial
from campaign.ports import STANDING, TRIED, Columns

_DTYPES = MappingProxyType(
    {
        **dict.fromkeys(TRIED, TEXT),
        **dict.fromkeys(("attempt", "placed_at", "started_at", "ended_at"), WHOLE),
        **dict.fromkeys(("duration_s", "cost_usd"), REAL),
        "successful": FLAG,
    }
)
_MAPPINGS = ("analysis", "collected")
_WORDS = (
    "call_outcome",
    "call_error",
    "call_status",
    "call_from_number",
    "call_agent_id",
    "call_disconnection_reason",
    "call_sentiment",
)
"""Columns of few different texts, which are held once each as long as there is one per attempt."""

_STATE = pl.col("state")
_REASON = pl.col("disconnection_reason").fill_null("")
_WITHHELD = _STATE.eq(AttemptState.WITHHELD.value)
_LOWER = 2**63 - 1
"""By so much less than its number is a withheld attempt's rank."""

_DEFAULTS = {state.value: text for state, text in WHY.items()}
_CREATED = _STATE.is_in(sorted(lifecycle.CREATED))
_UNREACHED = _CREATED & _REASON.is_in(sorted(redial.UNREACHED))
_MACHINE = (pl.col("outcome") == Outcome.VOICEMAIL.value) & _REASON.is_in(sorted(redial.MACHINES))
_ENDED = _STATE.eq(AttemptState.ENDED.value)
_FINAL = _STATE.is_in(sorted(redial.FINAL)) | (
    _ENDED & ~_REASON.is_in(sorted(redial.REASONS)) & ~_MACHINE
)
"""`redial.is_final`."""


def _error() -> pl.Expr:
    default = _STATE.replace_strict(_DEFAULTS, default=None, return_dtype=TEXT)
    own = pl.when(pl.col("error") != "").then("error")
    return pl.when(default.is_not_null()).then(pl.coalesce(own, default))


def _of_call(name: str) -> pl.Expr:
    return pl.when(pl.col("call_id").is_not_null()).then(name)


_VERDICT: dict[str, pl.Expr] = {
    "key": pl.col("contact_key"),
    "rank": pl.col("attempt") - pl.when(_WITHHELD).then(_LOWER).otherwise(0),
    "call_attempts": _CREATED.cast(pl.Int32),
    "withheld": _WITHHELD,
    "call_outcome": pl.col("outcome"),
    "call_error": _error(),
}
_USE: dict[str, pl.Expr] = {"unreached": _UNREACHED.cast(pl.Int32), "final": _FINAL.cast(pl.Int32)}
_ANSWERED = pl.when(_of_call("call_agent_id") != "").then("call_agent_id")
_NUMBER = pl.when(~pl.col("to_number").str.starts_with(FORGOTTEN)).then("to_number")
_SHOWN: dict[str, pl.Expr] = {
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


def known_in_numbers(tries: Iterable[Columns]) -> pl.DataFrame:
    """Return one row for each key, with `KNOWN_OUTCOMES`, and how many calls are `used` up.

    `used` is null where no call may follow. `tries` are batches of `STANDING`.
    """
    own = _VERDICT | _USE
    known = _one_each(tries, STANDING, own, counts=("call_attempts", *_USE))
    used = pl.when(pl.col("final") == 0).then(pl.col("call_attempts") - pl.col("unreached"))
    return known.with_columns(used=used.cast(WHOLE)).drop(_USE)


def known_at_length(tries: Iterable[Columns]) -> pl.DataFrame:
    """Return one row for each key, with the `call_…` columns and whether it is `withheld`.

    `tries` are batches of `TRIED`.
    """
    return _one_each(tries, TRIED, _VERDICT | _SHOWN, counts=("call_attempts",))


def _one_each(
    tries: Iterable[Columns],
    names: Sequence[str],
    own: Mapping[str, pl.Expr],
    *,
    counts: Sequence[str],
) -> pl.DataFrame:
    schema = {name: _DTYPES[name] for name in names}
    words = [name for name in _WORDS if name in own]
    lean = (pl.col(words).cast(pl.Categorical), pl.col(counts).cast(pl.Int8))
    parts = [pl.DataFrame(schema=schema).select(**own).with_columns(lean)]
    parts.extend(_part(batch, schema).select(**own).with_columns(lean) for batch in tries)
    known = _merged(parts, counts).drop("rank")
    return known.with_columns(pl.col(words).cast(TEXT), pl.col(counts).cast(WHOLE))


def _part(batch: Columns, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    columns = [
        [json_text(value) for value in column] if name in _MAPPINGS else column
        for name, column in zip(schema, batch, strict=True)
    ]
    return frame_of_columns(columns, schema)


def _merged(parts: list[pl.DataFrame], counts: Sequence[str]) -> pl.DataFrame:
    """Return one row for each key: that of the highest rank, with all `counts` added up.

    `parts` are changed on the way: there is not room for all attempts twice.
    """
    several = pl.concat([part["key"] for part in parts]).is_duplicated()
    ranked: list[pl.DataFrame] = []
    at = 0
    for n, part in enumerate(parts):
        here = several.slice(at, part.height)
        at += part.height
        if here.any():
            ranked.append(part.filter(here))
            parts[n] = part.filter(~here)
    if not ranked:
        return pl.concat(parts)
    rest = [name for name in parts[0].columns if name not in {"key", *counts}]
    merged = (
        pl.concat(ranked)
        .sort("rank")
        .group_by("key")
        .agg(pl.col(counts).sum(), pl.col(rest).last())
        .select(parts[0].columns)
    )
    whole = pl.col(counts).cast(WHOLE)
    return pl.concat([pl.concat(parts).with_columns(whole), merged.with_columns(whole)])
