"""A run, from settings to results: the adapters are wired into the dialer here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.api.documents import keeper
from campaign.api.feeding import Feed
from campaign.api.finish import Execution, finish
from campaign.api.foreseeing import decider_of, foresee
from campaign.api.holding import remember
from campaign.api.hooks import Hooks, Preview
from campaign.api.inquiry import look_at_prompts
from campaign.api.job import Job, prepare
from campaign.api.opening import existing_ledger, opened_ledger
from campaign.api.pinging import watched
from campaign.api.preflight import Desk, cleared
from campaign.api.proof import Proof, check_clock
from campaign.api.provider import account_of, open_campaign, open_provider
from campaign.api.refusals import check_run
from campaign.api.renewing import renewal
from campaign.api.sources import campaign_name, ledger_path
from campaign.api.suppressing import screened_now
from campaign.api.telling import tell_start
from campaign.api.trial import run_test
from campaign.api.webhooks import taking_news
from campaign.config import Settings
from campaign.dialer.clock import SystemClock
from campaign.dialer.conduct import dial
from campaign.dialer.means import KeepDocument
from campaign.dialer.plan import Plan, Report
from campaign.dialer.stop import Stop
from campaign.ledger.lock import Hold, hold, private_folder
from campaign.model import Campaign, Outcome, Run
from campaign.outcomes.ahead import Ahead
from campaign.policy import evidence
from campaign.ports import Ledger, News, Provider
from campaign.progress.phrases import due_at
from campaign.retell.client import RetellProvider

NEVER_CALLED = (Outcome.REJECTED, Outcome.SUPPRESSED)

PENDING = {
    None: "not due in this run",
    "dry-run": "dry run: would be called now",
    "declined": "the run was not confirmed",
    "signal": "the run was stopped by a signal",
    "stop": "the run was stopped",
    "until": "the run ended at its --until",
    "limit": "the run reached its --limit",
    "budget": "the budget has no room for another call",
    "halt": "the run was halted",
}


async def run_campaign(
    settings: Settings,
    source: Any,
    *,
    config: str | os.PathLike[str] | None,
    hooks: Hooks,
    whole: bool = False,
    stop: Stop | None = None,
) -> Execution:
    """Run a campaign: place what is due, follow it, write the results.

    Its lock is taken first: a second run ends before it reads a list or asks the provider. What it
    works from is a copy of the list, which nobody can change. `whole` asks for the results as a
    frame.
    """
    async with watched(settings) as watch:
        check_run(settings)
        if settings.only is not None:
            return await run_test(
                settings, source, config=config, hooks=hooks, whole=whole, stop=stop
            )
        if settings.dry_run:
            job = await prepare(settings, source, config=config, hooks=hooks, whole=whole)
            return await _dry_run(job)
        path = str(source) if isinstance(source, str | Path) else None
        with (
            hold(ledger_path(settings, config), campaign_name(settings, path)) as held,
            private_folder(held) as keep,
        ):
            await watch.begun()
            job = await prepare(
                settings, source, config=config, hooks=hooks, whole=whole, keep=keep
            )
            execution = await execute(job, held, stop=stop or Stop(drain_for_s=settings.drain_for))
        await watch.ended(execution.exit_code)
        return execution


async def execute(job: Job, held: Hold, *, stop: Stop) -> Execution:
    """Run a prepared campaign whose lock is held."""
    notify = job.hooks.notify
    keep = keeper(job.settings, job.hooks)
    async with taking_news(job.settings, job.hooks) as news, _opened(job.settings) as provider:
        account = await account_of(provider, notify)
        check_clock(provider)
        desk = Desk.of(job)
        clear = await cleared(desk, provider)
        if job.settings.preflight:
            await look_at_prompts(desk, provider, clear)
        async with opened_ledger(job.ledger, notify=notify) as ledger:
            lost = evidence.has_lost(held.before, intents=await ledger.intents())
            known = await open_campaign(
                job.settings, ledger, name=job.name, listing=job.listing, account=account
            )
            await ledger.orphans(job.name, SystemClock().now())
            proof = Proof(
                job=job, ledger=ledger, provider=provider, known=known, held=held, cleared=clear
            )
            conducted = Conducted(
                job=job,
                ledger=ledger,
                provider=provider,
                known=known,
                held=held,
                stop=stop,
                news=news,
                keep=keep,
            )
            return await conducted.run(await proof.plan(lost=lost))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[RetellProvider]:
    provider = open_provider(settings)
    try:
        yield provider
    finally:
        await provider.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conducted:
    """A run whose adapters are open and whose ledger is proved."""

    job: Job
    ledger: Ledger
    provider: Provider
    known: Campaign
    held: Hold
    stop: Stop
    news: News | None
    keep: KeepDocument | None

    async def run(self, plan: Plan) -> Execution:
        """Ask whether to call, call, and write what came of it."""
        job, ledger = self.job, self.ledger
        found = await foresee(job, ledger, plan, pending=PENDING["declined"])
        ahead, preview = found.ahead, found.preview
        if job.hooks.confirm is not None and preview.to_call and not job.hooks.confirm(preview):
            declined = Report(stopped_by="stop")
            return await finish(job, ledger, declined, pending=PENDING["declined"], write=False)
        if await ledger.last_run(job.name) is None:
            _tell_replaced(job)
        _tell(job, self.known, plan, preview.outcomes, ahead)
        tell_start(job.name, rows=job.listing.rows, to_call=ahead.due)
        async with _recorded(job, ledger, preview.outcomes) as ended:
            report = await self._dial(plan, preview, found.feed)
            await remember(job.name, job.listing, ledger, report)
            execution = await finish(job, ledger, report, pending=PENDING[report.stopped_by])
            ended(execution)
        return execution

    async def _dial(self, plan: Plan, preview: Preview, feed: Feed) -> Report:
        return await dial(
            plan,
            ledger=self.ledger,
            provider=self.provider,
            clock=SystemClock(),
            feed=feed,
            progress=self.job.hooks.progress(preview),
            stop=self.stop,
            beat=self.held.beat,
            on_signal=self.job.hooks.on_signal,
            news=self.news,
            keep_document=self.keep,
            renewal=renewal(self.job, self.ledger),
        )


def _tell(job: Job, known: Campaign, plan: Plan, outcomes: Mapping[str, int], ahead: Ahead) -> None:
    """Say what a person may not expect of a run that is about to begin."""
    if ahead.next_due is not None and not ahead.due:
        job.hooks.notify(
            f"campaign {job.name!r} has nobody to call now: the next redial falls due at"
            f" {due_at(ahead.next_due)}"
        )
    elif not ahead.due and not set(outcomes) <= {*NEVER_CALLED}:
        job.hooks.notify(
            f"campaign {job.name!r} has nobody left to call (it began"
            f" {known.created_at:%Y-%m-%d %H:%M} UTC); --name NEW starts a new campaign with this"
            " list"
        )
    if plan.until is not None and plan.until.date() != SystemClock().now().astimezone().date():
        job.hooks.notify(f"calls are placed until {plan.until:%A %Y-%m-%d %H:%M}, not of today")


def _tell_replaced(job: Job) -> None:
    """Say that results are there which no run of this campaign wrote, where nobody named them."""
    out = None if job.settings.out or job.outputs.renewed else job.outputs.out
    if out is not None and out.exists():
        job.hooks.notify(
            f"{str(out)!r} is there, and no run of campaign {job.name!r} in {str(job.ledger)!r}"
            " wrote it: the results of this run replace it; -o FILE writes them elsewhere"
        )


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
        decider = decider_of(job, ledger)
        screened = await screened_now(job.listing, ledger)
        report = Report(holds=await decider.holds(job.listing, screened))
        return await finish(job, ledger, report, pending=PENDING["dry-run"])
