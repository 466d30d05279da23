"""Calls found at the provider, written: a page of them in one transaction. As in `operations`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.forgetting import filed_as, names
from campaign.ledger.forgotten import filed, secret_in
from campaign.ledger.found import intent_of, is_known, is_under_way, place_of, rebuilt, steps
from campaign.ledger.operations import attempt_at, insert, keep, opted_out
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
    secret = secret_in(db)
    for one in found:
        campaign, attempt, call_id, state = _known(db, secret, one)
        if attempt is None:
            taken.append(_add(db, secret, campaign, one))
        elif not (is_known(call_id, one) or is_under_way(AttemptState(state))):
            taken.append(_take_up(db, *attempt_at(db, attempt), one))
    return taken


def _known(db: sqlite3.Connection, secret: bytes | None, found: Found) -> Sequence[Any]:
    name, contact_key, number = place_of(found)
    rows: list[Sequence[Any]] = [
        db.execute(_KNOWN, (key, number, name)).fetchone() for key in names(secret, contact_key)
    ]
    if rows[0] is None:
        raise unknown_campaign(name)
    return rows[-1] if rows[0][1] is None else rows[0]


def _add(db: sqlite3.Connection, secret: bytes | None, campaign: int, found: Found) -> Attempt:
    intent = intent_of(found)
    if secret is not None:
        place = filed(db, secret, campaign, intent.contact_key, intent.to_number)
        intent = filed_as(secret, intent, *place)
    attempt = rebuilt(insert(db, campaign, intent, AttemptState.UNKNOWN), intent)
    return _take_up(db, attempt, intent.starts_at, found)


def _take_up(
    db: sqlite3.Connection, attempt: Attempt, starts_at: datetime, found: Found
) -> Attempt:
    for after, event in steps(attempt, found, starts_at=starts_at):
        keep(db, after, event)
        attempt = after
    opted_out(db, attempt, found.opt_out, found.at)
    return attempt
