"""`campaign check`."""

from __future__ import annotations

import asyncio

from campaign.api.checking import CheckSummary, check_list, told
from campaign.api.deciding import Sample
from campaign.cli.say import counts, document, line, say
from campaign.config import Settings
from campaign.policy.masking import mask
from campaign.progress.phrases import due_at

MOST_REASONS = 20


def check_command(settings: Settings, *, config: str | None, json: bool) -> None:
    """Check a list; print what a run would do with it."""
    notify = (lambda _: None) if settings.quiet else say
    summary = asyncio.run(check_list(settings, settings.contacts, config=config, notify=notify))
    if settings.rejects is not None:
        say(f"rejected rows: {settings.rejects}")
    if json:
        document(told(summary))
    else:
        _print(summary, full=settings.full_numbers)


def _print(summary: CheckSummary, *, full: bool) -> None:
    line(f"{summary.campaign}: {summary.rows:,} rows: {counts(summary.outcomes)}")
    if summary.normalised:
        line(f"  {summary.normalised:,} phone cells are spelled another way than they are called")
    for reason, n in list(summary.reasons.items())[:MOST_REASONS]:
        line(f"  {n:,}: {reason}")
        for sample in summary.samples[reason]:
            line(f"    row {sample.row:,}: {_number(sample, full=full)}{sample.reason}")
    if len(summary.reasons) > MOST_REASONS:
        line(f"  and {len(summary.reasons) - MOST_REASONS:,} more reasons (--rejects FILE has all)")
    _forecast(summary)


def _number(sample: Sample, *, full: bool) -> str:
    if sample.number is None:
        return ""
    return f"{sample.number if full else mask(sample.number)}: "


def _forecast(summary: CheckSummary) -> None:
    ahead = summary.forecast
    if ahead.most_calls > ahead.calls:
        line(f"expected calls: {ahead.calls:,}, with all redials {ahead.most_calls:,}")
    if ahead.finish is not None:
        line(f"the run would be through about {ahead.finish.astimezone():%Y-%m-%d %H:%M:%S}")
    if summary.next_due is not None:
        line(f"the next contact falls due at {due_at(summary.next_due)}")
    if ahead.cost_usd is not None:
        most = ahead.most_cost_usd or 0.0
        upto = f" to {most:,.2f}" if most > ahead.cost_usd else ""
        line(f"expected cost: {ahead.cost_usd:,.2f}{upto} USD")
