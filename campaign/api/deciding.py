"""What a run would decide about each contact of a list at this moment, counted."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

from campaign.api.hours import CallingHours
from campaign.api.redials import policy_of
from campaign.config import Settings
from campaign.contacts import heading
from campaign.contacts.chosen import Rows, callable_rows, parted
from campaign.contacts.screen import Listing
from campaign.contacts.whereabouts import Together, Whereabouts
from campaign.dialer.feed import in_thread, threaded
from campaign.model import NOWHERE, Contact, Location
from campaign.outcomes.build import Frame, Mask
from campaign.policy import admission, redial
from campaign.policy.admission import Later, Never, Now
from campaign.policy.caps import longest_window_s
from campaign.policy.forecast import STEP_S, Group
from campaign.policy.hours import Closed
from campaign.policy.redial import Due
from campaign.ports import Ledger

SAMPLES = 3
"""Rows that are shown for each reason."""

BATCH = 20_000
"""Contacts that the ledger is asked about at once."""

OCCUPIED = "another call to this number is live or of unknown outcome"


Turn = tuple[Location, datetime | None, int]
"""Calls that may be placed at the same moments: where, from when on, with how many redials."""


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
    from when on, with how many redials left; `first` the first row of each of its groups.
    `next_due` is when the first of those who are not called now falls due.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    waiting: Counter[Turn] = field(default_factory=Counter)
    first: dict[Turn, int] = field(default_factory=dict)
    next_due: datetime | None = None

    def add(self, sample: Sample, rows: int) -> None:
        """Count rows of one reason, and keep the first few."""
        head = heading(sample.reason).partition(" (")[0]
        self.reasons[head] += rows
        kept = self.samples.setdefault(head, [])
        if len(kept) < SAMPLES or sample.row < kept[-1].row:
            insort(kept, sample, key=attrgetter("row"))
            del kept[SAMPLES:]

    def call(self, turn: Turn, *, rows: int, first: int) -> None:
        """Take note of so many calls, the first of them of the row `first`."""
        self.waiting[turn] += rows
        self.first[turn] = min(first, self.first.get(turn, first))

    def due(self, at: datetime | None) -> None:
        """Take note of when somebody falls due."""
        if at is not None and (self.next_due is None or at < self.next_due):
            self.next_due = at

    def most_common(self) -> dict[str, int]:
        """Return the reasons, the most frequent first; of two alike, that of the earlier row."""
        firsts = {head: kept[0].row for head, kept in self.samples.items()}
        return dict(sorted(self.reasons.items(), key=lambda one: (-one[1], firsts[one[0]])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Decides as a run of the campaign would that begins at `now`.

    Most contacts are not in the ledger: what is decided about them depends on where they may be,
    and is decided once for each such place. About the others it is decided one by one.
    """

    settings: Settings
    campaign: str
    hours: CallingHours
    ledger: Ledger
    now: datetime

    async def decide(
        self, listing: Listing, screened: Frame, open_rows: Mask | None = None
    ) -> Decided:
        """Return what is decided of the callable rows of `screened`, as far as they are open."""
        decided = Decided()
        rows = await in_thread(lambda: callable_rows(screened, open_rows))
        places = await in_thread(lambda: Whereabouts.of(listing, rows, most=SAMPLES))
        known, others = await self._parted(rows, places)
        for group in await in_thread(lambda: places.together(others)):
            self._decide_group(decided, group)
        async for contacts in threaded(lambda: places.contacts(known, size=BATCH)):
            dues = await self._dues(contacts)
            ledgered = await self._known(dues)
            for contact, due in dues:
                self._decide(decided, [contact], due, ledgered)
        return decided

    async def holds(self, listing: Listing, screened: Frame) -> dict[str, str]:
        """Return why contacts would not be called now, by their keys; one by one."""
        held: dict[str, str] = {}
        rows = await in_thread(lambda: callable_rows(screened))
        places = await in_thread(lambda: Whereabouts.of(listing, rows))
        async for contacts in threaded(lambda: places.contacts(rows, size=BATCH)):
            dues = await self._dues(contacts)
            known = await self._known(dues)
            for contact, due in dues:
                verdict = Now() if self._waits(due) else self._verdict(contact, known)
                if not isinstance(verdict, Now):
                    held[contact.key] = verdict.reason
        return held

    def groups(self, decided: Decided) -> list[Group]:
        """Return who would be called, by where they are and when they may be called."""
        return [
            Group(
                calls=decided.waiting[turn], opens=self._opens(turn[0]), at=turn[1], tries=turn[2]
            )
            for turn in sorted(decided.waiting, key=decided.first.__getitem__)
        ]

    async def _parted(self, rows: Rows, places: Whereabouts) -> tuple[Rows, Rows]:
        """Return the rows of which the ledger may know something, and the others."""
        if await self.ledger.intents() == 0:
            return parted(rows, keys=(), numbers=())
        since = self.now - timedelta(seconds=self._window_s(places.locations))
        return await in_thread(
            lambda: parted(
                rows, keys=self.ledger.keys(self.campaign), numbers=self.ledger.called(since)
            )
        )

    def _window_s(self, locations: Iterable[Location]) -> float:
        every = {cap for location in locations for cap in self.hours.caps_at(location)}
        return longest_window_s(every, self.settings.min_gap)

    async def _dues(self, contacts: Sequence[Contact]) -> list[tuple[Contact, Due]]:
        """Return the contacts that are due, now or later."""
        keys = [contact.key for contact in contacts]
        histories = await self.ledger.histories(self.campaign, keys)
        policy = policy_of(self.settings)
        dues = ((contact, redial.due(histories.get(contact.key), policy)) for contact in contacts)
        return [(contact, due) for contact, due in dues if due is not None]

    async def _known(self, dues: Sequence[tuple[Contact, Due]]) -> _Known:
        """Ask the ledger about the numbers of those who are due now."""
        contacts = [contact for contact, due in dues if not self._waits(due)]
        numbers = [contact.to_number for contact in contacts]
        window_s = self._window_s({contact.location for contact in contacts})
        since = self.now - timedelta(seconds=window_s)
        return _Known(
            occupied=await self.ledger.occupied(numbers),
            calls=await self.ledger.calls_to(numbers, since) if window_s else {},
        )

    def _waits(self, due: Due) -> bool:
        return due.at is not None and due.at > self.now

    def _decide_group(self, decided: Decided, group: Together) -> None:
        """Decide about contacts of one place that nobody has tried."""
        first = [
            Contact(row=row, key=number, to_number=number, location=group.location)
            for row, number in group.first
        ]
        self._decide(decided, first, Due(attempt=1), _Known(), rows=group.rows)

    def _decide(
        self,
        decided: Decided,
        contacts: Sequence[Contact],
        due: Due,
        known: _Known,
        *,
        rows: int = 1,
    ) -> None:
        """Decide about so many `rows` that are alike; `contacts` are the first of them."""
        at = due.at
        if not self._waits(due):
            verdict = self._verdict(contacts[0], known)
            at = verdict.at if isinstance(verdict, Later) else None
            if not isinstance(verdict, Now):
                for n, contact in enumerate(contacts):
                    decided.add(_sample(contact, verdict.reason), 0 if n else rows)
                if at is None:
                    return  # nobody can tell when
        decided.due(at)
        place = NOWHERE if self.hours.any_hour else contacts[0].location
        tries = max(self.settings.attempts - due.attempt, 0)
        turn = place, _rounded(at, self.now), tries
        decided.call(turn, rows=rows, first=contacts[0].row)

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


def _sample(contact: Contact, reason: str) -> Sample:
    return Sample(row=contact.row + 1, number=contact.to_number, reason=reason)


def _rounded(at: datetime | None, now: datetime) -> datetime | None:
    """Return a moment put off to the end of its step: contacts that wait are counted by it."""
    if at is None:
        return None
    steps = -(-(at - now).total_seconds() // STEP_S)
    return now + timedelta(seconds=steps * STEP_S)
