"""What is written: each a function of a connection that is inside a transaction."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from campaign.ledger.belonging import normal_url, reopened, same_account, same_url, unknown_campaign
from campaign.ledger.fold import ORPHANED, after, held
from campaign.ledger.pace import Schedule, believed_until, is_shared, moved, too_soon, window_of
from campaign.ledger.rows import (
    ATTEMPT,
    ATTEMPT_WIDTH,
    CALL,
    CAMPAIGN,
    attempt_of,
    call_columns,
    campaign_columns,
    campaign_of,
    intent_columns,
    micros,
    moment_of,
    said,
    state_of,
    text_of,
)
from campaign.ledger.schema import IN_FLIGHT
from campaign.model import (
    Attempt,
    AttemptState,
    Begun,
    Campaign,
    Event,
    EventKind,
    Held,
    Intent,
    TooSoon,
)
from campaign.policy.disposition import of_attempt
from campaign.policy.lifecycle import advance

# The statements below are put together from constants only, hence `noqa: S608`.
_ADMISSION = f"""
SELECT c.id, p.next_at, p.interval_us, p.writer, p.taken_at, a.id, a.state,
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
_INSERT = """
INSERT INTO attempts (campaign, contact_key, attempt, attempt_id, state, outcome,
    to_number, from_number, agent_id, intent_at, starts_at)
VALUES (?, ?, ?, ?, ?, 'unknown', ?, ?, ?, ?, ?)
"""
_RESEND = """
UPDATE attempts SET sends = sends + 1, state = ?, outcome = 'unknown', error = NULL,
    to_number = ?, from_number = ?, agent_id = ?, intent_at = ?, starts_at = ?
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
_ATTEMPT = f"""
SELECT {ATTEMPT}, a.starts_at FROM attempts a JOIN campaigns c ON c.id = a.campaign
WHERE a.id = ?
"""  # noqa: S608
_PROJECT = f"""
UPDATE attempts SET state = ?, outcome = ?, sends = ?, error = ?, placed_at = ?,
    {" = ?, ".join(CALL)} = ?
WHERE id = ?
"""  # noqa: S608
_APPEND = "INSERT INTO events (attempt, kind, at, status, error, said) VALUES (?, ?, ?, ?, ?, ?)"
_SENDING = f"""
SELECT a.id FROM attempts a INDEXED BY attempts_in_flight
WHERE a.state IN {IN_FLIGHT} AND a.state = 'sending'
    AND a.campaign = (SELECT id FROM campaigns WHERE name = ?) ORDER BY a.id
"""  # noqa: S608
_ENLIST = f"INSERT INTO campaigns ({CAMPAIGN}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_CAMPAIGN = f"SELECT {CAMPAIGN} FROM campaigns WHERE name = ?"  # noqa: S608
_RELIST = "UPDATE campaigns SET list_path = ?, list_hash = ?, options = ? WHERE name = ?"
_REMEMBER = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"


def bind(db: sqlite3.Connection, base_url: str, account: str | None) -> str | None:
    """Tie the ledger to a base URL and an account, or check that it is."""
    url = normal_url(base_url)
    known = dict(db.execute("SELECT key, value FROM meta").fetchall())
    same_url(known.get("base_url"), url)
    bound = same_account(known.get("account"), account)
    db.execute(_REMEMBER, ("base_url", url))
    if bound is not None:
        db.execute(_REMEMBER, ("account", bound))
    return bound


def open_campaign(db: sqlite3.Connection, campaign: Campaign) -> Campaign:
    """Record a campaign, or bring the list of the recorded one up to date."""
    row = db.execute(_CAMPAIGN, (campaign.name,)).fetchone()
    if row is None:
        db.execute(_ENLIST, campaign_columns(campaign))
        return campaign
    now = reopened(campaign_of(row), campaign)
    db.execute(_RELIST, (now.list_path, now.list_hash, text_of(now.options), now.name))
    return now


def begin(db: sqlite3.Connection, intent: Intent, writer: str) -> Begun | TooSoon | Held:
    """Admit an intent: nothing is written unless it may be sent."""
    contact = (intent.contact_key, intent.attempt)
    row = db.execute(
        _ADMISSION, (intent.to_number, *contact, intent.from_number, *contact, intent.campaign)
    ).fetchone()
    if row is None:
        raise unknown_campaign(intent.campaign)
    campaign, *pace, known, state_text, busy, other = row
    state = None if state_text is None else state_of(state_text)
    reason = held(attempt=intent.attempt, state=state, busy=busy, other=other)
    if reason is not None:
        return reason
    if intent.interval_s > 0:
        wait = _keep_pace(db, intent, _schedule(*pace), writer)
        if wait is not None:
            return wait
    if state is None:
        return Begun(id=insert(db, campaign, intent, AttemptState.SENDING))
    return Begun(id=_resend(db, known, state, intent))


def record(db: sqlite3.Connection, event: Event) -> Attempt:
    """Append an event and bring the projection of its attempt up to date."""
    attempt, starts_at = attempt_at(db, event.id)
    now = after(attempt, event, starts_at=starts_at)
    keep(db, now, event)
    return now


def attempt_at(db: sqlite3.Connection, attempt: int) -> tuple[Attempt, datetime]:
    """Return an attempt by its id, and when its last intent was to start."""
    row = db.execute(_ATTEMPT, (attempt,)).fetchone()
    if row is None:
        raise LookupError(f"the ledger has no attempt {attempt!r}")
    return attempt_of(row), moment_of(row[ATTEMPT_WIDTH])


def keep(db: sqlite3.Connection, attempt: Attempt, event: Event) -> None:
    """Append `event`, and bring the row of its attempt up to `attempt`, as it is after it."""
    db.execute(
        _PROJECT,
        (
            attempt.state,
            of_attempt(attempt),
            attempt.sends,
            attempt.error,
            None if attempt.placed_at is None else micros(attempt.placed_at),
            *call_columns(attempt.call),
            attempt.id,
        ),
    )
    # `after` keeps the event's error where there is one, cleaned of what cannot be stored.
    error = attempt.error if event.error else None
    db.execute(
        _APPEND,
        (event.id, event.kind, micros(event.at), event.status, error, said(event.call)),
    )


def insert(db: sqlite3.Connection, campaign: int, intent: Intent, state: AttemptState) -> int:
    """Add an attempt in its first state; return its id."""
    identity = (campaign, intent.contact_key, intent.attempt, intent.attempt_id, state)
    return _id(db.execute(_INSERT, (*identity, *intent_columns(intent))))


def orphans(db: sqlite3.Connection, campaign: str, at: datetime) -> int:
    """Mark what a dead run left being sent as unknown."""
    found = db.execute(_SENDING, (campaign,)).fetchall()
    for (attempt,) in found:
        record(db, Event(id=attempt, kind=EventKind.AMBIGUOUS, at=at, error=ORPHANED))
    return len(found)


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
    db.execute(_RESEND, (sending, *intent_columns(intent), known))
    db.execute(_APPEND, (known, EventKind.INTENT, micros(intent.at), None, None, None))
    return known


def _id(cursor: sqlite3.Cursor) -> int:
    # Always there after an INSERT; the type also covers other statements.
    return int(cursor.lastrowid or 0)
