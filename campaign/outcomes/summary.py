"""A run in numbers, and the one line of JSON that says them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime

import polars as pl

from campaign.model import Attempt, Outcome, Summary
from campaign.model.moments import whole_second
from campaign.outcomes.build import count


def summarize(
    calls: pl.DataFrame,
    *,
    campaign: str,
    contacts: str | None,
    out: str | None,
    ledger: str,
    calls_created: int = 0,
    elapsed_s: float = 0.0,
    cost_usd: float = 0.0,
    next_due: datetime | None = None,
    stopped_by: str | None = None,
) -> Summary:
    """Return the summary of a run whose rows came to `calls`, the frame of `call_…` columns."""
    outcomes = count(calls)
    return Summary(
        campaign=campaign,
        contacts=contacts,
        out=out,
        ledger=ledger,
        rows=calls.height,
        outcomes=outcomes,
        calls_created=calls_created,
        unknown=outcomes.get(Outcome.UNKNOWN.value, 0),
        elapsed_s=elapsed_s,
        cost_usd=cost_usd,
        next_due=next_due,
        stopped_by=stopped_by,
    )


def total_cost_usd(attempts: Iterable[Attempt]) -> float:
    """Return what all attempts cost together, as far as the provider has said."""
    return math.fsum(
        attempt.call.cost_usd
        for attempt in attempts
        if attempt.call is not None and attempt.call.cost_usd is not None
    )


def to_json(summary: Summary) -> str:
    """Return the summary as one line of JSON: seconds to the millisecond, dollars to 1e-6."""
    return json.dumps(
        {
            "campaign": summary.campaign,
            "contacts": summary.contacts,
            "out": summary.out,
            "ledger": summary.ledger,
            "rows": summary.rows,
            "outcomes": dict(summary.outcomes),
            "calls_created": summary.calls_created,
            "unknown": summary.unknown,
            "elapsed_s": round(summary.elapsed_s, 3),
            "cost_usd": round(summary.cost_usd, 6),
            "next_due": None if summary.next_due is None else whole_second(summary.next_due),
            "stopped_by": summary.stopped_by,
        }
    )
