"""The suppression list in the file: numbers come and go, and the list remembers it.

As in `operations`. A number that was forgotten is on it by its hash only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from campaign.ledger.fold import storable
from campaign.ledger.forgetting import spellings
from campaign.ledger.forgotten import number_name, secret_in
from campaign.ledger.queries import CHUNK, chunks
from campaign.ledger.rows import micros, moment_of
from campaign.model import Suppression

_NEWEST = """
s.added AND NOT EXISTS (SELECT 1 FROM suppressions l WHERE l.number = s.number AND l.id > s.id)
"""
# Put together from constants only, hence `noqa: S608`.
_LIST = f"SELECT s.number, s.reason, s.at FROM suppressions s WHERE {_NEWEST} ORDER BY s.at, s.id"  # noqa: S608
_AMONG = f"""
SELECT s.number, s.reason FROM suppressions s
WHERE s.number IN (SELECT value FROM json_each(?)) AND {_NEWEST}
"""  # noqa: S608
_LISTED = "SELECT added FROM suppressions WHERE number = ? ORDER BY id DESC LIMIT 1"
_NOTE = "INSERT INTO suppressions (number, at, added, reason) VALUES (?, ?, ?, ?)"


def suppress(db: sqlite3.Connection, suppressions: Sequence[Suppression]) -> int:
    """Put numbers on the list; return how many were not on it."""
    return sum(
        _change(db, one.number, one.at, added=True, reason=one.reason) for one in suppressions
    )


def unsuppress(db: sqlite3.Connection, numbers: Sequence[str], at: datetime) -> int:
    """Take numbers off the list; return how many were on it."""
    return sum(_change(db, number, at, added=False, reason="") for number in numbers)


def suppressions(db: sqlite3.Connection) -> Iterator[Suppression]:
    """Iterate over the numbers on the list, oldest first."""
    cursor = db.execute(_LIST)
    while rows := cursor.fetchmany(CHUNK):
        for number, reason, at in rows:
            yield Suppression(number=number, reason=reason, at=moment_of(at))


def suppressed(db: sqlite3.Connection, numbers: Sequence[str]) -> dict[str, str]:
    """Return those of the numbers that are on the list, with the reason."""
    spelt = spellings(secret_in(db), numbers)
    return {
        spelt[number]: reason
        for chunk in chunks(list(spelt))
        for number, reason in db.execute(_AMONG, (chunk,))
    }


def _change(db: sqlite3.Connection, number: str, at: datetime, *, added: bool, reason: str) -> bool:
    name = number_name(db, number)
    row = db.execute(_LISTED, (name,)).fetchone()
    if bool(row and row[0]) is added:
        return False
    db.execute(_NOTE, (name, micros(at), added, storable(reason)))
    return True
