"""`campaign check`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from campaign.api.checking import CheckResult, check_list, told
from campaign.cli.say import counts, document, line, say
from campaign.config import Settings
from campaign.outcomes.write import check_target, write_frame

MOST_REASONS = 20


def check_command(settings: Settings, *, config: str | None, json: bool) -> None:
    """Check a list; print what a run would do with it."""
    rejects = Path(settings.rejects) if settings.rejects else None
    if rejects is not None:
        check_target(rejects, inputs=[Path(settings.contacts)] if settings.contacts else [])
    result = asyncio.run(check_list(settings, settings.contacts, config=config))
    if rejects is not None:
        write_frame(result.rejected, rejects, excel_safe=settings.excel_safe)
        say(f"rejected rows: {rejects}")
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
    if ahead.cost_usd is not None:
        line(f"expected cost: {ahead.cost_usd:,.2f} USD")
