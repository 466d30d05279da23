"""An intent, written where nothing speaks against it: in a transaction, as in `operations`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from campaign.ledger import capping, forgetting
from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.calls import calls_at
from campaign.ledger.fold import held
from campaign.ledger.forgotten import KEPT_AS, contact_name
from campaign.ledger.operations import append, insert
from campaign.ledger.pace import Schedule, believed_until, is_shared, moved, too_soon, window_of
from campaign.ledger.rows import intent_columns, micros, moment_of, secret_of, state_of
from campaign.ledger.schema import IN_FLIGHT
from campaign.model import (
    AttemptState,
    Begun,
    Capped,
    Event,
    EventKind,
    Held,
    Intent,
    Suppressed,
    TooSoon,
)
from campaign.policy.lifecycle import advance

# The statements below are put together from constants only, hence `noqa: S608`.
_ADMISSION = f"""
SELECT (SELECT m.value FROM meta m WHERE m.key = '{KEPT_AS}'),
    c.id, p.next_at, p.interval_us, p.writer, p.taken_at, a.id, a.state,
    (SELECT iif(s.added, s.reason, NULL) FROM suppressions s
        WHERE s.number = ? ORDER BY s.id DESC LIMIT 1),
    (SELECT b.name FROM attempts f INDEXED BY attempts_in_flight
        JOIN campaigns b ON b.id = f.campaign
        WHERE f.to_number = ? AND f.state IN {IN_FLIGHT} ORDER BY f.id LIMIT 1),
    (SELECT min(o.attempt) FROM attempts o
        WHERE o.campaign = c.id AND o.contact_key = ? AND o.attempt <> ?
            AND o.state IN {IN_FLIGHT})
FROM campaigns c
LEFT JOIN pace p ON p.from_number = ?
LEFT JOIN attempts a ON a.campaign = c.id AND a.contact_key = ? AND a.attempt = ?
WHERE c.name = ?
"""  # noqa: S608
_RESEND = """
UPDATE attempts SET sends = sends + 1, state = ?, outcome = 'unknown', error = NULL,
    attempt_id = ?, to_number = ?, from_number = ?, agent_id = ?, intent_at = ?, starts_at = ?
WHERE id = ?
"""
_SCHEDULE = """
INSERT INTO pace (from_number, next_at, interval_us, writer, taken_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (from_number) DO UPDATE SET
    next_at = excluded.next_at, interval_us = excluded.interval_us,
    writer = excluded.writer, taken_at = excluded.taken_at
"""
_EDGE = """
SELECT starts_at FROM attempts WHERE from_number = ? AND starts_at <= ?
ORDER BY starts_at DESC LIMIT 1 OFFSET ?
"""


def begin(
    db: sqlite3.Connection, intent: Intent, writer: str
) -> Begun | TooSoon | Held | Capped | Suppressed:
    """Admit an intent: nothing is written unless it may be sent."""
    secret, row = _standing(db, intent)
    campaign, *pace, known, state_text, suppressed, busy, other = row
    if suppressed is not None:
        return Suppressed(reason=suppressed)
    state = None if state_text is None else state_of(state_text)
    reason = held(attempt=intent.attempt, state=state, busy=busy, other=other)
    if reason is not None:
        return reason
    full = _capped(db, intent, secret)
    if full is not None:
        return full
    if intent.interval_s > 0:
        wait = _keep_pace(db, intent, _schedule(*pace), writer)
        if wait is not None:
            return wait
    if state is not None:
        return Begun(id=_resend(db, known, state, intent))
    if secret is not None:
        intent = replace(intent, contact_key=contact_name(db, secret, campaign, intent.contact_key))
    return Begun(id=insert(db, campaign, intent, AttemptState.SENDING))


def _standing(db: sqlite3.Connection, intent: Intent) -> tuple[bytes | None, Sequence[Any]]:
    """Return the key of what was forgotten, if anything was, and how the contact stands."""
    text, *row = _admission(db, intent)
    if text is None:
        return None, row
    secret = secret_of(text)
    _, *other = _admission(
        db,
        replace(
            intent,
            contact_key=forgetting.hidden(secret, intent.contact_key),
            to_number=forgetting.hidden(secret, intent.to_number),
        ),
    )
    # The campaign and its pace are the same in both; the rest is known by either name.
    return secret, [a if a is not None else b for a, b in zip(row, other, strict=True)]


def _admission(db: sqlite3.Connection, intent: Intent) -> Sequence[Any]:
    contact, number = (intent.contact_key, intent.attempt), intent.to_number
    row: Sequence[Any] | None = db.execute(
        _ADMISSION, (number, number, *contact, intent.from_number, *contact, intent.campaign)
    ).fetchone()
    if row is None:
        raise unknown_campaign(intent.campaign)
    return row


def _capped(db: sqlite3.Connection, intent: Intent, secret: bytes | None) -> Capped | None:
    if not capping.is_limited(intent):
        return None
    numbers = forgetting.names(secret, intent.to_number)
    since = capping.matters_since(intent)
    return capping.capped(intent, calls_at(db, numbers, since))


def _schedule(next_at: int, interval_us: int, writer: str | None, taken_at: int) -> Schedule | None:
    if writer is None:
        return None
    return Schedule(
        next_at=moment_of(next_at),
        interval_s=interval_us / 1e6,
        writer=writer,
        taken_at=moment_of(taken_at),
    )


def _keep_pace(
    db: sqlite3.Connection, intent: Intent, schedule: Schedule | None, writer: str
) -> TooSoon | None:
    if is_shared(intent, schedule, writer=writer):
        wait = too_soon(intent, schedule, _edge(db, intent), writer=writer)
        if wait is not None:
            return wait
    now = moved(intent, schedule, writer=writer)
    interval_us = round(now.interval_s * 1e6)
    db.execute(
        _SCHEDULE,
        (intent.from_number, micros(now.next_at), interval_us, writer, micros(now.taken_at)),
    )
    return None


def _edge(db: sqlite3.Connection, intent: Intent) -> datetime | None:
    until = micros(believed_until(intent))
    row = db.execute(_EDGE, (intent.from_number, until, window_of(intent) - 1)).fetchone()
    return None if row is None else moment_of(row[0])


def _resend(db: sqlite3.Connection, known: int, state: AttemptState, intent: Intent) -> int:
    sending = advance(state, EventKind.INTENT)
    db.execute(_RESEND, (sending, intent.attempt_id, *intent_columns(intent), known))
    append(db, Event(id=known, kind=EventKind.INTENT, at=intent.at), error=None)
    return known
