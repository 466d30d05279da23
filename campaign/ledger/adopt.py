"""Calls found at the provider, written: a page of them in one transaction. As in `operations`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.found import intent_of, is_known, is_under_way, place_of, rebuilt, steps
from campaign.ledger.operations import attempt_at, insert, keep
from campaign.model import Attempt, AttemptState, Found

# Reads no more than it takes to see that a call is known, which nearly all of a page are.
_KNOWN = """
SELECT c.id, a.id, a.call_id, a.state FROM campaigns c
LEFT JOIN attempts a ON a.campaign = c.id AND a.contact_key = ? AND a.attempt = ?
WHERE c.name = ?
"""


def adopt(db: sqlite3.Connection, found: Sequence[Found]) -> list[Attempt]:
    """Record the calls that the ledger does not hold; return their attempts."""
    taken: list[Attempt] = []
    for one in found:
        name, contact_key, number = place_of(one)
        row = db.execute(_KNOWN, (contact_key, number, name)).fetchone()
        if row is None:
            raise unknown_campaign(name)
        campaign, attempt, call_id, state = row
        if attempt is None:
            taken.append(_add(db, campaign, one))
        elif not (is_known(call_id, one) or is_under_way(AttemptState(state))):
            taken.append(_take_up(db, *attempt_at(db, attempt), one))
    return taken


def _add(db: sqlite3.Connection, campaign: int, found: Found) -> Attempt:
    intent = intent_of(found)
    attempt = rebuilt(insert(db, campaign, intent, AttemptState.UNKNOWN), intent)
    return _take_up(db, attempt, intent.starts_at, found)


def _take_up(
    db: sqlite3.Connection, attempt: Attempt, starts_at: datetime, found: Found
) -> Attempt:
    for after, event in steps(attempt, found, starts_at=starts_at):
        keep(db, after, event)
        attempt = after
    return attempt
