"""What is written: each a function of a connection that is inside a transaction."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from campaign.ledger.belonging import normal_url, reopened, same_account, same_url
from campaign.ledger.fold import ORPHANED, after
from campaign.ledger.forgetting import kept
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
    text_of,
)
from campaign.ledger.schema import IN_FLIGHT
from campaign.ledger.suppression import suppress
from campaign.model import (
    Attempt,
    AttemptState,
    Campaign,
    Event,
    EventKind,
    Intent,
    Suppression,
)
from campaign.policy.disposition import of_attempt

# The statements below are put together from constants only, hence `noqa: S608`.
_INSERT = """
INSERT INTO attempts (campaign, contact_key, attempt, attempt_id, state, outcome,
    to_number, from_number, agent_id, intent_at, starts_at)
VALUES (?, ?, ?, ?, ?, 'unknown', ?, ?, ?, ?, ?)
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


def record(db: sqlite3.Connection, event: Event) -> Attempt:
    """Append an event and bring the projection of its attempt up to date."""
    attempt, starts_at = attempt_at(db, event.id)
    event = kept(attempt, event)
    now = after(attempt, event, starts_at=starts_at)
    keep(db, now, event)
    opted_out(db, now, event.opt_out, event.at)
    return now


def opted_out(db: sqlite3.Connection, attempt: Attempt, reason: str | None, at: datetime) -> None:
    """Put the number of an attempt on the suppression list, where there is a reason to."""
    if reason is not None:
        suppress(db, [Suppression(number=attempt.to_number, reason=reason, at=at)])


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
    append(db, event, error=error)


def append(db: sqlite3.Connection, event: Event, *, error: str | None) -> None:
    """Append an event, with its error as it can be stored."""
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


def _id(cursor: sqlite3.Cursor) -> int:
    # Always there after an INSERT; the type also covers other statements.
    return int(cursor.lastrowid or 0)
