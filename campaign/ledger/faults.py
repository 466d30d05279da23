"""What SQLite's errors mean to the person who runs a campaign."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from campaign.errors import LedgerError

DAMAGED = (
    "move the damaged file and its -wal and -shm away (all three), then run again: what was"
    " called is rebuilt from the provider's list"
)
_DENIED = "check that the file and its folder may be written and that the disk is not read-only"

HINTS = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: "free some space on its disk, then run again",
        sqlite3.SQLITE_READONLY: _DENIED,
        sqlite3.SQLITE_PERM: _DENIED,
        sqlite3.SQLITE_CANTOPEN: _DENIED,
        sqlite3.SQLITE_BUSY: "another process is writing to it; run again when that one is done",
        sqlite3.SQLITE_CORRUPT: DAMAGED,
        sqlite3.SQLITE_NOTADB: DAMAGED,
    }
)

_SIGNS = (
    "malformed",
    "could not decode",
    "no such",
    "already exists",
    "no query solution",
    "unsupported file format",
)
"""Damage that SQLite reports without a code of its own: our statements and schema are fixed, so
that a table can only be missing, or there too early, in a file that is not what was written."""
OTHERWISE = "check the disk it is on, then run again"

FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""Raised by a statement: the second where SQLite's own message quotes bent bytes of the file."""

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


def damage(error: Exception) -> sqlite3.DatabaseError:
    """Return the error that SQLite has for a damaged file, where Python met the damage first."""
    fault = sqlite3.DatabaseError(f"malformed cell: {error}")
    fault.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return fault


def as_sqlite(error: Exception) -> sqlite3.Error:
    """Return one of `FAULTS` as the error that SQLite has for it."""
    return error if isinstance(error, sqlite3.Error) else damage(error)


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether the file is not what was once written into it."""
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHORT_READ:
        return True
    return any(sign in str(error).lower() for sign in _SIGNS)


def explained(error: sqlite3.Error, path: Path) -> LedgerError:
    """Return the error that a command ends with."""
    error = _unquoted(error)
    hint = DAMAGED if is_damage(error) else HINTS.get(code_of(error), OTHERWISE)
    fault = LedgerError(f"the ledger {str(path)!r} cannot be read or written: {error}", hint=hint)
    fault.__cause__ = error
    return fault


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into `LedgerError`."""
    try:
        yield
    except FAULTS as error:
        fault = explained(as_sqlite(error), path)
        raise fault from fault.__cause__


def _unquoted(error: sqlite3.Error) -> sqlite3.Error:
    # What a bent cell holds is somebody's number or name: not for a message.
    message, quoting, _ = str(error).partition(" with text ")
    return sqlite3.OperationalError(message) if quoting else error
