"""The calls that a number has had, in the file: those that count towards its caps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from campaign.ledger.forgetting import spellings
from campaign.ledger.forgotten import secret_in
from campaign.ledger.queries import CHUNK, among, chunks
from campaign.ledger.rows import micros, moment_of
from campaign.ledger.schema import IN_FLIGHT
from campaign.policy import caps

# Put together from constants only, hence `noqa: S608`.
_COUNTS = f"""
a.intent_at >= ? AND a.state NOT IN {among(caps.UNMADE)}
AND NOT (a.state = 'ended' AND a.call_id IS NOT NULL AND a.started_at IS NULL
    AND ifnull(a.disconnection_reason, '') IN {among(caps.UNREACHED)})
"""
_OF_ONE = f"""
SELECT a.intent_at FROM attempts a INDEXED BY attempts_by_number
WHERE a.to_number = ? AND {_COUNTS}
"""  # noqa: S608
_OF_MANY = f"""
SELECT a.to_number, a.intent_at FROM attempts a INDEXED BY attempts_by_number
WHERE a.to_number IN (SELECT value FROM json_each(?)) AND {_COUNTS}
"""  # noqa: S608
_LATELY = f"""
SELECT to_number FROM attempts INDEXED BY attempts_in_flight WHERE state IN {IN_FLIGHT}
UNION SELECT to_number FROM attempts INDEXED BY attempts_by_number WHERE intent_at >= ?
"""  # noqa: S608


def called(db: sqlite3.Connection, since: datetime) -> Iterator[str]:
    """Iterate over the numbers with a live or unknown call, or an intent since then."""
    cursor = db.execute(_LATELY, (micros(since),))
    while rows := cursor.fetchmany(CHUNK):
        yield from (number for (number,) in rows)


def calls_at(db: sqlite3.Connection, numbers: Sequence[str], since: datetime) -> list[datetime]:
    """Return when one person, known by all of `numbers`, got calls that count, in no order."""
    from_at = micros(since)
    return [moment_of(at) for number in numbers for (at,) in db.execute(_OF_ONE, (number, from_at))]


def calls_to(
    db: sqlite3.Connection, numbers: Sequence[str], since: datetime
) -> dict[str, list[datetime]]:
    """Return when these numbers got calls that count, oldest first; those without are left out."""
    spelt = spellings(secret_in(db), numbers)
    found: dict[str, list[datetime]] = {}
    for chunk in chunks(list(spelt)):
        for number, at in db.execute(_OF_MANY, (chunk, micros(since))):
            found.setdefault(spelt[number], []).append(moment_of(at))
    return {number: sorted(calls) for number, calls in found.items()}
