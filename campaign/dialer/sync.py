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
    """What a look at the provider brought: calls found, calls ended, and what is still open."""

    adopted: int = 0
    ended: int = 0
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
    """Adopt what the provider lists and the ledger lacks, then ask after every live call once."""
    checked = await cross_check(listing, ledger, campaign, query)
    adopted = checked.adopted
    for attempt in await _in_state(ledger, campaign, AttemptState.UNKNOWN):
        adopted += await _look_up(listing, query, attempt)
    ended = unanswered = 0
    for attempt in await _in_state(ledger, campaign, AttemptState.LIVE):
        reply = await provider.get(attempt.call.call_id) if attempt.call else None
        if isinstance(reply, Fault):
            _check_key(reply)
            unanswered += 1
        elif isinstance(reply, Call):
            over = disposition.has_ended(reply)
            kind = EventKind.ENDED if over else EventKind.OBSERVED
            await ledger.record(Event(id=attempt.id, kind=kind, at=clock.now(), call=reply))
            ended += over
        await anyio.sleep(1 / following.READS_PER_S)
    return Synced(
        adopted=adopted,
        ended=ended,
        live=len(await _in_state(ledger, campaign, AttemptState.LIVE)),
        unknown=len(await _in_state(ledger, campaign, AttemptState.UNKNOWN)),
        unanswered=unanswered,
    )


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


def _check_key(fault: Fault) -> None:
    if fault.kind is FaultKind.KEY:
        raise KeyRefusedError(fault.message, hint="check RETELL_API_KEY")
