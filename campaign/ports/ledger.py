"""What the dialer needs of the memory of what has been done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from campaign.model import (
    Attempt,
    Begun,
    Campaign,
    Capped,
    Episode,
    Event,
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
from campaign.ports.bulk import Snapshot


class Ledger(Protocol):
    """What has been done, durably. Every method raises `LedgerError` where it cannot be.

    Writes are durable when the method returns. Attempts and events are appended, never erased.
    """

    async def bind(self, *, base_url: str, account: str | None) -> str | None:
        """Tie the ledger to one base URL and account, or check that it is; `ConfigError` if not.

        Returns the account it is tied to; `None` as long as no account was ever known.
        """
        ...

    async def open_campaign(self, campaign: Campaign) -> Campaign:
        """Record a campaign, or return the recorded one with its list brought up to date.

        Another `key_column` than the recorded one, or another `campaign_id`, is a `ConfigError`.
        """
        ...

    async def campaign(self, name: str) -> Campaign | None:
        """Return a campaign by name."""
        ...

    async def campaigns(self) -> list[Campaign]:
        """Return all campaigns, oldest first."""
        ...

    async def begin(self, intent: Intent) -> Begun | TooSoon | Held | Capped | Suppressed:
        """Make an intent durable and move its caller number's pace, in one transaction.

        Held: the number has a live or unknown call in any campaign, another attempt of the
        contact has one, or this attempt exists in a state that may not be sent. Too soon: the
        caller number was used meanwhile. Capped: the number has had its calls, in any campaign of
        the ledger (`policy.caps`). Suppressed: it is on the suppression list.
        """
        ...

    async def record(self, event: Event) -> Attempt:
        """Append an event and return the attempt after it; an illegal one raises, unchanged."""
        ...

    async def adopt(self, found: Sequence[Found]) -> list[Attempt]:
        """Record calls that were found at the provider; return the attempts that are new to us.

        A call whose id the attempt already has changes nothing. An attempt without a call takes
        it up (`ADOPTED`); one the ledger does not hold is added, with one send. Another call id
        than the attempt's, or a call to another number, is a `LedgerError`, and nothing of
        `found` is then recorded.
        """
        ...

    async def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """Put numbers on the suppression list; return how many were not on it."""
        ...

    async def unsuppress(self, numbers: Sequence[str], at: datetime) -> int:
        """Take numbers off the suppression list; return how many were on it. It is remembered."""
        ...

    def suppressions(self) -> Iterator[Suppression]:
        """Iterate over the numbers on the suppression list, oldest first."""
        ...

    async def suppressed(self, numbers: Sequence[str]) -> Mapping[str, str]:
        """Return those of the numbers that are on the suppression list, with the reason."""
        ...

    def called(self, since: datetime) -> Iterator[str]:
        """Iterate over the numbers that `occupied`, or `calls_to` since then, may know of.

        A number that was forgotten is told as a hash.
        """
        ...

    def keys(self, campaign: str) -> Iterator[str]:
        """Iterate over the keys of the contacts of a campaign that were attempted, each once.

        Contacts that were forgotten are told as hashes.
        """
        ...

    async def calls_to(
        self, numbers: Sequence[str], since: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        """Return when these numbers got calls that count (`policy.caps.counts`), all campaigns'.

        A call counts from its intent; those before `since` are left out.
        """
        ...

    async def hold(self, holds: Sequence[Hold]) -> None:
        """Remember why contacts were not called; the same reason again renews its time only."""
        ...

    def holds(self, campaign: str, since: datetime) -> Iterator[Hold]:
        """Iterate over the holds and skips of a campaign that were last met with since then.

        By contact key, and the newest last of one contact's.
        """
        ...

    async def story(self, number: str) -> Sequence[Episode]:
        """Return everything known of a number, across campaigns, oldest first."""
        ...

    async def forget(self, number: str, at: datetime) -> int:
        """Erase a number and the texts of its calls; return how many attempts it had.

        A keyed hash stays, so that its contacts are still known as called; so does a suppression.
        A number with a call that is live or of unknown outcome is a `ConfigError`.
        """
        ...

    async def calls_created(self, campaign: str) -> int:
        """Return how many calls of a campaign have an id."""
        ...

    async def spending(self, campaign: str | None = None) -> Spending:
        """Return what the calls of a campaign, or of the whole ledger, cost so far."""
        ...

    async def intents(self) -> int:
        """Return the highest attempt id of the whole ledger, 0 for an empty one."""
        ...

    async def request_stop(self, campaign: str, request: StopRequest) -> None:
        """Ask the run of a campaign to place no new call."""
        ...

    async def stop_requested(self, campaign: str, since: datetime) -> StopRequest | None:
        """Return the newest request to stop that was made at or after `since`."""
        ...

    async def orphans(self, campaign: str, at: datetime) -> int:
        """Mark the attempts that a dead run left `SENDING` as unknown; return how many."""
        ...

    async def histories(self, campaign: str, keys: Sequence[str]) -> Mapping[str, History]:
        """Return what is known of these contacts; those never attempted are left out."""
        ...

    async def occupied(self, numbers: Sequence[str]) -> frozenset[str]:
        """Return those of the numbers that have a live or unknown call in any campaign."""
        ...

    async def in_flight(self, campaign: str) -> list[Attempt]:
        """Return the attempts of a campaign that are live or unknown, oldest first."""
        ...

    def attempts(self, campaign: str) -> Iterator[Attempt]:
        """Iterate over all attempts of a campaign, by contact key and attempt; bounded memory."""
        ...

    def latest(self, campaign: str) -> Iterator[tuple[str, History]]:
        """Iterate over (contact key, history) of every contact that was attempted, by key.

        The history's last attempt is the one that tells what became of the contact: a withheld
        one only where there is no other.
        """
        ...

    def snapshot(self, campaign: str) -> AbstractContextManager[Snapshot]:
        """Hold on to the attempts of a campaign as they are now, to read them in bulk.

        What they add up to is what `latest` tells, and this is many times as quick.
        """
        ...

    async def start_run(self, run: Run) -> int:
        """Record that a run has begun; return its id. Runs that never ended are closed as killed.

        A run that was killed keeps what is known of it; its `stopped_by` becomes `killed`.
        """
        ...

    async def end_run(self, run_id: int, run: Run) -> None:
        """Record how a run ended."""
        ...

    async def last_run(self, campaign: str) -> Run | None:
        """Return the newest run of a campaign."""
        ...

    def runs(self, campaign: str) -> Iterator[Run]:
        """Iterate over the runs of a campaign, newest first; bounded memory."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...
