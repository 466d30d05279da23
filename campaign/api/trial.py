"""A test call: one row of the list, placed to one's own phone, and never the contact's attempt.

It belongs to a campaign of its own, under a key that is new each time, so that neither the
contact nor an earlier test is ever taken for it.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from campaign.api.finish import Execution
from campaign.api.hooks import Hooks, preview_of
from campaign.api.hours import CallingHours, calling_hours, is_any_hour
from campaign.api.job import Job
from campaign.api.numbers import number_of
from campaign.api.opening import opened_ledger
from campaign.api.outputs import Outputs, composed_calls
from campaign.api.preflight import Cleared, Desk, cleared
from campaign.api.proof import check_clock, plan_of, purse_of
from campaign.api.provider import account_of, open_campaign, open_provider
from campaign.api.reading import open_list, tell_notices
from campaign.api.sources import campaign_name, ledger_path
from campaign.api.telling import tell_end, tell_start
from campaign.config import Settings
from campaign.contacts.phone import check_region, judge
from campaign.contacts.screen import Listing
from campaign.contacts.zones import Locator
from campaign.dialer.clock import SystemClock
from campaign.dialer.conduct import dial
from campaign.dialer.feed import in_thread
from campaign.dialer.plan import Report
from campaign.dialer.stop import Stop
from campaign.errors import ListError
from campaign.ledger.lock import hold, private_folder
from campaign.ledger.memory import MemoryLedger
from campaign.model import NOWHERE, Campaign, Contact, Run
from campaign.outcomes.build import Frame, join
from campaign.outcomes.single import single
from campaign.outcomes.summary import summarize, total_cost_usd
from campaign.policy import endings
from campaign.policy.masking import mask
from campaign.ports import Ledger, Provider

NOT_PLACED = "the test call was not placed"
NO_FILES = Outputs(out=None, rejects=None, attempts=None, excel_safe=False)


async def run_test(
    settings: Settings,
    source: Any,
    *,
    config: str | os.PathLike[str] | None,
    hooks: Hooks,
    whole: bool = False,
    stop: Stop | None = None,
) -> Execution:
    """Place one call with the row of `--only` to the number of `--to`; follow it to its end.

    No results file is written. A number that is on no callable row of the list is a `ListError`.
    """
    path = str(source) if isinstance(source, str | Path) else None
    name, ledger = f"{campaign_name(settings, path)} (test)", ledger_path(settings, config)
    to = number_of(settings.to or "", settings.region)
    with hold(ledger, name) as held, private_folder(held) as keep:
        listing = await open_list(settings, source, keep=keep)
        tell_notices(listing, hooks.notify, hooks.warn)
        row = await in_thread(lambda: _row(listing, settings))
        job = Job(
            settings=_alone(settings),
            name=name,
            source=path,
            ledger=ledger,
            outputs=NO_FILES,
            hours=await in_thread(lambda: _hours(settings)),
            listing=listing,
            hooks=hooks,
            whole=whole,
            started_s=time.monotonic(),
        )
        meant = await in_thread(lambda: _meant(row, settings, to))
        test = _Test(job=job, row=row, contact=meant)
        return await test.run(stop or Stop(drain_for_s=settings.drain_for))


def _alone(settings: Settings) -> Settings:
    """Return the settings of one call that is followed, whatever the campaign's own are."""
    alone: dict[str, Any] = {"key": None, "attempts": 1, "limit": None, "wait": 0.0, "follow": True}
    if is_any_hour(settings):
        alone["min_gap"] = 0.0
    return settings.model_copy(update=alone)


def _hours(settings: Settings) -> CallingHours:
    """Return hours and caps as they hold for one's own phone; at any hour there are none."""
    if is_any_hour(settings):
        return CallingHours(own=None)
    return calling_hours(settings, SystemClock().now())


def _meant(row: Contact, settings: Settings, to: str) -> Contact:
    """Return the contact that is called: the row's, but for its number, its place and its key."""
    return replace(
        row,
        key=f"test-{uuid4().hex}",
        to_number=to,
        ignore_e164=False,
        timezone=None,
        location=NOWHERE if is_any_hour(settings) else Locator().locate(to),
    )


