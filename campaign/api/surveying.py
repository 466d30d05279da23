"""What a report tells of a campaign, gathered: its list, its calls, its runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from campaign.api.again import PENDING, recorded_listing
from campaign.api.holding import HOLD
from campaign.api.outputs import composed_calls
from campaign.api.redials import kept_policy
from campaign.api.standing import Known, outcomes_now
from campaign.api.suppressing import screened_now
from campaign.config import Settings
from campaign.contacts.zones import Locator
from campaign.dialer.feed import in_thread
from campaign.errors import CampaignError
from campaign.ledger.store import decisive, history_of
from campaign.model import Attempt, Campaign, History, Hold, Outcome, Run
from campaign.outcomes.build import Frame, compose_outcomes, count
from campaign.outcomes.columns import FORGOTTEN
from campaign.outcomes.report import measure
from campaign.outcomes.report.calls import Calls, known
from campaign.outcomes.report.clocks import NOWHERE, Locate, by_key, clocks
from campaign.outcomes.report.facts import Facts, Reason
from campaign.outcomes.report.load import load
from campaign.policy import disposition, lifecycle, redial
from campaign.policy.redial import Policy
from campaign.ports import Ledger

MOST_NEEDS = 100
MOST_REASONS = 300
MOST_RUNS = 12

SKIPPED = "skipped"
"""What a row was that a run did not call, where the list cannot tell any more."""


@dataclass(slots=True, kw_only=True)
class Pass:
    """One pass over all attempts, from which everything else is told; another takes as long."""

    policy: Policy
    calls: Calls = field(default_factory=Calls)
    due_at: datetime | None = None
    forgotten: bool = False

    def over(self, attempts: Iterable[Attempt]) -> Frame:
        """Take up all attempts of a campaign, by contact key and number, as one lean frame."""
        for key, group in groupby(attempts, attrgetter("contact_key")):
            own = list(group)
            last = decisive(own)
            self.calls.take(own, last)
            self.forgotten = self.forgotten or key.startswith(FORGOTTEN)
            # Only these can fall due at a moment of their own.
            if self.policy.attempts > 1 and disposition.of_attempt(last) in self.policy.on:
                self._look_ahead(history_of(own, last=last))
        return self.calls.frame()

    def _look_ahead(self, history: History) -> None:
        due = redial.due(history, self.policy)
        if due is not None and due.at is not None:
            self.due_at = min(due.at, self.due_at or due.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of the list, or what was recorded of them; `note` says why it is the latter.

    `keyed` has `key`, `row` and `call_outcome` of each, `None` without the list; `places` what the
    list says of where contacts are.
    """

    outcomes: Mapping[str, int]
    reasons: tuple[Reason, ...] = ()
    reasons_count: int = 0
    note: str | None = None
    keyed: Frame | None = None
    places: Frame = field(default_factory=lambda: NOWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A campaign as it is looked at for one page."""

    settings: Settings
    ledger: Ledger
    known: Campaign
    running: bool
    now: datetime
    flags: str

    async def facts(self) -> Facts:
        """Read everything that the page tells."""
        name, ledger = self.known.name, self.ledger
        runs, runs_count = await in_thread(self._runs)
        live = await ledger.in_flight(name)
        seen = Pass(policy=kept_policy(self.known))
        calls = await in_thread(lambda: seen.over(ledger.attempts(name)))
        rows = await self._rows(calls, runs, forgotten=seen.forgotten)
        spending = await ledger.spending(name)
        needs, needs_count = await in_thread(
            lambda: measure.needs(calls, rows.keyed, most=MOST_NEEDS)
        )
        return Facts(
            campaign=name,
            list_path=self.known.list_path,
            list_note=rows.note,
            since=self.known.created_at,
            made_at=self.now,
            running=self.running,
            live=sum(attempt.state in lifecycle.LIVE for attempt in live),
            rows=sum(rows.outcomes.values()),
            outcomes=rows.outcomes,
            calls_created=await ledger.calls_created(name),
            spent_usd=spending.spent_usd,
            unpriced=spending.open,
            next_due=seen.due_at or (runs[0].next_due if runs else None),
            runs=runs,
            runs_count=runs_count,
            reasons=rows.reasons,
            reasons_count=rows.reasons_count,
            needs=needs,
            needs_count=needs_count,
            flags=self.flags,
            full_numbers=self.settings.full_numbers,
            **await in_thread(lambda: self._measured(calls, rows.places)),
        )

    def _runs(self) -> tuple[tuple[Run, ...], int]:
        runs = self.ledger.runs(self.known.name)
        newest = tuple(islice(runs, MOST_RUNS))
        return newest, len(newest) + sum(1 for _ in runs)

    async def _rows(self, calls: Frame, runs: tuple[Run, ...], *, forgotten: bool) -> Rows:
        """Tell what became of the list's rows, or of those that the last run recorded."""
        holds = await in_thread(lambda: self._holds(runs))
        try:
            listing = await recorded_listing(self.settings, self.known)
            places = await in_thread(listing.places)
        except CampaignError as error:
            why = str(error.args[0])
            return await in_thread(lambda: _recorded(calls, runs, holds, why))
        screened = await screened_now(listing, self.ledger)
        rows = await self._listed(calls, screened, holds, forgotten=forgotten)
        return replace(rows, places=by_key(screened, places))

    def _holds(self, runs: tuple[Run, ...]) -> list[Hold]:
        """Return why the last run that ended did not call contacts, the newest reason of each."""
        since = next((run.started_at for run in runs if run.ended_at is not None), None)
        if since is None:
            return []
        newest = {hold.contact_key: hold for hold in self.ledger.holds(self.known.name, since)}
        return list(newest.values())

    async def _listed(
        self, calls: Frame, screened: Frame, holds: list[Hold], *, forgotten: bool
    ) -> Rows:
        held = {hold.contact_key: hold.reason for hold in holds if hold.kind == HOLD}
        if forgotten:
            # Whose key is a hash in the ledger: only it can tell which rows they are.
            async with composed_calls(
                screened, self.ledger, self.known.name, pending=PENDING, holds=held
            ) as composed:
                rows = composed.rows
        else:
            rows = await in_thread(
                lambda: compose_outcomes(screened, known(calls), pending=PENDING, holds=held)
            )
        reasons, reasons_count = measure.reasons(rows, most=MOST_REASONS)
        return Rows(
            outcomes=count(rows),
            reasons=reasons,
            reasons_count=reasons_count,
            keyed=screened.select("key", "row").with_columns(rows["call_outcome"]),
        )

    def _measured(self, calls: Frame, places: Frame) -> dict[str, Any]:
        return {
            "steps": measure.steps(calls),
            "clocks": clocks(calls, _zones_by(Locator()), places),
            "load": load(calls, now=self.now, **self._limits()),
            "durations": measure.durations(calls),
            "costs": measure.costs(calls),
        }

    def _limits(self) -> dict[str, Any]:
        """Return what bounded the last run; `None` for what an older one did not record."""
        kept = {n: v for n, v in self.known.options.items() if n in {"cps", "max_live"}}
        limits = Settings.model_validate(kept)
        pace = math.inf if limits.cps is None else limits.cps
        return {
            "max_live": limits.max_live if "max_live" in kept else None,
            "per_second": pace if "cps" in kept else None,
        }


def _zones_by(locator: Locator) -> Locate:
    """Return how the zones of a call's contact are found."""

    def zones(number: str, zone: str | None, region: str | None) -> tuple[str, ...]:
        try:
            return locator.locate(number, zone=zone, region=region).zones
        except ValueError:
            # The contact had another number when it was called, of a country without this region.
            return locator.locate(number, zone=zone).zones

    return zones


def _recorded(calls: Frame, runs: tuple[Run, ...], holds: list[Hold], why: str) -> Rows:
    """Tell of the rows what the last run recorded, and what its calls have come to since."""
    run = runs[0] if runs else None
    counted_at = None if run is None else run.ended_at or run.started_at
    before, since = measure.contacts(calls, counted_at)
    counted = Counter(
        (Outcome.PENDING.value if hold.kind == HOLD else SKIPPED, hold.reason) for hold in holds
    )
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return Rows(
        outcomes=outcomes_now(run, Known(before=before, since=since)),
        reasons=tuple(
            Reason(outcome=outcome, text=text, rows=n)
            for (outcome, text), n in ordered[:MOST_REASONS]
        ),
        reasons_count=len(ordered),
        note=f"{why[:1].upper()}{why[1:]}. The rows are shown as the last run recorded them;"
        " of those without a usable number, it recorded no reason.",
    )
