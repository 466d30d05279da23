"""A run, from settings to results: the adapters are wired into the dialer here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from campaign.api.finish import Execution, finish
from campaign.api.hooks import Preview
from campaign.api.job import Job
from campaign.api.opening import (
    account_of,
    bound_url,
    existing_ledger,
    open_campaign,
    open_provider,
    opened_ledger,
)
from campaign.api.outputs import compose_calls
from campaign.api.refusals import deadline
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import threaded
from campaign.dialer.plan import Plan, Report
from campaign.dialer.run import dial
from campaign.dialer.stop import Stop
from campaign.ledger.lock import hold
from campaign.model import Campaign, Outcome, Run
from campaign.outcomes.build import count
from campaign.policy.pacing import Pace
from campaign.ports import Ledger

NEVER_CALLED = (Outcome.REJECTED, Outcome.SUPPRESSED)

PENDING = {
    None: "not due in this run",
    "dry-run": "dry run: would be called now",
    "declined": "the run was not confirmed",
    "signal": "the run was stopped by a signal",
    "stop": "the run was stopped",
    "until": "the run ended at its --until",
    "limit": "the run reached its --limit",
    "halt": "the run was halted",
}


async def execute(job: Job, *, stop: Stop | None = None) -> Execution:
    """Run a campaign: place what is due, follow it, write the results."""
    if job.settings.dry_run:
        return await _dry_run(job)
    stop = stop or Stop(drain_for_s=job.settings.drain_for)
    provider = open_provider(job.settings)
    try:
        account = await account_of(provider, job.hooks.notify)
        async with opened_ledger(job.ledger, notify=job.hooks.notify) as ledger:
            with hold(job.ledger, job.name):
                known = await open_campaign(
                    job.settings, ledger, name=job.name, listing=job.listing, account=account
                )
                await ledger.orphans(job.name, SystemClock().now())
                return await _run(job, ledger, provider, known, stop)
    finally:
        await provider.aclose()


async def _run(job: Job, ledger: Ledger, provider: Any, known: Campaign, stop: Stop) -> Execution:
    before = await compose_calls(
        job.listing, ledger, job.name, pending=PENDING["declined"], holds={}
    )
    preview = _preview(job, count(before))
    if job.hooks.confirm is not None and preview.to_call and not job.hooks.confirm(preview):
        return await finish(
            job, ledger, Report(stopped_by="stop"), pending=PENDING["declined"], write=False
        )
    plan = _plan(job, known)
    _tell(job, known, plan, count(before))
    async with _recorded(job, ledger, count(before)) as ended:
        report = await dial(
            plan,
            ledger=ledger,
            provider=provider,
            clock=SystemClock(),
            feed=lambda: threaded(job.listing.contacts),
            progress=job.hooks.progress(preview),
            stop=stop,
            on_signal=job.hooks.on_signal,
        )
        execution = await finish(job, ledger, report, pending=PENDING[report.stopped_by])
        ended(execution)
    return execution


def _tell(job: Job, known: Campaign, plan: Plan, outcomes: Mapping[str, int]) -> None:
    """Say what a person may not expect of a run that is about to begin."""
    if not outcomes.get(Outcome.PENDING) and not set(outcomes) <= {*NEVER_CALLED}:
        job.hooks.notify(
            f"campaign {job.name!r} has nobody left to call (it began"
            f" {known.created_at:%Y-%m-%d %H:%M} UTC); --name NEW starts a new campaign with this"
            " list"
        )
    if plan.until is not None and plan.until.date() != _local_now().date():
        job.hooks.notify(f"calls are placed until {plan.until:%A %Y-%m-%d %H:%M}, not of today")


@asynccontextmanager
async def _recorded(job: Job, ledger: Ledger, outcomes: Mapping[str, int]) -> AsyncIterator[Any]:
    """Keep in the ledger that a run is under way, and how it ended."""
    run = Run(
        campaign=job.name,
        started_at=SystemClock().now(),
        pid=os.getpid(),
        rows=job.listing.rows,
        outcomes=outcomes,
    )
    run_id = await ledger.start_run(run)
    ends: list[Execution] = []
    yield ends.append
    for execution in ends:
        summary = execution.summary
        await ledger.end_run(
            run_id,
            Run(
                campaign=job.name,
                started_at=run.started_at,
                pid=run.pid,
                ended_at=SystemClock().now(),
                rows=summary.rows,
                outcomes=summary.outcomes,
                calls_created=summary.calls_created,
                stopped_by=summary.stopped_by,
                next_due=summary.next_due,
            ),
        )


async def _dry_run(job: Job) -> Execution:
    """Do everything but the requests: no network, no ledger that was not there."""
    provider = open_provider(job.settings)  # a missing or unusable key is found here
    await provider.aclose()
    async with existing_ledger(job.ledger) as ledger:
        job.hooks.notify("dry run: nobody is called and nothing is recorded")
        return await finish(job, ledger, Report(), pending=PENDING["dry-run"])


def _preview(job: Job, outcomes: Mapping[str, int]) -> Preview:
    settings = job.settings
    return Preview(
        campaign=job.name,
        contacts=job.source,
        to_call=outcomes.get(Outcome.PENDING, 0),
        rows=job.listing.rows,
        from_numbers=settings.from_number,
        base_url=bound_url(settings),
        cps=settings.cps,
        max_live=settings.max_live,
        simulated=settings.sandbox,
    )


def _plan(job: Job, known: Campaign) -> Plan:
    settings = job.settings
    return Plan(
        campaign=job.name,
        campaign_id=known.campaign_id,
        from_numbers=settings.from_number,
        pace=None if settings.cps is None else Pace(per_second=settings.cps),
        max_live=settings.max_live,
        in_flight=settings.in_flight,
        limit=settings.limit,
        until=deadline(settings.until, _local_now()),
        drain_for_s=settings.drain_for,
        follow=settings.follow,
        failed_in_a_row=settings.breaker.failed_in_a_row,
        agent_id=settings.agent,
        agent_version=settings.agent_version,
        agent_override=settings.agent_override,
        variables=settings.var,
        metadata=settings.meta,
        drop_machine=settings.drop_machine or None,
    )


def _local_now() -> datetime:
    return SystemClock().now().astimezone()
