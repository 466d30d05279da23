"""The tables of a ledger file, and how an older file is brought up to date.

Times are integers, microseconds since 1970 UTC. An attempt's row holds its identity and a
projection of what is known of it; `events` holds everything that happened after its first
intent, and the intents by which it was sent again.
`suppressions` holds every change of that list, `holds` the reasons why contacts were not called.
Where a person was forgotten, hashes stand in the place of number, contact key and attempt id.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from campaign.errors import LedgerError

APPLICATION_ID = 0x43414D50
"""`CAMP`, in the header of the file."""

IN_FLIGHT = "('sending', 'unknown', 'live')"
"""`lifecycle.IN_FLIGHT`, spelt as the partial index is: SQLite uses it for nothing else."""

CALLED = "('ended', 'live', 'lost')"
"""The states in which an attempt has a call with an id, spelt in the same way."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE meta (
            key TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE campaigns (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            campaign_id TEXT NOT NULL,
            key_column TEXT NOT NULL,
            list_path TEXT NOT NULL,
            list_hash TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            options TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE attempts (
            id INTEGER PRIMARY KEY,
            campaign INTEGER NOT NULL REFERENCES campaigns (id),
            contact_key TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            attempt_id TEXT NOT NULL,
            to_number TEXT NOT NULL,
            from_number TEXT NOT NULL,
            agent_id TEXT,
            state TEXT NOT NULL,
            intent_at INTEGER NOT NULL,
            starts_at INTEGER NOT NULL,
            sends INTEGER NOT NULL DEFAULT 1,
            outcome TEXT NOT NULL,
            error TEXT,
            placed_at INTEGER,
            call_id TEXT,
            call_status TEXT,
            call_agent_id TEXT,
            disconnection_reason TEXT,
            started_at INTEGER,
            ended_at INTEGER,
            duration_s REAL,
            cost_usd REAL,
            summary TEXT,
            sentiment TEXT,
            successful INTEGER,
            in_voicemail INTEGER,
            analysis TEXT,
            collected TEXT,
            recording_url TEXT,
            UNIQUE (campaign, contact_key, attempt)
        ) STRICT""",
        """CREATE INDEX attempts_in_flight ON attempts (to_number)
            WHERE state IN ('sending', 'unknown', 'live')""",
        "CREATE INDEX attempts_by_caller ON attempts (from_number, starts_at)",
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            attempt INTEGER NOT NULL REFERENCES attempts (id),
            kind TEXT NOT NULL,
            at INTEGER NOT NULL,
            status INTEGER,
            error TEXT,
            said TEXT
        ) STRICT""",
        "CREATE INDEX events_by_attempt ON events (attempt)",
        """CREATE TABLE pace (
            from_number TEXT PRIMARY KEY,
            next_at INTEGER NOT NULL,
            interval_us INTEGER NOT NULL,
            writer TEXT NOT NULL,
            taken_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            campaign INTEGER NOT NULL REFERENCES campaigns (id),
            started_at INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            ended_at INTEGER,
            rows INTEGER NOT NULL,
            outcomes TEXT NOT NULL,
            calls_created INTEGER NOT NULL,
            stopped_by TEXT,
            next_due INTEGER
        ) STRICT""",
        # What happened stays; only a person's texts may be taken out of it again.
        """CREATE TRIGGER events_stay BEFORE UPDATE ON events
            WHEN NOT (NEW.id IS OLD.id AND NEW.attempt IS OLD.attempt AND NEW.kind IS OLD.kind
                AND NEW.at IS OLD.at AND NEW.status IS OLD.status
                AND NEW.error IS NULL AND NEW.said IS NULL)
            BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
        """CREATE TRIGGER events_remain BEFORE DELETE ON events
            BEGIN SELECT RAISE(ABORT, 'events are never erased'); END""",
        """CREATE TRIGGER attempts_remain BEFORE DELETE ON attempts
            BEGIN SELECT RAISE(ABORT, 'attempts are never erased'); END""",
    ),
    (
        """CREATE TABLE stops (
            id INTEGER PRIMARY KEY,
            campaign INTEGER NOT NULL REFERENCES campaigns (id),
            at INTEGER NOT NULL,
            hang_up INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX stops_by_campaign ON stops (campaign, at)",
        # For counting a campaign's calls without reading its attempts.
        """CREATE INDEX attempts_called ON attempts (campaign, state)
            WHERE state IN ('ended', 'live', 'lost')""",
        # For finding the runs that were killed.
        "CREATE INDEX runs_open ON runs (campaign) WHERE ended_at IS NULL",
    ),
    (
        # For the calls that a number has had lately, and for all that is known of it.
        "CREATE INDEX attempts_by_number ON attempts (to_number, intent_at)",
        # A number is on the list where its newest row says `added`.
        """CREATE TABLE suppressions (
            id INTEGER PRIMARY KEY,
            number TEXT NOT NULL,
            at INTEGER NOT NULL,
            added INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX suppressions_by_number ON suppressions (number)",
        # Nothing of it changes, but for a number that gives way to its hash.
        """CREATE TRIGGER suppressions_stay BEFORE UPDATE ON suppressions
            WHEN NOT (NEW.id IS OLD.id AND NEW.at IS OLD.at AND NEW.added IS OLD.added
                AND NEW.reason IS OLD.reason AND NEW.number LIKE 'forgotten:%')
            BEGIN SELECT RAISE(ABORT, 'suppressions are never changed'); END""",
        """CREATE TRIGGER suppressions_remain BEFORE DELETE ON suppressions
            BEGIN SELECT RAISE(ABORT, 'suppressions are never erased'); END""",
        """CREATE TABLE holds (
            campaign INTEGER NOT NULL REFERENCES campaigns (id),
            contact_key TEXT NOT NULL,
            kind TEXT NOT NULL,
            reason TEXT NOT NULL,
            to_number TEXT NOT NULL,
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            PRIMARY KEY (campaign, contact_key, kind, reason)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX holds_by_number ON holds (to_number)",
        # Hashes only: whose attempts, found later, must not bring a number back.
        """CREATE TABLE forgotten (
            number TEXT PRIMARY KEY,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ),
)


# One statement, hence one state of the file, which another process may be creating just now.
_HEADER = """
SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
FROM pragma_application_id, pragma_user_version
"""


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return a file's schema version, 0 for an empty file; `LedgerError` if it is no ledger.

    Reads only, so a file that is somebody else's stays as it is.
    """
    application, version, tables = (int(value) for value in connection.execute(_HEADER).fetchone())
    if tables == 0 and application == 0:
        return 0
    if application != APPLICATION_ID:
        raise LedgerError(
            f"{str(path)!r} is a database, and not a ledger of campaign",
            hint="name another file with --ledger",
        )
    if version > len(MIGRATIONS):
        raise LedgerError(
            f"the ledger {str(path)!r} has schema version {version},"
            f" and this campaign knows {len(MIGRATIONS)}",
            hint="upgrade campaign",
        )
    return version


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an empty or older file up to the newest schema, in one transaction."""
    if version_of(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    # Asked again: another process may have done it while this one waited for the lock.
    for script in MIGRATIONS[version_of(connection, path) :]:
        for statement in script:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")