def _row(listing: Listing, settings: Settings) -> Contact:
    """Return the contact of the row that is meant."""
    text = settings.only or ""
    number = judge(text, check_region(settings.region)).number or text.strip()
    rows = listing.screened.filter(listing.screened["to_number"] == number)
    callable_rows = rows.filter(rows["outcome"].is_null())
    if callable_rows.height:
        return next(listing.contacts(size=1, start_row=callable_rows["row"][0]))[0]
    if rows.height:
        raise ListError(f"the row of {mask(number)} cannot be called: {rows['reason'][0]}")
    raise ListError(
        f"{mask(number)} is on no row of the list",
        hint="give --only a number of the list; without + it needs --region",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """One test call: its job, the row as the list has it, the contact as it is called."""

    job: Job
    row: Contact
    contact: Contact

    async def run(self, stop: Stop) -> Execution:
        job = self.job
        notify = job.hooks.notify
        async with aclosing(open_provider(job.settings)) as provider:
            if job.settings.dry_run:
                notify(f"dry run: one call would be placed to {mask(self.contact.to_number)}")
                return await self._ended(None, Report())
            account = await account_of(provider, notify)
            check_clock(provider)
            clear = await cleared(Desk.of(job), provider)
            async with opened_ledger(job.ledger, notify=notify) as ledger:
                known = await open_campaign(
                    job.settings, ledger, name=job.name, listing=job.listing, account=account
                )
                await ledger.orphans(job.name, SystemClock().now())
                return await self._placed(ledger, provider, clear, known, stop)

    async def _placed(
        self, ledger: Ledger, provider: Provider, clear: Cleared, known: Campaign, stop: Stop
    ) -> Execution:
        job = self.job
        preview = preview_of(job.settings, job.name, job.source, to_call=1, rows=1)
        if job.hooks.confirm is not None and not job.hooks.confirm(preview):
            return await self._ended(ledger, Report(stopped_by="stop"))
        tell_start(job.name, rows=1, to_call=1)
        report = await dial(
            plan_of(
                job,
                known,
                clear,
                listed_since=None,
                settle_until=None,
                purse=await purse_of(job, ledger),
            ),
            ledger=ledger,
            provider=provider,
            clock=SystemClock(),
            feed=self._feed,
            progress=job.hooks.progress(preview),
            stop=stop,
            on_signal=job.hooks.on_signal,
        )
        execution = await self._ended(ledger, report)
        tell_end(execution.summary, exit_code=execution.exit_code)
        await _recorded(job, ledger, execution)
        return execution

    async def _feed(self) -> AsyncGenerator[Sequence[Contact], None]:
        yield [self.contact]

    async def _ended(self, ledger: Ledger | None, report: Report) -> Execution:
        """Say what came of the call."""
        job, contact = self.job, self.contact
        screened = single(contact.key, contact.to_number)
        calls = await self._calls(ledger, screened, report)
        outcome, error = calls["call_outcome"][0], calls["call_error"][0]
        reason = error or calls["call_disconnection_reason"][0]
        why = f" ({reason})" if reason else ""
        job.hooks.notify(f"test call to {mask(contact.to_number)}: {outcome}{why}")
        if (words := calls["call_summary"][0]) is not None:
            job.hooks.notify(f"summary: {words}")
        errors = () if report.error is None else (report.error,)
        return Execution(
            summary=summarize(
                calls,
                campaign=job.name,
                contacts=job.source,
                out=None,
                ledger=str(job.ledger),
                calls_created=report.created,
                elapsed_s=time.monotonic() - job.started_s,
                cost_usd=0.0 if ledger is None else await _cost_usd(ledger, job.name),
                next_due=report.next_due,
                stopped_by=report.stopped_by,
            ),
            frame=await in_thread(lambda: self._frame(calls)) if job.whole else None,
            errors=errors,
            written=False,
            exit_code=endings.exit_code(
                error=report.error,
                signal_number=report.signal_number,
                stopped_by=report.stopped_by,
            ),
        )

    async def _calls(self, ledger: Ledger | None, screened: Frame, report: Report) -> Frame:
        known = MemoryLedger() if ledger is None else ledger
        async with composed_calls(
            screened, known, self.job.name, pending=NOT_PLACED, holds=report.holds
        ) as calls:
            return await in_thread(lambda: calls.frame().collect())

    def _frame(self, calls: Frame) -> Frame:
        return join(self.job.listing.frame.slice(self.row.row, 1), calls.lazy()).collect()


async def _cost_usd(ledger: Ledger, name: str) -> float:
    return await in_thread(lambda: total_cost_usd(ledger.attempts(name)))


async def _recorded(job: Job, ledger: Ledger, execution: Execution) -> None:
    """Keep the test as a run of its campaign, for `status`."""
    now, summary = SystemClock().now(), execution.summary
    run = Run(
        campaign=job.name,
        started_at=now,
        pid=os.getpid(),
        ended_at=now,
        rows=summary.rows,
        outcomes=summary.outcomes,
        calls_created=summary.calls_created,
        stopped_by=summary.stopped_by,
        next_due=summary.next_due,
    )
    await ledger.end_run(await ledger.start_run(run), run)
