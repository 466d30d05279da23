"""What outlives a `MemoryLedger`: values in dictionaries, changed in whole steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from secrets import token_bytes

from campaign.ledger import telling
from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.fold import KILLED, after
from campaign.ledger.forgetting import (
    SECRET_BYTES,
    erased,
    filed_as,
    hidden,
    is_hidden,
    kept,
    still_called,
)
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
from campaign.ledger.persons import Persons
from campaign.model import (
    Attempt,
    AttemptState,
    Campaign,
    Episode,
    Event,
    Found,
    History,
    Hold,
    Intent,
    Run,
    Spending,
    StopRequest,
    Suppression,
)
from campaign.policy import caps, purse
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
        self.by_number: dict[str, set[int]] = {}
        self.persons = Persons()
        self.runs: list[Run] = []
        self.stops: list[tuple[str, StopRequest]] = []

    def require(self, campaign: str) -> None:
        """Raise `ConfigError` where a campaign was never opened."""
        if campaign not in self.campaigns:
            raise unknown_campaign(campaign)

    def put(self, attempt: Attempt) -> None:
        """Keep the newest state of an attempt."""
        known = self.attempts.get(attempt.id)
        if known is not None:
            self.by_number[known.to_number].discard(known.id)
        self.by_number.setdefault(attempt.to_number, set()).add(attempt.id)
        self.attempts[attempt.id] = attempt
        self.contacts.setdefault((attempt.campaign, attempt.contact_key), {})[attempt.attempt] = (
            attempt.id
        )
        if attempt.state in IN_FLIGHT:
            self.in_flight[attempt.id] = attempt
        else:
            self.in_flight.pop(attempt.id, None)

    def record(self, event: Event) -> Attempt:
        """Append an event and return the attempt after it; an illegal one raises, unchanged."""
        known = self.attempts.get(event.id)
        if known is None:
            raise LookupError(f"the ledger has no attempt {event.id!r}")
        event = kept(known, event)
        attempt = after(known, event, starts_at=self.starts[event.id])
        self.put(attempt)
        self.events.append(event)
        if event.opt_out is not None:
            asked = Suppression(number=attempt.to_number, reason=event.opt_out, at=event.at)
            self.persons.suppress([asked])
        return attempt

    def flying(self, campaign: str) -> list[Attempt]:
        """Return the attempts of a campaign that are live or unknown, oldest first."""
        flying = self.in_flight
        return [flying[number] for number in sorted(flying) if flying[number].campaign == campaign]

    def at(self, place: Place) -> Attempt | None:
        """Return the attempt of a contact, if there is one."""
        campaign, key, number = place
        known = self._ids(campaign, key).get(number)
        return None if known is None else self.attempts[known]

    def history(self, campaign: str, key: str) -> History | None:
        """Return the attempts of one contact in short."""
        ids = self._ids(campaign, key)
        if not ids:
            return None
        attempts = [self.attempts[ids[number]] for number in sorted(ids)]
        return history_of(attempts, last=attempts[-1])

    def other_in_flight(self, place: Place) -> int | None:
        """Return the number of another attempt of the same contact that is live or unknown."""
        campaign, key, attempt = place
        ids = self._ids(campaign, key)
        flying = [number for number, known in ids.items() if known in self.in_flight]
        return min((number for number in flying if number != attempt), default=None)

    def busy(self, number: str) -> str | None:
        """Return the campaign that has a live or unknown call to a number, if one has."""
        for name in self.persons.names(number):
            flying = [one for one in self.by_number.get(name, ()) if one in self.in_flight]
            if flying:
                return self.attempts[min(flying)].campaign
        return None

    def to(self, number: str) -> list[Attempt]:
        """Return the attempts to a number, by whatever name."""
        names = self.persons.names(number)
        return [self.attempts[n] for name in names for n in sorted(self.by_number.get(name, ()))]

    def calls_at(self, number: str, since: datetime) -> list[datetime]:
        """Return when a number got calls that count, oldest first."""
        calls = [one.intent_at for one in self.to(number) if caps.counts(one)]
        return sorted(at for at in calls if at >= since)

    def contact_name(self, campaign: str, key: str) -> str:
        """Return the name under which a contact's next attempt is kept: that of its others."""
        name = self.persons.names(key)[-1]
        return name if (campaign, name) in self.contacts else key

    def filed(self, campaign: str, key: str, number: str) -> tuple[str, str]:
        """Return the names under which what comes late is noted of a contact and its number."""
        hidden = self.persons.hidden_number(number)
        if hidden is not None and (campaign, key) not in self.contacts:
            return self.persons.names(key)[-1], hidden
        return self.contact_name(campaign, key), number

    def sorted(self, campaign: str) -> list[Attempt]:
        """Return the attempts of a campaign by contact key and number."""
        own = [attempt for attempt in self.attempts.values() if attempt.campaign == campaign]
        return sorted(own, key=attrgetter("contact_key", "attempt"))

    def adopt(self, found: Sequence[Found]) -> list[Attempt]:
        """Record the calls that are not known, all of them or none; return their attempts."""
        staged: dict[Place, Attempt] = {}
        taken: list[Step] = []
        asked: list[Suppression] = []
        starts = dict[int, datetime]()
        for one in found:
            self.require(one.campaign)
            place = place_of(one)
            attempt = staged.get(place) or self.at(place)
            if attempt is None:
                intent = self._filed(intent_of(one))
                attempt = rebuilt(len(self.attempts) + len(starts) + 1, intent)
                starts[attempt.id] = intent.starts_at
            elif is_under_way(attempt.state) or (
                attempt.call is not None and is_known(attempt.call.call_id, one)
            ):
                continue
            starts_at = starts.get(attempt.id) or self.starts[attempt.id]
            taken += steps(attempt, one, starts_at=starts_at)
            staged[place] = taken[-1][0]
            if one.opt_out is not None:
                number = staged[place].to_number
                asked.append(Suppression(number=number, reason=one.opt_out, at=one.at))
        self.starts.update(starts)
        for attempt, event in taken:
            self.put(attempt)
            self.events.append(event)
        self.persons.suppress(asked)
        return list(staged.values())

    def hold(self, holds: Sequence[Hold]) -> None:
        """Remember why contacts were not called; all of them or none."""
        for hold in holds:
            self.require(hold.campaign)
        for hold in holds:
            key, number = self.filed(hold.campaign, hold.contact_key, hold.to_number)
            self.persons.hold(replace(hold, contact_key=key, to_number=number))

    def story(self, number: str) -> list[Episode]:
        """Return everything known of a number, oldest first."""
        attempts = {one.id: one for one in self.to(number)}
        verdicts = [
            telling.judged(event.at, attempts[event.id].campaign, event.error)
            for event in self.events
            if event.id in attempts and event.kind in telling.VERDICTS
        ]
        tried = map(telling.attempted, attempts.values())
        return telling.in_order([*tried, *verdicts, *self.persons.episodes(number)])

    def forget(self, number: str, at: datetime) -> int:
        """Put hashes in the place of a number and its contacts, and empty the texts."""
        if self.busy(number) is not None:
            raise still_called(number)
        secret = self.persons.secret or token_bytes(SECRET_BYTES)
        self.persons.secret = secret
        self.persons.forget(secret, number, at)
        own = [self.attempts[n] for n in self.by_number.get(number, set()).copy()]
        for attempt in own:
            self.put(erased(secret, attempt))
        ids = {attempt.id for attempt in own}
        self.events = [
            replace(one, call=None, error=None) if one.id in ids else one for one in self.events
        ]
        for campaign, key in {(attempt.campaign, attempt.contact_key) for attempt in own}:
            self._forget_contact(secret, campaign, key)
        return len(own)

    def _forget_contact(self, secret: bytes, campaign: str, key: str) -> None:
        self.persons.forget_contact(campaign, key)
        if not is_hidden(key):
            for n in self.contacts.pop((campaign, key)).values():
                self.put(replace(self.attempts[n], contact_key=hidden(secret, key)))

    def _filed(self, intent: Intent) -> Intent:
        if self.persons.secret is None:
            return intent
        place = self.filed(intent.campaign, intent.contact_key, intent.to_number)
        return filed_as(self.persons.secret, intent, *place)

    def _ids(self, campaign: str, key: str) -> Mapping[int, int]:
        names = self.persons.names(key)
        found = (self.contacts.get((campaign, name)) for name in names)
        return next(filter(None, found), {})

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
