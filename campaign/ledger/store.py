"""What outlives a `MemoryLedger`: values in dictionaries, changed in whole steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.fold import KILLED
from campaign.ledger.found import (
    Place,
    Step,
    intent_of,
    is_known,
    is_under_way,
    place_of,
    rebuilt,
    steps,
)
from campaign.ledger.pace import Schedule
from campaign.model import (
    Attempt,
    AttemptState,
    Campaign,
    Event,
    Found,
    History,
    Run,
    Spending,
    StopRequest,
)
from campaign.policy import purse
from campaign.policy.lifecycle import CREATED, IN_FLIGHT
from campaign.policy.redial import UNDIALABLE, UNREACHED, is_final


class Store:
    """What outlives a `MemoryLedger`, as a file outlives a process."""

    def __init__(self) -> None:
        self.base_url: str | None = None
        self.account: str | None = None
        self.writers = 0
        self.campaigns: dict[str, Campaign] = {}
        self.attempts: dict[int, Attempt] = {}
        self.starts: dict[int, datetime] = {}
        self.contacts: dict[tuple[str, str], dict[int, int]] = {}
        self.in_flight: dict[int, Attempt] = {}
        self.schedules: dict[str, Schedule] = {}
        self.events: list[Event] = []
        self.runs: list[Run] = []
        self.stops: list[tuple[str, StopRequest]] = []

    def require(self, campaign: str) -> None:
        """Raise `ConfigError` where a campaign was never opened."""
        if campaign not in self.campaigns:
            raise unknown_campaign(campaign)

    def put(self, attempt: Attempt) -> None:
        """Keep the newest state of an attempt."""
        self.attempts[attempt.id] = attempt
        self.contacts.setdefault((attempt.campaign, attempt.contact_key), {})[attempt.attempt] = (
            attempt.id
        )
        if attempt.state in IN_FLIGHT:
            self.in_flight[attempt.id] = attempt
        else:
            self.in_flight.pop(attempt.id, None)

    def at(self, place: Place) -> Attempt | None:
        """Return the attempt of a contact, if there is one."""
        campaign, key, number = place
        known = self.contacts.get((campaign, key), {}).get(number)
        return None if known is None else self.attempts[known]

    def history(self, campaign: str, key: str) -> History | None:
        """Return the attempts of one contact in short."""
        ids = self.contacts.get((campaign, key))
        if ids is None:
            return None
        attempts = [self.attempts[ids[number]] for number in sorted(ids)]
        return history_of(attempts, last=attempts[-1])

    def other_in_flight(self, place: Place) -> int | None:
        """Return the number of another attempt of the same contact that is live or unknown."""
        campaign, key, attempt = place
        ids = self.contacts.get((campaign, key), {})
        flying = [number for number, known in ids.items() if known in self.in_flight]
        return min((number for number in flying if number != attempt), default=None)

    def sorted(self, campaign: str) -> list[Attempt]:
        """Return the attempts of a campaign by contact key and number."""
        own = [attempt for attempt in self.attempts.values() if attempt.campaign == campaign]
        return sorted(own, key=attrgetter("contact_key", "attempt"))

    def adopt(self, found: Sequence[Found]) -> list[Attempt]:
        """Record the calls that are not known, all of them or none; return their attempts."""
        staged: dict[Place, Attempt] = {}
        taken: list[Step] = []
        starts = dict[int, datetime]()
        for one in found:
            self.require(one.campaign)
            place = place_of(one)
            attempt = staged.get(place) or self.at(place)
            if attempt is None:
                intent = intent_of(one)
                attempt = rebuilt(len(self.attempts) + len(starts) + 1, intent)
                starts[attempt.id] = intent.starts_at
            elif is_under_way(attempt.state) or (
                attempt.call is not None and is_known(attempt.call.call_id, one)
            ):
                continue
            starts_at = starts.get(attempt.id) or self.starts[attempt.id]
            taken += steps(attempt, one, starts_at=starts_at)
            staged[place] = taken[-1][0]
        self.starts.update(starts)
        for attempt, event in taken:
            self.put(attempt)
            self.events.append(event)
        return list(staged.values())

    def start(self, run: Run) -> int:
        """Begin a run, and end those of its campaign that were killed."""
        self.require(run.campaign)
        for n, old in enumerate(self.runs):
            if old.campaign == run.campaign and old.ended_at is None:
                self.runs[n] = replace(old, ended_at=run.started_at, stopped_by=KILLED)
        self.runs.append(run)
        return len(self.runs)


def history_of(attempts: Sequence[Attempt], *, last: Attempt) -> History:
    """Return a contact's attempts in short, with one of them as the last."""
    created = [attempt.call for attempt in attempts if attempt.state in CREATED]
    reasons = [call.disconnection_reason for call in created if call is not None]
    return History(
        last=last,
        created=len(created),
        unreached=sum(reason in UNREACHED for reason in reasons),
        undialable=reasons.count(UNDIALABLE),
        final=sum(map(is_final, attempts)),
    )


def decisive(attempts: Sequence[Attempt]) -> Attempt:
    """Return the attempt that tells what became of a contact: withheld only if all of them are."""
    return max(attempts, key=lambda one: (one.state is not AttemptState.WITHHELD, one.attempt))


def spending_of(attempts: Iterable[Attempt]) -> Spending:
    """Return what the calls of these attempts cost so far."""
    costs: list[float] = []
    may_cost = 0
    for attempt in attempts:
        call = attempt.call
        if call is not None and call.cost_usd is not None:
            costs.append(call.cost_usd)
        if attempt.state in IN_FLIGHT:
            may_cost += 1
        elif attempt.state is AttemptState.ENDED and call is not None:
            may_cost += purse.may_cost(call)
    return Spending(spent_usd=math.fsum(costs), priced=len(costs), open=may_cost)
