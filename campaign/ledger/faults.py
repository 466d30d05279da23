"""What SQLite's errors mean to the person who runs a campaign."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from campaign.errors import LedgerError

_DAMAGED = (
    "move the damaged file (with its -wal and -shm) away and restore a backup, if there is one;"
    " a run asks the provider for the campaign's calls before it dials"
)
_DENIED = "check that the file and its folder may be written and that the disk is not read-only"

HINTS = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "free some space on its disk, then run again",
        sqlite3.SQLITE_READONLY: _DENIED,
        sqlite3.SQLITE_PERM: _DENIED,
        sqlite3.SQLITE_CANTOPEN: _DENIED,
        sqlite3.SQLITE_BUSY: "another process is writing to it; run again when that one is done",
        sqlite3.SQLITE_CORRUPT: _DAMAGED,
        sqlite3.SQLITE_NOTADB: _DAMAGED,
    }
)
OTHERWISE = "check the disk it is on, then run again"

MISUSED = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
)
"""Raised for what a statement was given: a bug in one operation, not a fault of the file."""


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 where the error carries none."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def is_passing(error: sqlite3.Error) -> bool:
    """Tell whether the next write may well succeed."""
    return code_of(error) == sqlite3.SQLITE_BUSY


def explained(error: sqlite3.Error, path: Path) -> LedgerError:
    """Return the error that a command ends with."""
    fault = LedgerError(
        f"the ledger {str(path)!r} cannot be read or written: {error}",
        hint=HINTS.get(code_of(error), OTHERWISE),
    )
    fault.__cause__ = error
    return fault


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into `LedgerError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(error, path) from error
