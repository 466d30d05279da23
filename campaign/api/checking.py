"""`check`: what a run would do with a list, without a call and without the network."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from campaign.api.deciding import SAMPLES, Decided, Decider, Sample
from campaign.api.hours import calling_hours
from campaign.api.opening import existing_ledger
from campaign.api.outlook import look_out
from campaign.api.outputs import Outputs, inputs_of, tally_of, write_rejects
from campaign.api.reading import open_list, refuse_rejects, tell_notices
from campaign.api.sources import campaign_name, ledger_path
from campaign.api.suppressing import screened_now
from campaign.api.variables import heed_variables
from campaign.config import Settings
from campaign.contacts.screen import Listing
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread
from campaign.log import notice
from campaign.model import empty
from campaign.model.moments import whole_second
from campaign.outcomes.build import Frame
from campaign.outcomes.tally import Tally
from campaign.policy.forecast import Forecast

WOULD_CALL = "would be called now"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSummary:
    """A list in numbers before anybody is called; `outcomes` sums to `rows`.

    `normalised` counts the rows that spell their number another way than it is called.
    `reasons` counts the texts of why rows are not called now, `samples` has some rows of each.
    `next_due` is when the next contact falls due of those who are not called now.
    """

    campaign: str
    rows: int
    normalised: int
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]
    next_due: datetime | None
    forecast: Forecast
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=empty, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckResult:
    """What is known of a list: its bad rows as a frame, with the reasons, and the counts."""

    rejected: Frame
    summary: CheckSummary

    def __repr__(self) -> str:
        # A frame would show names and numbers of people in every log.
        counts = ", ".join(f"{n} {outcome}" for outcome, n in self.summary.outcomes.items())
        return f"<CheckResult of {self.summary.campaign!r}: {self.summary.rows} rows; {counts}>"


async def check_list(
    settings: Settings,
    source: Any,
    *,
    config: str | os.PathLike[str] | None,
    notify: Callable[[str], None] = notice,
) -> CheckSummary:
    """Read and screen a list, and decide about every row as a run would that begins now.

    Writes the file of rejects where it was asked for; `strict` raises `ListError` after that. The
    provider is asked only with `preflight`.
    """
    _, summary = await _checked(settings, source, config, notify)
    return summary


async def check_rows(
    settings: Settings,
    source: Any,
    *,
    config: str | os.PathLike[str] | None,
    notify: Callable[[str], None] = notice,
) -> CheckResult:
    """Do as `check_list` does, and read the bad rows again to return them."""
    listing, summary = await _checked(settings, source, config, notify)
    return CheckResult(rejected=await in_thread(listing.rejects), summary=summary)


async def _checked(
    settings: Settings,
    source: Any,
    config: str | os.PathLike[str] | None,
    notify: Callable[[str], None],
) -> tuple[Listing, CheckSummary]:
    path = str(source) if isinstance(source, str | Path) else None
    name, ledger = campaign_name(settings, path), ledger_path(settings, config)
    outputs = replace(Outputs.of(settings, path), out=None, attempts=None)
    outputs.check(inputs_of(path, ledger))
    listing = await open_list(settings, source)
    tell_notices(listing, notify)
    if settings.strict:
        await refuse_rejects(listing, outputs)
    await write_rejects(outputs, listing)
    heed_variables(settings, listing, notify)
    if settings.preflight:
        # What asks the provider takes a while to load, and is asked for seldom.
        from campaign.api.inquiry import inquire
        from campaign.api.preflight import Desk

        await inquire(Desk(settings=settings, listing=listing, notify=notify))
    return listing, await _summary(settings, listing, name, ledger)


async def _summary(settings: Settings, listing: Listing, name: str, path: Path) -> CheckSummary:
    now = SystemClock().now()
    hours = await in_thread(lambda: calling_hours(settings, now))
    async with existing_ledger(path) as ledger:
        screened = await screened_now(listing, ledger)
        found = await tally_of(screened, ledger, name, pending=WOULD_CALL)
        decider = Decider(settings=settings, campaign=name, hours=hours, ledger=ledger, now=now)
        # Who is through with all calls is most of a long list, and nothing is asked about them.
        open_rows = await in_thread(lambda: found.open_rows(settings.attempts))
        outlook = await look_out(decider, listing, screened, open_rows)
        decided = outlook.decided
        await in_thread(lambda: _take_rows(decided, found))
    return CheckSummary(
        campaign=name,
        rows=listing.rows,
        normalised=listing.normalised,
        outcomes=found.outcomes,
        reasons=decided.most_common(),
        next_due=decided.next_due,
        forecast=outlook.forecast,
        samples=decided.samples,
    )


def _take_rows(decided: Decided, found: Tally) -> None:
    """Count the rows that are rejected, suppressed, or came to something that needs a reason."""
    for row, number, reason, rows in found.not_callable(besides=WOULD_CALL, most=SAMPLES):
        decided.add(Sample(row=row + 1, number=number, reason=reason), rows)


def told(summary: CheckSummary) -> dict[str, Any]:
    """Return the document of `check --json`."""
    ahead = summary.forecast
    return {
        "rows": summary.rows,
        "outcomes": dict(summary.outcomes),
        "reasons": dict(summary.reasons),
        "next_due": _iso(summary.next_due),
        "forecast": {
            "finish": _iso(ahead.finish),
            "calls": ahead.calls,
            "cost_usd": None if ahead.cost_usd is None else round(ahead.cost_usd, 2),
        },
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else whole_second(moment)
