"""An intent in a `Store`, taken down where nothing speaks against it: `begin`, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from campaign.ledger import capping
from campaign.ledger.fold import begun, held, resent
from campaign.ledger.pace import believed_until, is_shared, moved, too_soon, window_of
from campaign.ledger.store import Store
from campaign.model import (
    Begun,
    Capped,
    Event,
    EventKind,
    Held,
    Intent,
    Suppressed,
    TooSoon,
)


def begin(
    store: Store, intent: Intent, writer: str
) -> Begun | TooSoon | Held | Capped | Suppressed:
    """Admit an intent: nothing changes unless it may be sent."""
    store.require(intent.campaign)
    suppressed = store.persons.reason(intent.to_number)
    if suppressed is not None:
        return Suppressed(reason=suppressed)
    refused = _held(store, intent) or _capped(store, intent)
    if refused is not None:
        return refused
    if intent.interval_s > 0 and (wait := _keep_pace(store, intent, writer)) is not None:
        return wait
    return Begun(id=_put(store, intent))


def _held(store: Store, intent: Intent) -> Held | None:
    place = (intent.campaign, intent.contact_key, intent.attempt)
    known = store.at(place)
    return held(
        attempt=intent.attempt,
        state=None if known is None else known.state,
        busy=store.busy(intent.to_number),
        other=store.other_in_flight(place),
    )


def _capped(store: Store, intent: Intent) -> Capped | None:
    if not capping.is_limited(intent):
        return None
    since = capping.matters_since(intent)
    return capping.capped(intent, store.calls_at(intent.to_number, since))


def _put(store: Store, intent: Intent) -> int:
    known = store.at((intent.campaign, intent.contact_key, intent.attempt))
    if known is None:
        key = store.contact_name(intent.campaign, intent.contact_key)
        now = begun(len(store.attempts) + 1, replace(intent, contact_key=key))
    else:
        now = resent(known, intent)
        store.events.append(Event(id=now.id, kind=EventKind.INTENT, at=intent.at))
    store.put(now)
    store.starts[now.id] = intent.starts_at
    return now.id


def _keep_pace(store: Store, intent: Intent, writer: str) -> TooSoon | None:
    schedule = store.schedules.get(intent.from_number)
    if is_shared(intent, schedule, writer=writer):
        wait = too_soon(intent, schedule, _edge(store, intent), writer=writer)
        if wait is not None:
            return wait
    store.schedules[intent.from_number] = moved(intent, schedule, writer=writer)
    return None


def _edge(store: Store, intent: Intent) -> datetime | None:
    until = believed_until(intent)
    starts = sorted(
        start
        for number, start in store.starts.items()
        if start <= until and store.attempts[number].from_number == intent.from_number
    )
    window = window_of(intent)
    return starts[-window] if len(starts) >= window else None
