"""When a run would be through, and what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What lies ahead: `finish` is when the last call would be placed, `None` where unknown."""

    calls: int
    finish: datetime | None
    cost_usd: float | None


def forecast(
    *, now: datetime, calls: int, per_second: float | None, cost_per_call_usd: float | None
) -> Forecast:
    """Return the forecast of `calls` first calls started at `per_second`, all caller numbers'.

    Without a pace, or without calls, there is no finish to tell; without a cost per call (from
    the ledger's history), no cost.
    """
    finish = now + timedelta(seconds=calls / per_second) if calls and per_second else None
    cost_usd = None if cost_per_call_usd is None else calls * cost_per_call_usd
    return Forecast(calls=calls, finish=finish, cost_usd=cost_usd)
