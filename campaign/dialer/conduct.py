"""Conducting a run: what goes on beside the placing, and in which order it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import anyio

from campaign.dialer.plan import Plan, Report
from campaign.dialer.pulse import Pulse
from campaign.dialer.run import Run
from campaign.dialer.stop import Stop, watch_deadline, watch_signals
from campaign.errors import CampaignError
from campaign.ports import Clock, ContactFeed, Ledger, Progress, Provider

HEED_S = 1.0
"""How often a run looks for a request to stop."""


async def dial(
    plan: Plan,
    *,
    ledger: Ledger,
    provider: Provider,
    clock: Clock,
    feed: ContactFeed,
    progress: Progress,
    stop: Stop,
    beat: Callable[[int], None] = lambda _: None,
    on_signal: Callable[[int, bool], None] | None = None,
) -> Report:
    """Place the calls that are due and follow them; return how it went.

    `beat` takes signs of life, one before each create and one a second: the highest attempt id
    that the ledger holds.
    `on_signal` makes SIGINT, SIGTERM and SIGHUP drain the run and is told of each. Raises
    `LedgerError` where nothing can be recorded: what was on the wire is then in the ledger as an
    intent, and unknown.
    """
    pulse = Pulse(beat)
    if plan.settle_until is None:
        pulse.begin(await ledger.intents())
    run = Run(
        plan,
        ledger=ledger,
        provider=provider,
        clock=clock,
        feed=feed,
        progress=progress,
        stop=stop,
        pulse=pulse,
    )
    try:
        with stop.everything:
            async with anyio.create_task_group() as group:
                if on_signal is not None:
                    group.start_soon(watch_signals, stop, on_signal)
                if plan.until is not None:
                    group.start_soon(watch_deadline, stop, plan.until, clock)
                group.start_soon(pulse.go_on)
                group.start_soon(_heed_stop, run, ledger, plan.campaign, clock.now(), stop)
                await _go(run, plan, stop)
                group.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise _cause(group) from group
    run.report.settled = pulse.begun
    return _closed(run.report, stop)


async def _go(run: Run, plan: Plan, stop: Stop) -> None:
    """Take up what is live, place what is due, follow it to its end."""
    await run.take_up()
    async with anyio.create_task_group() as group:
        group.start_soon(run.follower.run)
        group.start_soon(run.reconciler.run)
        with stop.placing:
            await run.place_all()
        # What ends now ends by itself: a deadline that passes from here on stops nothing.
        run.report.stopped_by = stop.reason
        if plan.follow:
            with stop.following:
                await run.follow_all()
        group.cancel_scope.cancel()


async def _heed_stop(run: Run, ledger: Ledger, campaign: str, since: datetime, stop: Stop) -> None:
    """Heed `campaign stop`; only a request made after `since` is meant for this run."""
    hung_up = False
    while True:
        asked = await ledger.stop_requested(campaign, since)
        if asked is not None:
            stop.request("stop")
        if asked is not None and asked.hang_up and not hung_up:
            hung_up = True
            await run.follower.hang_up()
        await anyio.sleep(HEED_S)


def _closed(report: Report, stop: Stop) -> Report:
    report.error = stop.error
    report.signal_number = stop.signal_number
    if stop.error is not None:
        report.stopped_by = "halt"
    elif stop.signal_number is not None or stop.everything.cancel_called:
        report.stopped_by = "signal"
    return report


def _cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what a command can end with, where the tasks of a run failed together."""
    ours = group.subgroup(CampaignError)
    if ours is None:
        return group
    first: BaseException = ours
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
