"""`status`: the campaigns of a ledger and how far they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from campaign.api.opening import existing_ledger
from campaign.dialer.feed import in_thread
from campaign.errors import ConfigError
from campaign.ledger.lock import holder
from campaign.model import AttemptState, Campaign, Outcome, Run
from campaign.outcomes.summary import whole_second
from campaign.policy import disposition
from campaign.ports import Ledger

NOT_ATTEMPTED = (Outcome.REJECTED, Outcome.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One campaign now; `outcomes` sums to `rows`, those of its list when it last ran."""

    campaign: str
    rows: int
    outcomes: Mapping[str, int]
    live: int
    next_due: datetime | None
    running: bool


async def status(ledger: Path, name: str | None = None) -> list[Status]:
    """Return the campaigns of a ledger, oldest first, or the one called `name`."""
    if name is not None and not ledger.exists():
        raise _unknown(name, ledger)
    async with existing_ledger(ledger) as opened:
        known = [c for c in await opened.campaigns() if name is None or c.name == name]
        if name is not None and not known:
            raise _unknown(name, ledger)
        return [await _status(opened, campaign, ledger) for campaign in known]


def _unknown(name: str, ledger: Path) -> ConfigError:
    return ConfigError(
        f"there is no campaign {name!r} in the ledger {str(ledger)!r}",
        hint="`campaign status` lists those there are; --ledger names another ledger",
    )


async def _status(ledger: Ledger, campaign: Campaign, path: Path) -> Status:
    run = await ledger.last_run(campaign.name)
    live = await ledger.in_flight(campaign.name)
    rows = run.rows if run else 0
    attempted = await in_thread(lambda: _attempted(ledger, campaign.name))
    return Status(
        campaign=campaign.name,
        rows=rows,
        outcomes=outcomes_now(run, attempted),
        live=sum(attempt.state is not AttemptState.UNKNOWN for attempt in live),
        next_due=run.next_due if run else None,
        running=holder(path, campaign.name) is not None,
    )


def _attempted(ledger: Ledger, name: str) -> Counter[str]:
    return Counter(disposition.of_attempt(history.last).value for _, history in ledger.latest(name))


def outcomes_now(run: Run | None, attempted: Mapping[str, int]) -> dict[str, int]:
    """Return the outcomes of the last run's list as they stand; they sum to its rows.

    A run that has ended has counted them, and nothing has changed since unless calls have ended;
    one under way (or killed) knows its rejects, and whoever is not attempted is pending.
    """
    if run is None:
        return {}
    if run.ended_at is not None:
        return dict(run.outcomes)
    kept = {outcome.value: run.outcomes.get(outcome, 0) for outcome in NOT_ATTEMPTED}
    pending = max(0, run.rows - sum(kept.values()) - sum(attempted.values()))
    counted = {**attempted, Outcome.PENDING.value: pending, **kept}
    return {outcome.value: n for outcome in Outcome if (n := counted.get(outcome, 0))}


def told(statuses: list[Status]) -> list[dict[str, Any]]:
    """Return the document of `status --json`."""
    return [
        {
            "campaign": one.campaign,
            "rows": one.rows,
            "outcomes": dict(one.outcomes),
            "live": one.live,
            "next_due": None if one.next_due is None else whole_second(one.next_due),
            "running": one.running,
        }
        for one in statuses
    ]
