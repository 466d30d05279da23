"""`sync`, `resolve` and `stop`: what is done about a campaign besides running it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from pathlib import Path

from campaign.api.hooks import Hooks
from campaign.api.opening import require_ledger
from campaign.api.proof import EARLIER, check_clock
from campaign.api.provider import account_of, bound_url, open_provider
from campaign.config import Settings
from campaign.contacts.phone import judge
from campaign.dialer.clock import SystemClock
from campaign.dialer.listing import Listing
from campaign.dialer.sync import Synced, sync
from campaign.errors import ConfigError, UsageError
from campaign.ledger.lock import Holder, hold, holder
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import (
    Attempt,
    AttemptState,
    CallQuery,
    Campaign,
    Event,
    EventKind,
    StopRequest,
)
from campaign.policy.masking import mask
from campaign.ports import Ledger, Provider


async def sync_all(
    settings: Settings, ledger: Path, name: str | None, *, hooks: Hooks
) -> list[tuple[str, Synced]]:
    """Ask the provider about the live and unknown calls of one campaign, or of all."""
    require_ledger(ledger)
    found: list[tuple[str, Synced]] = []
    async with aclosing(open_provider(settings)) as provider, _opened(ledger) as opened:
        campaigns = await _named(opened, ledger, name)
        account = await account_of(provider, hooks.notify)
        check_clock(provider)
        await opened.bind(base_url=bound_url(settings), account=account)
        for campaign in campaigns:
            synced = await _sync(settings, ledger, opened, provider, campaign)
            found.append((campaign.name, synced))
    return found


async def _sync(
    settings: Settings, path: Path, ledger: Ledger, provider: Provider, campaign: Campaign
) -> Synced:
    clock = SystemClock()
    with hold(path, campaign.name):
        await ledger.orphans(campaign.name, clock.now())
        return await sync(
            CallQuery(campaign_id=campaign.campaign_id, since=campaign.created_at - EARLIER),
            campaign=campaign.name,
            listing=Listing(
                campaign=campaign.name,
                campaign_id=campaign.campaign_id,
                ledger=ledger,
                provider=provider,
                clock=clock,
            ),
            ledger=ledger,
            provider=provider,
            clock=clock,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A person's word on calls of unknown outcome.

    `numbers` names them; empty with `everybody`. Numbers without `+` are read in `region`.
    """

    called: bool
    numbers: Sequence[str] = ()
    everybody: bool = False
    region: str | None = None

    @property
    def kind(self) -> EventKind:
        """Return the event that records it."""
        return EventKind.CALLED if self.called else EventKind.NOT_CALLED


async def resolve(ledger: Path, name: str, verdict: Verdict) -> list[Attempt]:
    """Record a person's verdict on unknown contacts of a campaign; return their attempts.

    A number that has no call of unknown outcome in it is a `ConfigError`, and nothing is then
    recorded.
    """
    if verdict.everybody == bool(verdict.numbers):
        raise UsageError(
            "say which contacts are meant", hint="give their numbers, or --all for all of them"
        )
    require_ledger(ledger)
    with hold(ledger, name):
        async with _opened(ledger) as opened:
            await _named(opened, ledger, name)
            now = SystemClock().now()
            await opened.orphans(name, now)
            meant = _meant(await opened.in_flight(name), verdict)
            return [
                await opened.record(
                    Event(id=attempt.id, kind=verdict.kind, at=now, error=_word(verdict))
                )
                for attempt in meant
            ]


def _word(verdict: Verdict) -> str:
    if verdict.called:
        return "a person said that this contact was called"
    return "a person said that this contact was not called: it is due again"


def _meant(in_flight: Sequence[Attempt], verdict: Verdict) -> list[Attempt]:
    unknown = [attempt for attempt in in_flight if attempt.state is AttemptState.UNKNOWN]
    if verdict.everybody:
        return unknown
    by_number = {attempt.to_number: attempt for attempt in unknown}
    meant = []
    for text in verdict.numbers:
        judged = judge(text, verdict.region)
        attempt = by_number.get(text) or by_number.get(judged.number or "")
        if attempt is None:
            raise ConfigError(
                f"{mask(text)} has no call of unknown outcome in this campaign",
                hint="`campaign status NAME` counts them, the results file names them",
            )
        meant.append(attempt)
    return meant


async def ask_to_stop(ledger: Path, name: str, *, hang_up: bool) -> Holder | None:
    """Ask the run of a campaign to place no new call; return who runs it, `None` if nobody."""
    require_ledger(ledger)
    async with _opened(ledger) as opened:
        await _named(opened, ledger, name)
        running = holder(ledger, name)
        if running is not None:
            request = StopRequest(at=SystemClock().now(), hang_up=hang_up)
            await opened.request_stop(name, request)
        return running


def _opened(ledger: Path) -> AbstractAsyncContextManager[SqliteLedger]:
    return aclosing(SqliteLedger.open(ledger, create=False))


async def _named(ledger: Ledger, path: Path, name: str | None) -> list[Campaign]:
    found = [c for c in await ledger.campaigns() if name is None or c.name == name]
    if name is not None and not found:
        raise ConfigError(
            f"there is no campaign {name!r} in the ledger {str(path)!r}",
            hint="`campaign status` lists those there are",
        )
    return found
