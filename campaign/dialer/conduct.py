"""Conducting a run: what goes on beside the placing, and in which order it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import anyio

from campaign.dialer.fresh import keep_fresh
from campaign.dialer.means import KeepDocument, Means, Renewal
from campaign.dialer.plan import Plan, Report
from campaign.dialer.pulse import Pulse
from campaign.dialer.run import Run
from campaign.dialer.stop import Stop, watch_deadline, watch_signals
from campaign.dialer.throttle import Patient, Throttle
from campaign.errors import CampaignError
from campaign.policy.requests import BUDGETS, Budget, Limiter
from campaign.ports import Clock, ContactFeed, Ledger, News, Progress, Provider

HEED_S = 1.0
"""How often a run looks for a request to stop, and says how far it is."""


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
    news: News | None = None,
    keep_document: KeepDocument | None = None,
    renewal: Renewal | None = None,
) -> Report:
    """Place the calls that are due and follow them; return how it went.

    What the keywords are is said by `Means`. Raises `LedgerError` where nothing can be recorded:
    what was on the wire is then in the ledger as an intent, and unknown.
    """
    throttle = Throttle(_budgets(plan))
    means = Means(
        ledger=ledger,
        provider=Patient(provider, throttle),
        clock=clock,
        feed=feed,
        progress=progress,
        stop=stop,
        beat=beat,
        on_signal=on_signal,
        news=news,
        keep_document=keep_document,
        renewal=renewal,
    )
    return await _conduct(plan, means, throttle)


def _budgets(plan: Plan) -> dict[Limiter, Budget]:
    """Return the budgets of requests: without a pace, creates are not counted either."""
    return {
        limiter: budget
        for limiter, budget in BUDGETS.items()
        if not (plan.pace is None and limiter is Limiter.CALL)
    }


async def _conduct(plan: Plan, means: Means, throttle: Throttle) -> Report:
    stop, pulse = means.stop, Pulse(means.beat)
    if plan.settle_until is None:
        pulse.begin(await means.ledger.intents())
    run = Run(plan, means, throttle=throttle, pulse=pulse)
    try:
        with stop.everything:
            async with anyio.create_task_group() as group:
                if means.on_signal is not None:
                    group.start_soon(watch_signals, stop, means.on_signal)
                if plan.until is not None:
                    group.start_soon(watch_deadline, stop, plan.until, means.clock)
                group.start_soon(pulse.go_on)
                group.start_soon(_keep_up, run, means, plan.campaign, means.clock.now())
                await _go(run, plan, means)
                group.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise _cause(group) from group
    return _closed(run, pulse, stop)


async def _go(run: Run, plan: Plan, means: Means) -> None:
    """Take up what is live, place what is due, follow it to its end."""
    stop = means.stop
    await run.take_up()
    async with anyio.create_task_group() as group:
        group.start_soon(run.follower.run)
        group.start_soon(run.reconciler.run)
        group.start_soon(run.documents.run)
        if means.news is not None:
            group.start_soon(_listen, means.news, run)
        if means.renewal is not None:
            group.start_soon(keep_fresh, means.renewal, run.report.holds)
        async with anyio.create_task_group() as beside:
            beside.start_soon(run.allotment.ask_on)
            with stop.placing:
                await run.place_all()
            beside.cancel_scope.cancel()
        # What ends now ends by itself: a deadline that passes from here on stops nothing.
        run.report.stopped_by = stop.reason if run.queue.has_left else None
        run.teller.tally.following = True
        run.tell()
        if plan.follow:
            with stop.following:
                await run.follow_all()
        group.cancel_scope.cancel()
    await run.queue.close()


async def _listen(news: News, run: Run) -> None:
    await news(run.told)


async def _keep_up(run: Run, means: Means, campaign: str, since: datetime) -> None:
    """Tell how far the run is, and heed `campaign stop`: a request made after `since`."""
    hung_up = False
    while True:
        run.tell()
        asked = await means.ledger.stop_requested(campaign, since)
        if asked is not None:
            means.stop.request("stop")
        if asked is not None and asked.hang_up and not hung_up:
            hung_up = True
            await run.follower.hang_up()
        await anyio.sleep(HEED_S)


def _closed(run: Run, pulse: Pulse, stop: Stop) -> Report:
    report = run.report
    run.teller.tally.over = True
    run.tell()
    report.finished = run.queue.finished
    report.settled = pulse.begun
    report.next_due = run.queue.next_due
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
