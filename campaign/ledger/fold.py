"""What intents and events make of an attempt: the ledger's rules, shared by its adapters.

Pure: an adapter finds the values, asks here, and stores the answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from campaign.model import (
    EMPTY,
    Attempt,
    AttemptState,
    Call,
    Event,
    EventKind,
    Held,
    Intent,
)
from campaign.policy.disposition import has_ended
from campaign.policy.lifecycle import CREATED, SENDABLE, advance

ORPHANED = "the run ended while this call was being created"
KILLED = "killed"
"""`stopped_by` of a run that never said how it ended."""

MERGED = (
    "disconnection_reason",
    "agent_id",
    "started_at",
    "ended_at",
    "duration_s",
    "cost_usd",
    "summary",
    "sentiment",
    "successful",
    "in_voicemail",
    "analysis",
    "collected",
    "recording_url",
)


def held(
    *, attempt: int, state: AttemptState | None, busy: str | None, other: int | None
) -> Held | None:
    """Return why an intent must not be sent, `None` where it may.

    `busy` is the campaign that has a live or unknown call to the number, `state` that of the
    attempt where it exists already. `other` is the number of another attempt of the contact that
    is live or unknown: the list may have another number for the contact since.
    """
    if busy is not None:
        return Held(
            reason=f"a call to this number is live or of unknown outcome (campaign {busy!r})"
        )
    if state is not None and state not in SENDABLE:
        return Held(reason=f"attempt {attempt} of this contact is already {state.value!r}")
    if other is not None:
        return Held(reason=f"attempt {other} of this contact is live or of unknown outcome")
    return None


def begun(attempt_row: int, intent: Intent) -> Attempt:
    """Return the attempt that an intent begins, under the id `attempt_row`."""
    return Attempt(
        id=attempt_row,
        campaign=intent.campaign,
        contact_key=intent.contact_key,
        attempt=intent.attempt,
        attempt_id=intent.attempt_id,
        to_number=intent.to_number,
        from_number=intent.from_number,
        agent_id=intent.agent_id,
        state=AttemptState.SENDING,
        intent_at=intent.at,
        sends=1,
    )


def resent(attempt: Attempt, intent: Intent) -> Attempt:
    """Return a withheld attempt as it is once another intent sends it."""
    return replace(
        attempt,
        state=advance(attempt.state, EventKind.INTENT),
        attempt_id=intent.attempt_id,
        to_number=intent.to_number,
        from_number=intent.from_number,
        agent_id=intent.agent_id,
        intent_at=intent.at,
        sends=attempt.sends + 1,
        error=None,
    )


def after(attempt: Attempt, event: Event, *, starts_at: datetime) -> Attempt:
    """Return the attempt after `event`; `IllegalMoveError` where its state does not allow it.

    A call is placed at `starts_at`, the start that pacing gave its last intent: the answer comes
    later, and for an adopted call much later. An error stays until the state changes.

    `sends` counts every request that was about to leave, first ones and resends alike: no more
    requests than the sum of it were ever on the wire.
    """
    state = advance(attempt.state, event.kind)
    lasting = attempt.error if state is attempt.state else None
    placed = state in CREATED and attempt.placed_at is None
    return replace(
        attempt,
        state=state,
        sends=attempt.sends + (event.kind is EventKind.RESENT),
        error=storable(event.error) if event.error else lasting,
        placed_at=starts_at if placed else attempt.placed_at,
        call=attempt.call if event.call is None else merged(attempt, event.call),
    )


def merged(attempt: Attempt, said: Call) -> Call:
    """Return what is known of the attempt's call once the provider has said `said`.

    A field it left out keeps its value, and a call that has ended does not come alive again
    because a listing lags. The numbers are the attempt's own; metadata and transcript are not
    kept. Of two calls with different ids nothing is mixed.
    """
    new = replace(
        said,
        to_number=attempt.to_number,
        from_number=attempt.from_number,
        metadata=EMPTY,
        transcript=None,
        **_texts(said),
    )
    old = attempt.call
    if old is None or old.call_id != new.call_id:
        return new
    known: dict[str, Any] = {
        name: getattr(old, name) for name in MERGED if getattr(new, name) is None
    }
    if has_ended(old) and not has_ended(new):
        known["status"] = old.status
    return replace(new, **known)


def storable(text: str) -> str:
    """Return `text` with what UTF-8 cannot say (half a surrogate pair) replaced by `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _texts(call: Call) -> dict[str, Any]:
    values = {name: getattr(call, name) for name in ("call_id", "status", *MERGED)}
    return {name: storable(value) for name, value in values.items() if isinstance(value, str)}
