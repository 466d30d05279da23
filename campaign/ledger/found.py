"""What a call found at the provider makes of an attempt: rules shared by the ledger's adapters.

Pure, as `fold` is, on which it builds. Presence is proof: a call that carries an attempt's
metadata was created for it, whatever the ledger believed. What contradicts a call that is
already recorded is an error, because two calls may then have reached one person.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from campaign.errors import LedgerError
from campaign.ledger.fold import after, begun, storable
from campaign.ledger.forgetting import kept
from campaign.model import Attempt, AttemptState, Event, EventKind, Found, Intent
from campaign.policy.disposition import has_ended
from campaign.policy.masking import mask

ELSEWHERE = "the campaign has run from another ledger too: go on from that one, with --ledger"

Place = tuple[str, str, int]
Step = tuple[Attempt, Event]


def place_of(found: Found) -> Place:
    """Return campaign, contact key and number of the attempt that a call belongs to."""
    return (found.campaign, storable(found.contact_key), found.attempt)


def is_known(call_id: str | None, found: Found) -> bool:
    """Tell whether `call_id`, the attempt's own, is the call that was found."""
    return call_id == storable(found.call.call_id)


def is_under_way(state: AttemptState) -> bool:
    """Tell whether an attempt is being sent just now: its own answer will say what became of it.

    A list may show a call before its create is answered.
    """
    return state is AttemptState.SENDING


def intent_of(found: Found) -> Intent:
    """Return the intent that a call must have had which the ledger holds no trace of.

    When it was sent is known only as the start of the call, and else as the time it was found.
    """
    call = found.call
    if call.to_number is None:
        raise LedgerError(
            f"the provider lists call {call.call_id!r} for attempt {found.attempt_id!r}, which the"
            " ledger does not hold, and does not say to which number",
            hint="look at that call at the provider, then run again",
        )
    at = call.started_at or found.at
    campaign, contact_key, attempt = place_of(found)
    return Intent(
        campaign=campaign,
        contact_key=contact_key,
        attempt=attempt,
        attempt_id=storable(found.attempt_id),
        to_number=storable(call.to_number),
        from_number=storable(call.from_number or ""),
        agent_id=None if call.agent_id is None else storable(call.agent_id),
        at=at,
        starts_at=at,
    )


def rebuilt(attempt_row: int, intent: Intent) -> Attempt:
    """Return the attempt of such an intent, under the id `attempt_row`: sent once, not followed."""
    return replace(begun(attempt_row, intent), state=AttemptState.UNKNOWN)


def steps(attempt: Attempt, found: Found, *, starts_at: datetime) -> list[Step]:
    """Return the events by which an attempt takes up a call, each with the attempt after it.

    A call that has ended ends at once, so that it holds no line. `LedgerError` where the attempt
    has another call, or the call went to another number.
    """
    _refuse_another(attempt, found)
    kinds = [EventKind.ADOPTED]
    if has_ended(found.call):
        kinds.append(EventKind.ENDED)
    taken: list[Step] = []
    for kind in kinds:
        event = kept(attempt, Event(id=attempt.id, kind=kind, at=found.at, call=found.call))
        attempt = after(attempt, event, starts_at=starts_at)
        taken.append((attempt, event))
    return taken


def _refuse_another(attempt: Attempt, found: Found) -> None:
    call = found.call
    if attempt.call is not None:
        raise LedgerError(
            f"attempt {attempt.attempt_id!r} has the call {attempt.call.call_id!r}, and the"
            f" provider lists {call.call_id!r} for it as well",
            hint=ELSEWHERE,
        )
    # A number that was sent as written may be listed in another spelling.
    spelt_alike = attempt.to_number.startswith("+")
    if spelt_alike and call.to_number not in {None, attempt.to_number}:
        raise LedgerError(
            f"attempt {attempt.attempt_id!r} is to {mask(attempt.to_number)!r}, and the provider"
            f" lists call {call.call_id!r} for it, to {mask(str(call.to_number))!r}",
            hint=ELSEWHERE,
        )
