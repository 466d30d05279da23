"""`check`: what a run would do with a list, without a call and without the network."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from campaign.api.opening import existing_ledger, open_list, refuse_rejects
from campaign.api.outputs import Outputs, compose_calls, inputs_of, write_rejects
from campaign.api.redials import ahead_of, policy_of
from campaign.api.sources import campaign_name, ledger_path
from campaign.config import Settings
from campaign.contacts import heading
from campaign.contacts.screen import Listing
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread
from campaign.outcomes.build import Frame, count, reasons
from campaign.outcomes.summary import total_cost_usd, whole_second
from campaign.policy.forecast import Forecast, forecast
from campaign.ports import Ledger

WOULD_CALL = "would be called now"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSummary:
    """A list in numbers before anybody is called; `outcomes` sums to `rows`.

    `reasons` counts the texts of why rows are not called. `next_due` is when the next contact
    falls due for a redial; those who are due already are in the forecast.
    """

    campaign: str
    rows: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    next_due: datetime | None
    forecast: Forecast


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckResult:
    """What is known of a list: its bad rows as a frame, with the reasons, and the counts."""

    rejected: Frame
    summary: CheckSummary

    def __repr__(self) -> str:
        # A frame would show names and numbers of people in every log.
        counts = ", ".join(f"{n} {outcome}" for outcome, n in self.summary.outcomes.items())
        return f"<CheckResult of {self.summary.campaign!r}: {self.summary.rows} rows; {counts}>"


async def check_list(
    settings: Settings, source: Any, *, config: str | os.PathLike[str] | None
) -> CheckResult:
    """Read and screen a list, and look up in the ledger who has been called already.

    Writes the file of rejects where it was asked for; `strict` raises `ListError` after that.
    """
    path = str(source) if isinstance(source, str | Path) else None
    name, ledger = campaign_name(settings, path), ledger_path(settings, config)
    outputs = replace(Outputs.of(settings, path), out=None, attempts=None)
    outputs.check(inputs_of(path, ledger))
    listing = await open_list(settings, source)
    if settings.strict:
        await refuse_rejects(listing, outputs)
    await write_rejects(outputs, listing)
    return CheckResult(
        rejected=await in_thread(listing.rejects),
        summary=await _summary(settings, listing, name, ledger),
    )


async def _summary(settings: Settings, listing: Listing, name: str, path: Path) -> CheckSummary:
    async with existing_ledger(path) as ledger:
        calls = await compose_calls(listing, ledger, name, pending=WOULD_CALL, holds={})
        cost_per_call = settings.cost_per_call
        if cost_per_call is None:
            cost_per_call = await in_thread(lambda: _mean_cost_usd(ledger, name))
        now = SystemClock().now()
        ahead = await ahead_of(ledger, name, policy_of(settings), listing, calls, until=now)
    return CheckSummary(
        campaign=name,
        rows=listing.rows,
        outcomes=count(calls),
        reasons=_reasons(calls),
        next_due=ahead.next_due,
        forecast=forecast(
            now=now,
            calls=ahead.due,
            per_second=None if settings.cps is None else settings.cps * _callers(settings),
            cost_per_call_usd=cost_per_call,
        ),
    )


def _callers(settings: Settings) -> int:
    return max(1, len(settings.from_number))


def _reasons(calls: Frame) -> dict[str, int]:
    """Count why rows are not called, details left out, the most frequent first."""
    counted: Counter[str] = Counter()
    for reason, n in reasons(calls).items():
        if reason != WOULD_CALL:
            counted[heading(reason)] += n
    return dict(counted.most_common())


def _mean_cost_usd(ledger: Ledger, name: str) -> float | None:
    created = sum(history.created for _, history in ledger.latest(name))
    return total_cost_usd(ledger.attempts(name)) / created if created else None


def told(summary: CheckSummary) -> dict[str, Any]:
    """Return the document of `check --json`."""
    ahead = summary.forecast
    return {
        "rows": summary.rows,
        "outcomes": dict(summary.outcomes),
        "reasons": dict(summary.reasons),
        "next_due": _iso(summary.next_due),
        "forecast": {
            "finish": _iso(ahead.finish),
            "calls": ahead.calls,
            "cost_usd": None if ahead.cost_usd is None else round(ahead.cost_usd, 2),
        },
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else whole_second(moment)
