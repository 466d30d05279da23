"""What a run comes to, worked out before its first call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from campaign.api.deciding import Decider
from campaign.api.feeding import Feed
from campaign.api.hooks import Preview, preview_of
from campaign.api.job import Job
from campaign.api.outlook import Outlook, look_out
from campaign.api.outputs import tally_of
from campaign.api.redials import ahead_of
from campaign.api.suppressing import screened_now
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread
from campaign.dialer.plan import Plan
from campaign.outcomes.ahead import Ahead
from campaign.outcomes.tally import Tally
from campaign.ports import Ledger

MOST_ROWS_FORESEEN = 250_000
"""Rows up to which somebody who is asked can wait for the forecast: some seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Who is called, what a person is shown before, and what the list is read with."""

    ahead: Ahead
    preview: Preview
    feed: Feed


async def foresee(job: Job, ledger: Ledger, plan: Plan, *, pending: str) -> Foreseen:
    """Work out what a run comes to; what that takes of millions of contacts is let go.

    `pending` is why contacts are not called, should nobody be.
    """
    screened = await screened_now(job.listing, ledger)
    before = await tally_of(screened, ledger, job.name, pending=pending)
    until = SystemClock().now() + timedelta(seconds=plan.wait_s)
    ahead = await ahead_of(ledger, job.name, plan.redial, before, until=until)
    preview = preview_of(
        job.settings,
        job.name,
        job.source,
        to_call=ahead.due,
        rows=job.listing.rows,
        outcomes=before.outcomes,
        outlook=await _outlook(job, ledger, ahead, before, plan.redial.attempts),
    )
    open_rows = await in_thread(lambda: before.open_rows(plan.redial.attempts))
    feed = Feed(listing=job.listing, open_rows=open_rows)
    return Foreseen(ahead=ahead, preview=preview, feed=feed)


async def _outlook(
    job: Job, ledger: Ledger, ahead: Ahead, before: Tally, calls: int
) -> Outlook | None:
    """Work out what the run would come to, where somebody is asked whether it should."""
    if job.hooks.confirm is None or not ahead.due or job.listing.rows > MOST_ROWS_FORESEEN:
        return None
    open_rows = await in_thread(lambda: before.open_rows(calls))
    return await look_out(decider_of(job, ledger), job.listing, before.screened, open_rows)


def decider_of(job: Job, ledger: Ledger) -> Decider:
    """Return who decides now about the contacts of a run."""
    return Decider(
        settings=job.settings,
        campaign=job.name,
        hours=job.hours,
        ledger=ledger,
        now=SystemClock().now(),
    )
