"""`status`: the campaigns of a ledger and how far they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from campaign.api.opening import existing_ledger
from campaign.api.redials import kept_policy
from campaign.dialer.feed import in_thread
from campaign.errors import ConfigError
from campaign.ledger.lock import holder
from campaign.model import Attempt, AttemptState, Campaign, Outcome, Run, Spending
from campaign.model.moments import whole_second
from campaign.outcomes.ahead import first_due
from campaign.outcomes.contacts import by_outcome, contacts_of, parts_of
from campaign.ports import DATED, Ledger

NOT_ATTEMPTED = (Outcome.REJECTED, Outcome.SUPPRESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One campaign now; `outcomes` sums to `rows`, those of its list when it last ran.

    `next_due` is when the first contact that waits for a redial falls due, past or not; where
    nobody waits, what the last run said. `lives` are the live calls, oldest first. `run` is the
    last one, which may be under way; `created` and `spending` are those of the whole campaign.
    """

    campaign: str
    rows: int
    outcomes: Mapping[str, int]
    live: int
    next_due: datetime | None
    running: bool
    pid: int | None = None
    list_path: str = ""
    run: Run | None = None
    lives: Sequence[Attempt] = ()
    created: int = 0
    spending: Spending = field(default_factory=Spending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Contacts that were attempted, by outcome: before the last run counted its list, and since."""

    before: Counter[str]
    since: Counter[str]


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
    lives = [
        a for a in await ledger.in_flight(campaign.name) if a.state is not AttemptState.UNKNOWN
    ]
    known, due_at = await in_thread(lambda: _stand(ledger, campaign, run))
    held = holder(path, campaign.name)
    return Status(
        campaign=campaign.name,
        rows=run.rows if run else 0,
        outcomes=outcomes_now(run, known),
        live=len(lives),
        next_due=due_at or (run.next_due if run else None),
        running=held is not None,
        pid=held.pid if held else None,
        list_path=campaign.list_path,
        run=run,
        lives=sorted(lives, key=began_at),
        created=await ledger.calls_created(campaign.name),
        spending=await ledger.spending(campaign.name),
    )


def began_at(attempt: Attempt) -> datetime:
    """Return when a call was created; while that is under way, when its record was made."""
    return attempt.placed_at or attempt.intent_at


def _stand(ledger: Ledger, campaign: Campaign, run: Run | None) -> tuple[Known, datetime | None]:
    """Return who was attempted, and when the first who waits for a redial falls due."""
    with ledger.snapshot(campaign.name) as snapshot:
        contacts = contacts_of(parts_of(snapshot.tries(DATED), DATED))
        due_at = first_due(contacts, kept_policy(campaign), snapshot.attempts)
    before, since = by_outcome(contacts, None if run is None else run.ended_at or run.started_at)
    return Known(before=before, since=since), due_at


def outcomes_now(run: Run | None, known: Known) -> dict[str, int]:
    """Return the outcomes of the last run's list as they stand; they sum to its rows.

    The run counted them when it began, and again when it ended; calls go on and end meanwhile.
    Whoever was attempted by then is one of those it counted, unless the list has lost contacts:
    which of them are on it cannot be told without it, so that only what came since is added.
    """
    if run is None:
        return {}
    kept = {outcome.value: run.outcomes.get(outcome, 0) for outcome in NOT_ATTEMPTED}
    pending = run.outcomes.get(Outcome.PENDING, 0)
    attempted = run.rows - sum(kept.values()) - pending
    if known.before.total() <= attempted:
        counted = known.before + known.since + Counter(kept)
    else:
        counted = Counter(run.outcomes) + known.since
    counted[Outcome.PENDING.value] = 0
    counted[Outcome.PENDING.value] = run.rows - counted.total()
    return {outcome.value: n for outcome in Outcome if (n := counted[outcome.value]) > 0}


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
