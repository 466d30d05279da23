"""Persons who were forgotten, in the file: under which names they are kept, and the forgetting.

As in `operations`. All attempts of one contact are kept under one name, so that whoever reads
them finds all or none.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from secrets import token_hex

from campaign.ledger import forgetting
from campaign.ledger.rows import micros, secret_of
from campaign.ledger.schema import IN_FLIGHT

KEPT_AS = "forgetting_key"
"""Where `meta` has the key, once anything was forgotten."""

# Put together from constants only, hence `noqa: S608`.
_SECRET = f"SELECT value FROM meta WHERE key = '{KEPT_AS}'"  # noqa: S608
_MAKE = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
_IS_FORGOTTEN = "SELECT EXISTS (SELECT 1 FROM forgotten WHERE number = ?)"
_HAS_CONTACT = """
SELECT EXISTS (SELECT 1 FROM attempts WHERE campaign = ? AND contact_key = ?)
"""
_STILL_CALLED = f"""
SELECT EXISTS (SELECT 1 FROM attempts INDEXED BY attempts_in_flight
    WHERE to_number IN (?, ?) AND state IN {IN_FLIGHT})
"""  # noqa: S608
_FORGET = "INSERT INTO forgotten (number, at) VALUES (?, ?) ON CONFLICT (number) DO NOTHING"
_OF_NUMBER = "SELECT id, campaign, contact_key, attempt_id FROM attempts WHERE to_number = ?"
_ERASE = f"""
UPDATE attempts SET attempt_id = ?, to_number = ?, error = NULL,
    {" = NULL, ".join(forgetting.TEXTS)} = NULL
WHERE id = ?
"""  # noqa: S608
_UNSAY = "UPDATE events SET error = NULL, said = NULL WHERE attempt = ?"
_RENAME = "UPDATE attempts SET contact_key = ? WHERE campaign = ? AND contact_key = ?"
_LET_GO = "DELETE FROM holds WHERE campaign = ? AND contact_key = ?"
_LET_NUMBER_GO = "DELETE FROM holds WHERE to_number IN (?, ?)"
_RELIST = "UPDATE suppressions SET number = ? WHERE number = ?"


def secret_in(db: sqlite3.Connection) -> bytes | None:
    """Return the key of the ledger's hashes, `None` where nothing was ever forgotten."""
    row = db.execute(_SECRET).fetchone()
    return None if row is None else secret_of(row[0])


def number_name(db: sqlite3.Connection, number: str) -> str:
    """Return the name under which something new is noted of a number."""
    secret = secret_in(db)
    if secret is None:
        return number
    name = forgetting.hidden(secret, number)
    return name if _exists(db, _IS_FORGOTTEN, name) else number


def contact_name(db: sqlite3.Connection, secret: bytes, campaign: int, key: str) -> str:
    """Return the name under which a contact's next attempt is kept: that of its others."""
    name = forgetting.hidden(secret, key)
    return name if _exists(db, _HAS_CONTACT, campaign, name) else key


def filed(
    db: sqlite3.Connection, secret: bytes, campaign: int, key: str, number: str
) -> tuple[str, str]:
    """Return the names under which what comes late is noted of a contact and its number.

    Of a number that was forgotten, hashes, unless the contact was called again since and is known.
    """
    name = forgetting.hidden(secret, number)
    forgotten = _exists(db, _IS_FORGOTTEN, name)
    if forgotten and not _exists(db, _HAS_CONTACT, campaign, key):
        return forgetting.hidden(secret, key), name
    return contact_name(db, secret, campaign, key), number


def forget(db: sqlite3.Connection, number: str, at: datetime) -> int:
    """Put hashes in the place of a number and its contacts, and empty the texts of its calls."""
    db.execute(_MAKE, (KEPT_AS, token_hex(forgetting.SECRET_BYTES)))
    secret = secret_of(db.execute(_SECRET).fetchone()[0])
    name = forgetting.hidden(secret, number)
    if _exists(db, _STILL_CALLED, number, name):
        raise forgetting.still_called(number)
    db.execute(_FORGET, (name, micros(at)))
    attempts = db.execute(_OF_NUMBER, (number,)).fetchall()
    for attempt, _, _, attempt_id in attempts:
        db.execute(_ERASE, (forgetting.hidden(secret, attempt_id), name, attempt))
        db.execute(_UNSAY, (attempt,))
    for campaign, key in {(campaign, key) for _, campaign, key, _ in attempts}:
        db.execute(_LET_GO, (campaign, key))
        if not forgetting.is_hidden(key):
            db.execute(_RENAME, (forgetting.hidden(secret, key), campaign, key))
    db.execute(_LET_NUMBER_GO, (number, name))
    db.execute(_RELIST, (name, number))
    return len(attempts)


def _exists(db: sqlite3.Connection, statement: str, *values: object) -> bool:
    return bool(db.execute(statement, values).fetchone()[0])
