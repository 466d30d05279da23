"""`campaign check`."""

from __future__ import annotations

import asyncio

from campaign.api.checking import CheckResult, check_list, told
from campaign.cli.say import counts, document, line, say
from campaign.config import Settings

MOST_REASONS = 20


def check_command(settings: Settings, *, config: str | None, json: bool) -> None:
    """Check a list; print what a run would do with it."""
    result = asyncio.run(check_list(settings, settings.contacts, config=config))
    if settings.rejects is not None:
        say(f"rejected rows: {settings.rejects}")
    if json:
        document(told(result.summary))
    else:
        _print(result)


def _print(result: CheckResult) -> None:
    summary = result.summary
    line(f"{summary.campaign}: {summary.rows:,} rows: {counts(summary.outcomes)}")
    for reason, n in list(summary.reasons.items())[:MOST_REASONS]:
        line(f"  {n:,}: {reason}")
    if len(summary.reasons) > MOST_REASONS:
        line(f"  and {len(summary.reasons) - MOST_REASONS:,} more reasons (--rejects FILE has all)")
    ahead = summary.forecast
    if ahead.finish is not None:
        line(f"the last call would be placed about {ahead.finish.astimezone():%Y-%m-%d %H:%M:%S}")
    if summary.next_due is not None:
        line(f"the next redial falls due at {summary.next_due.astimezone():%Y-%m-%d %H:%M:%S}")
    if ahead.cost_usd is not None:
        line(f"expected cost: {ahead.cost_usd:,.2f} USD")
