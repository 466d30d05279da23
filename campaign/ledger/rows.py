"""Values to columns and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from campaign.ledger.faults import damage
from campaign.model import (
    Attempt,
    AttemptState,
    Call,
    Campaign,
    History,
    Intent,
    Run,
    StopRequest,
)

P = ParamSpec("P")
T = TypeVar("T")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

CAMPAIGN = "name, campaign_id, key_column, list_path, list_hash, created_at, options"
RUN = "started_at, pid, ended_at, rows, outcomes, calls_created, stopped_by, next_due"
CALL = (
    "call_id",
    "call_status",
    "call_agent_id",
    "disconnection_reason",
    "started_at",
    "ended_at",
    "duration_s",
    "cost_usd",
    "summary",
    "sentiment",
    "successful",
    "in_voicemail",
    "analysis",
    "collected",
    "recording_url",
)
ATTEMPT = (
    "a.id, c.name, a.contact_key, a.attempt, a.attempt_id, a.to_number, a.from_number, a.agent_id,"
    " a.state, a.intent_at, a.sends, a.error, a.placed_at, a." + ", a.".join(CALL)
)
_CALL_AT = 13
ATTEMPT_WIDTH = _CALL_AT + len(CALL)

_UNSAID = ("metadata", "transcript")
_SAID = tuple(field.name for field in fields(Call) if field.name not in _UNSAID)


def read(function: Callable[P, T]) -> Callable[P, T]:
    """Report a cell that cannot be what was written into it as damage of the file."""

    @wraps(function)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except (ValueError, TypeError, OverflowError) as error:
            raise damage(error) from error

    return reading


def micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """Return a moment, if there is one, as microseconds since 1970."""
    return None if moment is None else micros(moment)


def moment(value: int) -> datetime:
    """Return the moment `value` microseconds after the start of 1970."""
    return EPOCH + timedelta(microseconds=value)


@read
def moment_of(value: int) -> datetime:
    """Return the moment in a column by itself."""
    return moment(value)


@read
def secret_of(value: str) -> bytes:
    """Return the key that is kept as text."""
    return bytes.fromhex(value)


@read
def state_of(value: str) -> AttemptState:
    """Return the state in a column by itself."""
    return AttemptState(value)


def moment_or_none(value: int | None) -> datetime | None:
    """Return the moment of a column that may be empty."""
    return None if value is None else moment(value)


def text_of(value: Mapping[str, Any]) -> str:
    """Return a mapping as JSON in ASCII, so that no text in it can be refused by SQLite."""
    return _WRITER.encode(value)


def text_or_none(value: Mapping[str, Any] | None) -> str | None:
    """Return a mapping, if there is one, as JSON."""
    return None if value is None else text_of(value)


def said(call: Call | None) -> str | None:
    """Return what an event's call said, as JSON without what it left out.

    Metadata is ours already, and a transcript is nothing to keep two copies of.
    """
    if call is None:
        return None
    values = {name: getattr(call, name) for name in _SAID}
    return text_of({name: value for name, value in values.items() if value is not None})


def call_columns(call: Call | None) -> tuple[Any, ...]:
    """Return a call as the values of the columns `CALL`."""
    if call is None:
        return (None,) * len(CALL)
    return (
        call.call_id,
        call.status,
        call.agent_id,
        call.disconnection_reason,
        micros_or_none(call.started_at),
        micros_or_none(call.ended_at),
        call.duration_s,
        call.cost_usd,
        call.summary,
        call.sentiment,
        call.successful,
        call.in_voicemail,
        text_or_none(call.analysis),
        text_or_none(call.collected),
        call.recording_url,
    )


@read
def attempt_of(row: Sequence[Any]) -> Attempt:
    """Return the attempt in a row that begins with the columns `ATTEMPT`."""
    return Attempt(
        id=row[0],
        campaign=row[1],
        contact_key=row[2],
        attempt=row[3],
        attempt_id=row[4],
        to_number=row[5],
        from_number=row[6],
        agent_id=row[7],
        state=AttemptState(row[8]),
        intent_at=moment(row[9]),
        sends=row[10],
        error=row[11],
        placed_at=moment_or_none(row[12]),
        call=None if row[_CALL_AT] is None else _call_of(row),
    )


def history_of(row: Sequence[Any]) -> tuple[str, History]:
    """Return contact key and history of a row of `ATTEMPT`, its rank, and the four counts."""
    last = attempt_of(row)
    created, unreached, undialable, final = row[ATTEMPT_WIDTH + 1 : ATTEMPT_WIDTH + 5]
    return last.contact_key, History(
        last=last, created=created, unreached=unreached, undialable=undialable, final=final
    )


@read
def campaign_of(row: Sequence[Any]) -> Campaign:
    """Return the campaign in a row of `CAMPAIGN`."""
    return Campaign(
        name=row[0],
        campaign_id=row[1],
        key_column=row[2],
        list_path=row[3],
        list_hash=row[4],
        created_at=moment(row[5]),
        options=json.loads(row[6]),
    )


def campaign_columns(campaign: Campaign) -> tuple[Any, ...]:
    """Return a campaign as the values of the columns `CAMPAIGN`."""
    return (
        campaign.name,
        campaign.campaign_id,
        campaign.key_column,
        campaign.list_path,
        campaign.list_hash,
        micros(campaign.created_at),
        text_of(campaign.options),
    )


@read
def run_of(campaign: str, row: Sequence[Any]) -> Run:
    """Return the run of `campaign` in a row of `RUN`."""
    return Run(
        campaign=campaign,
        started_at=moment(row[0]),
        pid=row[1],
        ended_at=moment_or_none(row[2]),
        rows=row[3],
        outcomes=json.loads(row[4]),
        calls_created=row[5],
        stopped_by=row[6],
        next_due=moment_or_none(row[7]),
    )


@read
def stop_of(row: Sequence[Any]) -> StopRequest:
    """Return the request in a row of moment and whether to hang up."""
    return StopRequest(at=moment(row[0]), hang_up=bool(row[1]))


def run_columns(run: Run) -> tuple[Any, ...]:
    """Return a run as the values of the columns `RUN`."""
    return (
        micros(run.started_at),
        run.pid,
        micros_or_none(run.ended_at),
        run.rows,
        text_of(run.outcomes),
        run.calls_created,
        run.stopped_by,
        micros_or_none(run.next_due),
    )


def intent_columns(intent: Intent) -> tuple[Any, ...]:
    """Return what every intent of an attempt sets anew: whom, from whom, by whom, when."""
    return (
        intent.to_number,
        intent.from_number,
        intent.agent_id,
        micros(intent.at),
        micros(intent.starts_at),
    )


def flag(value: int | None) -> bool | None:
    """Return the flag of a column that may be empty."""
    return None if value is None else bool(value)


def _call_of(row: Sequence[Any]) -> Call:
    at = _CALL_AT
    return Call(
        call_id=row[at],
        status=row[at + 1],
        to_number=row[5],
        from_number=row[6],
        agent_id=row[at + 2],
        disconnection_reason=row[at + 3],
        started_at=moment_or_none(row[at + 4]),
        ended_at=moment_or_none(row[at + 5]),
        duration_s=row[at + 6],
        cost_usd=row[at + 7],
        summary=row[at + 8],
        sentiment=row[at + 9],
        successful=flag(row[at + 10]),
        in_voicemail=flag(row[at + 11]),
        analysis=_mapping(row[at + 12]),
        collected=_mapping(row[at + 13]),
        recording_url=row[at + 14],
    )


def _mapping(value: str | None) -> Mapping[str, Any] | None:
    if value is None:
        return None
    known: Mapping[str, Any] = json.loads(value)
    return known


def _plain(value: Any) -> object:
    # A moment, or a frozen mapping: what `json` does not know by itself.
    return value.isoformat() if isinstance(value, datetime) else dict(value)


_WRITER = json.JSONEncoder(default=_plain, separators=(",", ":"))
