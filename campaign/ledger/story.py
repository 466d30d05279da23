"""What is known of a number, in the file: its story, and the holds that are part of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from campaign.ledger import telling
from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.fold import storable
from campaign.ledger.forgetting import names
from campaign.ledger.forgotten import filed, secret_in
from campaign.ledger.queries import among
from campaign.ledger.rows import ATTEMPT, attempt_of, micros, moment_of
from campaign.model import Episode, Hold

_CAMPAIGN = "SELECT id FROM campaigns WHERE name = ?"
_HOLD = """
INSERT INTO holds (campaign, contact_key, kind, reason, to_number, first_at, last_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (campaign, contact_key, kind, reason) DO UPDATE SET
    to_number = excluded.to_number, last_at = max(last_at, excluded.last_at)
"""
# Put together from constants only, hence `noqa: S608`.
_ATTEMPTS = f"""
SELECT {ATTEMPT} FROM attempts a INDEXED BY attempts_by_number
JOIN campaigns c ON c.id = a.campaign WHERE a.to_number IN (?, ?)
"""  # noqa: S608
_VERDICTS = f"""
SELECT e.at, c.name, e.error FROM attempts a INDEXED BY attempts_by_number
JOIN campaigns c ON c.id = a.campaign JOIN events e ON e.attempt = a.id
WHERE a.to_number IN (?, ?) AND e.kind IN {among(telling.VERDICTS)}
"""  # noqa: S608
_HOLDS = """
SELECT h.last_at, c.name, h.kind, h.reason
FROM holds h JOIN campaigns c ON c.id = h.campaign WHERE h.to_number IN (?, ?)
"""
_HELD = """
SELECT h.contact_key, h.to_number, h.last_at, h.kind, h.reason
FROM holds h JOIN campaigns c ON c.id = h.campaign WHERE c.name = ? AND h.last_at >= ?
ORDER BY h.contact_key, h.last_at, h.kind, h.reason
"""
_SUPPRESSIONS = "SELECT at, reason, added FROM suppressions WHERE number IN (?, ?)"


def hold(db: sqlite3.Connection, holds: Sequence[Hold]) -> None:
    """Remember why contacts were not called: one row for each contact and reason."""
    secret = secret_in(db)
    for one in holds:
        row = db.execute(_CAMPAIGN, (one.campaign,)).fetchone()
        if row is None:
            raise unknown_campaign(one.campaign)
        key, number = one.contact_key, one.to_number
        if secret is not None:
            key, number = filed(db, secret, row[0], key, number)
        at = micros(one.at)
        db.execute(_HOLD, (row[0], key, one.kind, storable(one.reason), number, at, at))


def holds(db: sqlite3.Connection, campaign: str, since: datetime) -> Iterator[Hold]:
    """Iterate over the holds and skips of a campaign that were last met with since then."""
    for key, number, at, kind, reason in db.execute(_HELD, (campaign, micros(since))):
        yield Hold(
            campaign=campaign,
            contact_key=key,
            to_number=number,
            at=moment_of(at),
            kind=kind,
            reason=reason,
        )


def story(db: sqlite3.Connection, number: str) -> list[Episode]:
    """Return everything known of a number, oldest first."""
    known = names(secret_in(db), number)
    return telling.in_order(_episodes(db, (known[0], known[-1])))


def _episodes(db: sqlite3.Connection, numbers: tuple[str, str]) -> Iterator[Episode]:
    for row in db.execute(_ATTEMPTS, numbers):
        yield telling.attempted(attempt_of(row))
    for at, campaign, text in db.execute(_VERDICTS, numbers):
        yield telling.judged(moment_of(at), campaign, text)
    for at, campaign, kind, reason in db.execute(_HOLDS, numbers):
        yield telling.held_back(moment_of(at), campaign, kind, reason)
    for at, reason, added in db.execute(_SUPPRESSIONS, numbers):
        yield telling.listed(moment_of(at), reason, added=bool(added))
