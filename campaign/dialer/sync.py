"""`sync`: one look at everything an ended run left open, without placing anything."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from campaign.dialer.listing import Listing, cross_check
from campaign.errors import KeyRefusedError
from campaign.model import (
    Attempt,
    AttemptState,
    Call,
    CallPage,
    CallQuery,
    Event,
    EventKind,
    Fault,
    FaultKind,
    Missing,
)
from campaign.policy import disposition, following
from campaign.ports import Clock, Ledger, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a look at the provider brought: calls found, ended, analysed; what is still open."""

    adopted: int = 0
    ended: int = 0
    analyzed: int = 0
    live: int = 0
    unknown: int = 0
    unanswered: int = 0


async def sync(
    query: CallQuery,
    *,
    campaign: str,
    listing: Listing,
    ledger: Ledger,
    provider: Provider,
    clock: Clock,
) -> Synced:
    """Adopt what the provider lists and the ledger lacks, then ask after every live call once.

    Analyses that came after their calls had been seen to end are taken from the list.
    """
    checked = await cross_check(listing, ledger, campaign, query)
    adopted = checked.adopted
    for attempt in await _in_state(ledger, campaign, AttemptState.UNKNOWN):
        adopted += await _look_up(listing, query, attempt)
    asked = [
        await _ask(attempt, ledger, provider, listing=listing, clock=clock)
        for attempt in await _in_state(ledger, campaign, AttemptState.LIVE)
    ]
    return Synced(
        adopted=adopted,
        ended=asked.count(True),
        analyzed=await _late(listing, query, campaign=campaign, ledger=ledger, clock=clock),
        live=len(await _in_state(ledger, campaign, AttemptState.LIVE)),
        unknown=len(await _in_state(ledger, campaign, AttemptState.UNKNOWN)),
        unanswered=asked.count(None),
    )


async def _ask(
    attempt: Attempt, ledger: Ledger, provider: Provider, *, listing: Listing, clock: Clock
) -> bool | None:
    """Return whether a live call has ended, None where the provider did not say."""
    reply = await provider.get(attempt.call.call_id) if attempt.call else None
    await anyio.sleep(1 / following.READS_PER_S)
    if isinstance(reply, Fault):
        _check_key(reply)
        return None
    if not isinstance(reply, Call):
        return False
    ended = disposition.has_ended(reply)
    kind = EventKind.ENDED if ended else EventKind.OBSERVED
    opt_out = listing.opt_out(reply)
    await ledger.record(
        Event(id=attempt.id, kind=kind, at=clock.now(), call=reply, opt_out=opt_out)
    )
    return ended


async def _in_state(ledger: Ledger, campaign: str, state: AttemptState) -> list[Attempt]:
    return [a for a in await ledger.in_flight(campaign) if a.state is state]


async def _look_up(listing: Listing, query: CallQuery, attempt: Attempt) -> int:
    """Ask for one unknown attempt by its id and number; return 1 where it was found."""
    page = await listing.surely(
        CallQuery(
            campaign_id=query.campaign_id,
            attempt_id=attempt.attempt_id,
            to_number=attempt.to_number,
            since=query.since,
            limit=10,
        )
    )
    found = await listing.adopt(page) if not isinstance(page, Missing) else []
    return sum(one.id == attempt.id for one in found)


async def _late(
    listing: Listing, query: CallQuery, *, campaign: str, ledger: Ledger, clock: Clock
) -> int:
    """Take up what the list says by now of ended calls without an analysis; return how many."""
    waiting = _unanalyzed(ledger, campaign)
    taken = 0

    async def take(page: CallPage) -> bool:
        nonlocal taken
        for call in page.calls:
            attempt_row = waiting.pop(call.call_id, None)
            if attempt_row is not None and following.is_analyzed(call):
                await ledger.record(
                    Event(
                        id=attempt_row,
                        kind=EventKind.OBSERVED,
                        at=clock.now(),
                        call=call,
                        opt_out=listing.opt_out(call),
                    )
                )
                taken += 1
        return bool(waiting)

    if waiting:
        await listing.walk(query, take)
    return taken


def _unanalyzed(ledger: Ledger, campaign: str) -> dict[str, int]:
    """Return the attempts whose call has ended and may still be analysed, by call id."""
    return {
        attempt.call.call_id: attempt.id
        for attempt in ledger.attempts(campaign)
        if attempt.state is AttemptState.ENDED
        and attempt.call is not None
        and following.awaits_analysis(attempt.call)
    }


def _check_key(fault: Fault) -> None:
    if fault.kind is FaultKind.KEY:
        raise KeyRefusedError(fault.message, hint="check RETELL_API_KEY")
