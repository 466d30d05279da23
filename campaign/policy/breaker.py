"""When creates that come to nothing stop a run for a while, and when for good.

Three limits open the breaker: failed creates in a row, a share of failed ones among the last
`RECENT`, creates of unknown outcome in a row (0 switches one off). Open, it lets nothing through
for a pause, in which what is unknown is looked up; then one create goes out as a probe. A probe
that succeeds closes it, one that fails opens it again, for twice as long; the third opening halts
the run. `RECENT` creates without another opening forget the earlier ones, so one bad moment does
not end an unattended day.

Throttled creates and refusals of the whole campaign are not counted: they have rules of their own.
Times are seconds on the caller's clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from campaign.model import Call, Fault, FaultKind

RECENT = 40
PAUSE_S = 10.0
MOST_OPENINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What opens the breaker; 0 is off."""

    failed_in_a_row: int = 5
    failed_share: float = 0.25
    unknown_in_a_row: int = 3


OFF = Limits(failed_in_a_row=0, failed_share=0.0, unknown_in_a_row=0)


class Result(StrEnum):
    """What a create came to, as the breaker sees it."""

    CREATED = "created"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"
    """Everything."""
    OPEN = "open"
    """Nothing until its pause is over, then one create."""
    PROBING = "probing"
    """Nothing until the probe is answered."""
    HALTED = "halted"
    """Nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the breaker remembers; `recent` are the last results, `True` for failed ones."""

    phase: Phase = Phase.CLOSED
    opens_s: float = -math.inf
    openings: int = 0
    since_opening: int = 0
    failed_row: int = 0
    unknown_row: int = 0
    recent: tuple[bool, ...] = ()


def result_of(reply: Call | Fault) -> Result | None:
    """Return what an answer to a create counts as, `None` where it does not."""
    if isinstance(reply, Call):
        return Result.CREATED
    if reply.kind in {FaultKind.ROW, FaultKind.NOT_SENT}:
        return Result.FAILED
    return Result.UNKNOWN if reply.kind is FaultKind.UNKNOWN else None


def note(state: State, result: Result, limits: Limits, *, now_s: float) -> State:
    """Return the state after a create has come to `result`.

    Answers that arrive while the breaker is open were on the wire before: they change nothing.
    """
    if state.phase in {Phase.OPEN, Phase.HALTED}:
        return state
    if state.phase is Phase.PROBING:
        return State(openings=state.openings) if result is Result.CREATED else _open(state, now_s)
    counted = _counted(state, result)
    return _open(counted, now_s) if _is_over(counted, limits) else counted


def admits_s(state: State, *, now_s: float) -> float:
    """Return how long a create must wait: 0 for none, infinite while a probe is out or halted."""
    if state.phase is Phase.CLOSED:
        return 0.0
    return max(0.0, state.opens_s - now_s) if state.phase is Phase.OPEN else math.inf


def probe(state: State) -> State:
    """Return the state once a create has been let through after the pause."""
    return replace(state, phase=Phase.PROBING) if state.phase is Phase.OPEN else state


def unused(state: State) -> State:
    """Return the state after a probe that was never sent: another create may be one."""
    return replace(state, phase=Phase.OPEN) if state.phase is Phase.PROBING else state


def _counted(state: State, result: Result) -> State:
    failed = result is not Result.CREATED
    since = state.since_opening + 1
    return replace(
        state,
        openings=0 if since >= RECENT else state.openings,
        since_opening=since,
        failed_row=state.failed_row + 1 if failed else 0,
        unknown_row=state.unknown_row + 1 if result is Result.UNKNOWN else 0,
        recent=(*state.recent, failed)[-RECENT:],
    )


def _is_over(state: State, limits: Limits) -> bool:
    share = sum(state.recent) / RECENT  # with fewer than RECENT, those to come can only add to it
    return (
        0 < limits.failed_in_a_row <= state.failed_row
        or 0 < limits.unknown_in_a_row <= state.unknown_row
        or 0 < limits.failed_share < share
    )


def _open(state: State, now_s: float) -> State:
    openings = state.openings + 1
    halted = openings >= MOST_OPENINGS
    return State(
        phase=Phase.HALTED if halted else Phase.OPEN,
        opens_s=now_s + PAUSE_S * 2.0 ** (openings - 1),
        openings=openings,
    )
