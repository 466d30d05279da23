"""The attempts of a campaign as one lean frame, taken up contact by contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from campaign.model import Attempt, AttemptState
from campaign.outcomes.chunks import ROWS, frame_of
from campaign.outcomes.columns import FLAG, REAL, TEXT, TIME, WHOLE, WHY
from campaign.policy import lifecycle
from campaign.policy.disposition import of_attempt

SCHEMA = {
    "key": TEXT,
    "number": TEXT,
    "caller": TEXT,
    "attempt": WHOLE,
    "nth": WHOLE,
    "calls": WHOLE,
    "created": FLAG,
    "state": TEXT,
    "outcome": TEXT,
    "last": FLAG,
    "at": TIME,
    "ended_at": TIME,
    "duration_s": REAL,
    "cost_usd": REAL,
    "error": TEXT,
}
"""`calls` counts those created for the contact, `nth` those up to this one; `last` marks the
attempt that tells what became of the contact, `error` is why where that is no matter of course."""


class Calls:
    """Takes attempts up, and is a frame of them in the end; bounded in Python objects."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._frames: list[pl.DataFrame] = []

    def take(self, own: Sequence[Attempt], last: Attempt) -> None:
        """Take all attempts of one contact, `last` of which tells what became of it."""
        calls = sum(one.state in lifecycle.CREATED for one in own)
        nth = 0
        for one in own:
            created = one.state in lifecycle.CREATED
            nth += created
            self._rows.append(_row(one, nth, calls, created=created, last=one is last))
        if len(self._rows) >= ROWS:
            self._flush()

    def frame(self) -> pl.DataFrame:
        """Return the attempts taken so far, with the columns of `SCHEMA`."""
        self._flush()
        return pl.concat([pl.DataFrame(schema=SCHEMA), *self._frames])

    def _flush(self) -> None:
        self._frames.append(frame_of(self._rows, SCHEMA))
        self._rows.clear()


def known(calls: pl.DataFrame) -> pl.DataFrame:
    """Return what is known of each contact, with `KNOWN_OUTCOMES`."""
    return calls.filter("last").select(
        "key",
        pl.col("calls").alias("call_attempts"),
        (pl.col("state") == AttemptState.WITHHELD.value).alias("withheld"),
        pl.col("outcome").alias("call_outcome"),
        pl.col("error").alias("call_error"),
    )


def _row(one: Attempt, nth: int, calls: int, *, created: bool, last: bool) -> tuple[Any, ...]:
    call = one.call
    default = WHY.get(one.state)
    return (
        one.contact_key,
        one.to_number,
        one.from_number,
        one.attempt,
        nth,
        calls,
        created,
        one.state.value,
        of_attempt(one).value,
        last,
        one.intent_at,
        *((None,) * 3 if call is None else (call.ended_at, call.duration_s, call.cost_usd)),
        None if default is None else one.error or default,
    )
