"""The ledger in memory: no thread and no file, so that it runs in virtual time.

It passes the same conformance suite as the one in SQLite, and waits where that one waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from anyio.lowlevel import checkpoint

from campaign.errors import LedgerError
from campaign.ledger.belonging import normal_url, reopened, same_account, same_url
from campaign.ledger.fold import ORPHANED
from campaign.ledger.memory_begin import begin
from campaign.ledger.store import Store, decisive, history_of, spending_of
from campaign.ledger.tries import HeldSnapshot
from campaign.model import (
    Attempt,
    AttemptState,
    Begun,
    Campaign,
    Capped,
    Episode,
    Event,
    EventKind,
    Found,
    Held,
    History,
    Hold,
    Intent,
    Run,
    Spending,
    StopRequest,
    Suppressed,
    Suppression,
    TooSoon,
)
from campaign.ports import Snapshot


class MemoryLedger:
    """A ledger that ends with its `store`; give a second one the same store to play a restart."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = Store() if store is None else store
        self.store.writers += 1
        self._writer = f"writer {self.store.writers}"
        self._closed = False

    async def bind(self, *, base_url: str, account: str | None) -> str | None:
        """Tie the ledger to one base URL and account, or check that it is."""
        self._require_open()
        url = normal_url(base_url)
        same_url(self.store.base_url, url)
        self.store.account = same_account(self.store.account, account)
        self.store.base_url = url
        await checkpoint()
        return self.store.account

    async def open_campaign(self, campaign: Campaign) -> Campaign:
        """Record a campaign, or return the recorded one with its list brought up to date."""
        self._require_open()
        known = self.store.campaigns.get(campaign.name)
        now = campaign if known is None else reopened(known, campaign)
        self.store.campaigns[now.name] = now
        await checkpoint()
        return now

    async def campaign(self, name: str) -> Campaign | None:
        """Return a campaign by name."""
        self._require_open()
        await checkpoint()
        return self.store.campaigns.get(name)

    async def campaigns(self) -> list[Campaign]:
        """Return all campaigns, oldest first."""
        self._require_open()
        await checkpoint()
        return list(self.store.campaigns.values())

    async def begin(self, intent: Intent) -> Begun | TooSoon | Held | Capped | Suppressed:
        """Take down an intent and move its caller number's pace, in one step."""
        self._require_open()
        answer = begin(self.store, intent, self._writer)
        # Written by now: a caller that is cancelled here does not take it back.
        await checkpoint()
        return answer

    async def record(self, event: Event) -> Attempt:
        """Append an event and return the attempt after it; an illegal one raises, unchanged."""
        self._require_open()
        attempt = self.store.record(event)
        await checkpoint()
        return attempt

    async def adopt(self, found: Sequence[Found]) -> list[Attempt]:
        """Record calls that were found at the provider; return the attempts that are new to us."""
        self._require_open()
        attempts = self.store.adopt(found)
        await checkpoint()
        return attempts

    async def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """Put numbers on the suppression list; return how many were not on it."""
        self._require_open()
        added = self.store.persons.suppress(suppressions)
        await checkpoint()
        return added

    async def unsuppress(self, numbers: Sequence[str], at: datetime) -> int:
        """Take numbers off the suppression list; return how many were on it."""
        self._require_open()
        removed = self.store.persons.unsuppress(numbers, at)
        await checkpoint()
        return removed

    def suppressions(self) -> Iterator[Suppression]:
        """Iterate over the numbers on the suppression list, oldest first."""
        self._require_open()
        yield from self.store.persons.suppressions()

    async def suppressed(self, numbers: Sequence[str]) -> Mapping[str, str]:
        """Return those of the numbers that are on the suppression list, with the reason."""
        self._require_open()
        await checkpoint()
        found = {number: self.store.persons.reason(number) for number in numbers}
        return {number: reason for number, reason in found.items() if reason is not None}

    def called(self, since: datetime) -> Iterator[str]:
        """Iterate over the numbers that `occupied`, or `calls_to` since then, may know of."""
        self._require_open()
        attempts = self.store.attempts.values()
        lately = {one.to_number for one in attempts if one.intent_at >= since}
        yield from lately.union(one.to_number for one in self.store.in_flight.values())

    def keys(self, campaign: str) -> Iterator[str]:
        """Iterate over the keys of the contacts of a campaign that were attempted, each once."""
        self._require_open()
        yield from (key for name, key in self.store.contacts if name == campaign)

    async def calls_to(
        self, numbers: Sequence[str], since: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        """Return when these numbers got calls that count, oldest first; others are left out."""
        self._require_open()
        await checkpoint()
        found = {number: self.store.calls_at(number, since) for number in numbers}
        return {number: calls for number, calls in found.items() if calls}

    async def hold(self, holds: Sequence[Hold]) -> None:
        """Remember why contacts were not called; the same reason again renews its time only."""
        self._require_open()
        self.store.hold(holds)
        await checkpoint()

    def holds(self, campaign: str, since: datetime) -> Iterator[Hold]:
        """Iterate over the holds and skips of a campaign since then, by contact key and time."""
        self._require_open()
        found = self.store.persons.holds.values()
        own = [one for one in found if one.campaign == campaign and one.at >= since]
        yield from sorted(own, key=attrgetter("contact_key", "at", "kind", "reason"))

    async def story(self, number: str) -> Sequence[Episode]:
        """Return everything known of a number, across campaigns, oldest first."""
        self._require_open()
        await checkpoint()
        return self.store.story(number)

    async def forget(self, number: str, at: datetime) -> int:
        """Erase a number and the texts of its calls; return how many attempts had it."""
        self._require_open()
        attempts = self.store.forget(number, at)
        await checkpoint()
        return attempts

    async def calls_created(self, campaign: str) -> int:
        """Return how many calls of a campaign have an id."""
        self._require_open()
        await checkpoint()
        return sum(
            a.campaign == campaign and a.call is not None for a in self.store.attempts.values()
        )

    async def spending(self, campaign: str | None = None) -> Spending:
        """Return what the calls of a campaign, or of the whole ledger, cost so far."""
        self._require_open()
        await checkpoint()
        everything = self.store.attempts.values()
        return spending_of([a for a in everything if campaign in {None, a.campaign}])

    async def intents(self) -> int:
        """Return the highest attempt id of the whole ledger, 0 for an empty one."""
        self._require_open()
        await checkpoint()
        return len(self.store.attempts)

    async def request_stop(self, campaign: str, request: StopRequest) -> None:
        """Ask the run of a campaign to place no new call."""
        self._require_open()
        self.store.require(campaign)
        self.store.stops.append((campaign, request))
        await checkpoint()

    async def stop_requested(self, campaign: str, since: datetime) -> StopRequest | None:
        """Return the newest request to stop that was made at or after `since`."""
        self._require_open()
        await checkpoint()
        stops = [stop for name, stop in self.store.stops if name == campaign and stop.at >= since]
        # Of two at one moment the later one, as in the file.
        return max(reversed(stops), key=attrgetter("at"), default=None)

    async def orphans(self, campaign: str, at: datetime) -> int:
        """Mark the attempts that a dead run left `SENDING` as unknown; return how many."""
        self._require_open()
        found = [
            attempt.id
            for attempt in self.store.flying(campaign)
            if attempt.state is AttemptState.SENDING
        ]
        for attempt in found:
            self.store.record(Event(id=attempt, kind=EventKind.AMBIGUOUS, at=at, error=ORPHANED))
        await checkpoint()
        return len(found)

    async def histories(self, campaign: str, keys: Sequence[str]) -> Mapping[str, History]:
        """Return what is known of these contacts; those never attempted are left out."""
        self._require_open()
        await checkpoint()
        known = {key: self.store.history(campaign, key) for key in keys}
        return {key: history for key, history in known.items() if history is not None}

    async def occupied(self, numbers: Sequence[str]) -> frozenset[str]:
        """Return those of the numbers that have a live or unknown call in any campaign."""
        self._require_open()
        await checkpoint()
        return frozenset(number for number in numbers if self.store.busy(number) is not None)

    async def in_flight(self, campaign: str) -> list[Attempt]:
        """Return the attempts of a campaign that are live or unknown, oldest first."""
        self._require_open()
        await checkpoint()
        return self.store.flying(campaign)

    def attempts(self, campaign: str) -> Iterator[Attempt]:
        """Iterate over all attempts of a campaign, by contact key and attempt."""
        self._require_open()
        yield from self.store.sorted(campaign)

    def latest(self, campaign: str) -> Iterator[tuple[str, History]]:
        """Iterate over (contact key, history) of every contact that was attempted, by key."""
        self._require_open()
        for key, attempts in groupby(self.store.sorted(campaign), attrgetter("contact_key")):
            own = list(attempts)
            yield key, history_of(own, last=decisive(own))

    @contextmanager
    def snapshot(self, campaign: str) -> Iterator[Snapshot]:
        """Hold on to the attempts of a campaign as they are now."""
        self._require_open()
        yield HeldSnapshot(self.store.sorted(campaign))

    async def start_run(self, run: Run) -> int:
        """Record that a run has begun, and that those without an end were killed; return its id."""
        self._require_open()
        run_id = self.store.start(run)
        await checkpoint()
        return run_id

    async def end_run(self, run_id: int, run: Run) -> None:
        """Record how a run ended."""
        self._require_open()
        if not 0 < run_id <= len(self.store.runs):
            raise LookupError(f"the ledger has no run {run_id!r}")
        self.store.runs[run_id - 1] = run
        await checkpoint()

    async def last_run(self, campaign: str) -> Run | None:
        """Return the newest run of a campaign."""
        self._require_open()
        await checkpoint()
        return next((run for run in reversed(self.store.runs) if run.campaign == campaign), None)

    def runs(self, campaign: str) -> Iterator[Run]:
        """Iterate over the runs of a campaign, newest first."""
        self._require_open()
        yield from (run for run in reversed(self.store.runs) if run.campaign == campaign)

    async def aclose(self) -> None:
        """Refuse everything from now on; the store stays."""
        self._closed = True
        await checkpoint()

    def _require_open(self) -> None:
        if self._closed:
            raise LedgerError("the ledger is closed")
