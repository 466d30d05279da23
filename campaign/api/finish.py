"""How a run ends: its files, its numbers, its exit code."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from campaign.api.job import Job
from campaign.api.outputs import composed_calls, whole, write_all
from campaign.api.patience import patience
from campaign.api.suppressing import screened_now
from campaign.api.telling import tell_end
from campaign.dialer.feed import in_thread
from campaign.dialer.plan import Report
from campaign.errors import CampaignError
from campaign.model import Summary
from campaign.outcomes.build import Frame
from campaign.outcomes.summary import summarize
from campaign.policy import endings
from campaign.ports import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a run ended: in numbers, as a frame where that was asked for, and its exit code.

    `errors` has what halted the run, then what kept its files from being written; the first one
    decides the exit code. `written` tells whether the files are there.
    """

    summary: Summary
    frame: Frame | None
    errors: tuple[CampaignError, ...]
    written: bool
    exit_code: int


async def finish(
    job: Job, ledger: Ledger, report: Report, *, pending: str, write: bool = True
) -> Execution:
    """Write the files and say how it went; what cannot be written is told with the rest."""
    with patience(job.hooks.on_signal, report.signal_number) as heard:
        execution = await _ended(job, ledger, report, pending=pending, write=write)
    code = execution.exit_code or (128 + heard[0] if heard else 0)
    tell_end(execution.summary, exit_code=code)
    return replace(execution, exit_code=code)


async def _ended(
    job: Job, ledger: Ledger, report: Report, *, pending: str, write: bool
) -> Execution:
    screened = await screened_now(job.listing, ledger)
    cost_usd = (await ledger.spending(job.name)).spent_usd
    frame, written = None, False
    errors = [] if report.error is None else [report.error]
    async with composed_calls(
        screened, ledger, job.name, pending=pending, holds=report.holds
    ) as calls:
        try:
            if write:
                await write_all(job.outputs, job.listing, calls, ledger, job.name)
                written = True
            if job.whole:
                frame = await in_thread(lambda: whole(job.listing, calls))
        except CampaignError as error:
            errors.append(error)
    return Execution(
        summary=summarize(
            calls.rows,
            campaign=job.name,
            contacts=job.source,
            out=str(job.outputs.out) if job.outputs.out else None,
            ledger=str(job.ledger),
            calls_created=report.created,
            elapsed_s=time.monotonic() - job.started_s,
            cost_usd=cost_usd,
            next_due=report.next_due,
            stopped_by=report.stopped_by,
        ),
        frame=frame,
        errors=tuple(errors),
        written=written,
        exit_code=endings.exit_code(
            error=errors[0] if errors else None,
            signal_number=report.signal_number,
            stopped_by=report.stopped_by,
        ),
    )
