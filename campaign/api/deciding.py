"""What a run would decide about each contact of a list at this moment, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaign.api.hours import CallingHours, where
from campaign.api.redials import policy_of
from campaign.config import Settings
from campaign.contacts import heading
from campaign.contacts.screen import Listing
from campaign.dialer.feed import in_thread, threaded
from campaign.model import NOWHERE, Contact, Location
from campaign.policy import admission, redial
from campaign.policy.admission import Later, Never, Now
from campaign.policy.caps import longest_window_s
from campaign.policy.forecast import STEP_S, Group
from campaign.policy.hours import Closed
from campaign.policy.redial import Due
from campaign.ports import Ledger

SAMPLES = 3
"""Rows that are shown for each reason."""

OCCUPIED = "another call to this number is live or of unknown outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A row that is not called now, counted from 1, its number where it has one, and why."""

    row: int
    number: str | None
    reason: str


@dataclass(slots=True)
class Decided:
    """What was decided so far: who would be called when, and who would not and why.

    `reasons` are without their details. `waiting` has how many calls may be placed at one place,
    from when on, with how many redials left. `next_due` is when the first of those who are not
    called now falls due.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    waiting: Counter[tuple[Location, datetime | None, int]] = field(default_factory=Counter)
    next_due: datetime | None = None

    def hold(self, contact: Contact, reason: str) -> None:
        """Count a contact that is due and not called now."""
        self.add(Sample(row=contact.row + 1, number=contact.to_number, reason=reason), 1)

    def add(self, sample: Sample, rows: int) -> None:
        """Count rows of one reason, and keep the first few."""
        head = heading(sample.reason).partition(" (")[0]
        self.reasons[head] += rows
        kept = self.samples.setdefault(head, [])
        if len(kept) < SAMPLES:
            kept.append(sample)

    def due(self, at: datetime | None) -> None:
        """Take note of when somebody falls due."""
        if at is not None and (self.next_due is None or at < self.next_due):
            self.next_due = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Decides as a run of the campaign would that begins at `now`."""

    settings: Settings
    campaign: str
    hours: CallingHours
    ledger: Ledger
    now: datetime

    async def decide(self, listing: Listing) -> Decided:
        """Return what is decided of the list's callable rows; suppressed numbers are left out."""
        decided = Decided()
        new = await self.ledger.intents() == 0
        guarded = await in_thread(lambda: next(self.ledger.suppressions(), None) is not None)
        async for contacts in threaded(listing.contacts):
            meant = await self._callable(contacts) if guarded else contacts
            dues = await self._dues(meant, new=new)
            known = _Known() if new else await self._known(dues)
            for contact, due in dues:
                self._decide(decided, contact, due, known)
        return decided

    async def _callable(self, contacts: Sequence[Contact]) -> Sequence[Contact]:
        listed = await self.ledger.suppressed([contact.to_number for contact in contacts])
        return [contact for contact in contacts if contact.to_number not in listed]

    def groups(self, decided: Decided) -> list[Group]:
        """Return who would be called, by where they are and when they may be called."""
        return [
            Group(calls=n, opens=self._opens(location), at=at, tries=tries)
            for (location, at, tries), n in decided.waiting.items()
        ]

    async def _dues(self, contacts: Sequence[Contact], *, new: bool) -> list[tuple[Contact, Due]]:
        """Return the contacts that are due, now or later; all of them in a new ledger."""
        keys = [] if new else [contact.key for contact in contacts]
        histories = await self.ledger.histories(self.campaign, keys) if keys else {}
        policy = policy_of(self.settings)
        dues = ((contact, redial.due(histories.get(contact.key), policy)) for contact in contacts)
        return [(contact, due) for contact, due in dues if due is not None]

    async def _known(self, dues: Sequence[tuple[Contact, Due]]) -> _Known:
        """Ask the ledger about the numbers of those who are due now."""
        contacts = [contact for contact, due in dues if not self._waits(due)]
        numbers = [contact.to_number for contact in contacts]
        every = {cap for contact in contacts for cap in self.hours.caps(contact)}
        window_s = longest_window_s(every, self.settings.min_gap)
        since = self.now - timedelta(seconds=window_s)
        return _Known(
            occupied=await self.ledger.occupied(numbers),
            calls=await self.ledger.calls_to(numbers, since) if window_s else {},
        )

    def _waits(self, due: Due) -> bool:
        return due.at is not None and due.at > self.now

    def _decide(self, decided: Decided, contact: Contact, due: Due, known: _Known) -> None:
        at = due.at
        if not self._waits(due):
            verdict = self._verdict(contact, known)
            at = verdict.at if isinstance(verdict, Later) else None
            if not isinstance(verdict, Now):
                decided.hold(contact, verdict.reason)
                if at is None:
                    return  # nobody can tell when
        decided.due(at)
        place = NOWHERE if self.hours.any_hour else where(contact)
        tries = max(self.settings.attempts - due.attempt, 0)
        decided.waiting[place, _rounded(at, self.now), tries] += 1

    def _verdict(self, contact: Contact, known: _Known) -> Now | Later | Never:
        if contact.to_number in known.occupied:
            return Later(at=None, reason=OCCUPIED)
        return admission.admit(
            contact,
            now=self.now,
            opening=self.hours.opening,
            calls_at=known.calls.get(contact.to_number, ()),
            caps=self.hours.caps(contact),
            min_gap_s=self.settings.min_gap,
        )

    def _opens(self, location: Location) -> _Opens:
        return _Opens(hours=self.hours, location=location)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opens:
    """When calls may be placed to people of one place."""

    hours: CallingHours
    location: Location

    def __call__(self, at: datetime) -> datetime | None:
        verdict = self.hours.open_at(self.location, at)
        return verdict.next_open if isinstance(verdict, Closed) else at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the ledger knows of some numbers."""

    occupied: frozenset[str] = frozenset()
    calls: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


def _rounded(at: datetime | None, now: datetime) -> datetime | None:
    """Return a moment put off to the end of its step: contacts that wait are counted by it."""
    if at is None:
        return None
    steps = -(-(at - now).total_seconds() // STEP_S)
    return now + timedelta(seconds=steps * STEP_S)
