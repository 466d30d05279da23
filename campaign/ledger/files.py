"""The ledger's file: created for its owner only, opened for writing or for reading."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from campaign.errors import ConfigError, LedgerError
from campaign.ledger.faults import DAMAGED, explaining, is_passing
from campaign.ledger.schema import migrate, version_of

BUSY_TIMEOUT_S = 30.0
MODE = 0o600
SEARCHED = 1 << 25
"""Up to this many bytes a ledger is searched for damage at every start, not only after a crash."""
_WAL_TRIES = 100
_WAL_PAUSE_S = 0.05


def claim(path: Path, *, create: bool) -> tuple[Path, bool]:
    """Return the real path of a ledger, and whether its file has just been created.

    SQLite gives the -wal and -shm files the mode of the file itself, so that one counts.
    """
    real = path.resolve()
    if real.is_file():
        return real, False
    if not create and not real.exists():
        raise ConfigError(
            f"no such ledger: {str(path)!r}", hint="name the file of a run with --ledger"
        )
    require_folder(real, path)
    try:
        os.close(os.open(real, os.O_CREAT | os.O_RDWR, MODE))
        _sync_folder(real.parent)
    except OSError as error:
        raise LedgerError(
            f"the ledger {str(path)!r} cannot be created: {error.strerror}",
            hint="check its folder, or name another file with --ledger",
        ) from error
    return real, True


def require_folder(real: Path, path: Path) -> None:
    """Raise `LedgerError` where the folder of the ledger does not exist, or it is one itself."""
    if real.is_dir():
        raise LedgerError(
            f"the ledger {str(path)!r} is a folder",
            hint="name a file in it, such as campaign.db, with --ledger",
        )
    if not real.parent.is_dir():
        raise LedgerError(
            f"the folder of the ledger {str(path)!r} does not exist",
            hint="create it, or name another file with --ledger",
        )


def for_writing(real: Path, *, check: bool = False) -> sqlite3.Connection:
    """Return a connection whose commits are on disk when they return; the schema is current.

    With `check`, a file that is small, or in which a run has no end, is read through before
    anything is written.
    """
    connection = sqlite3.connect(
        real, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
    )
    try:
        with explaining(real):
            if version_of(connection, real) and check and _is_searched(connection, real):
                require_whole(connection, real)
            write_ahead(connection, real)
            connection.execute("PRAGMA synchronous = FULL")
            # macOS: fsync alone leaves the data in the drive's cache.
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection, real)
    except BaseException:
        connection.close()
        raise
    return connection


def for_reading(real: Path) -> sqlite3.Connection:
    """Return a connection that cannot write, usable from any one thread at a time."""
    with explaining(real):
        return sqlite3.connect(
            f"{real.as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_TIMEOUT_S,
        )


def require_whole(connection: sqlite3.Connection, real: Path) -> None:
    """Raise `LedgerError` where the file contradicts itself; reads all of it."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise LedgerError(f"the ledger {str(real)!r} is damaged: {found}", hint=DAMAGED)


def rewrite(real: Path) -> None:
    """Write a file anew and empty its log, so that nothing that was erased is left in either.

    `LedgerError` where another process reads it for so long that its log cannot be emptied.
    """
    connection = sqlite3.connect(real, isolation_level=None, timeout=BUSY_TIMEOUT_S)
    with closing(connection):
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("VACUUM")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise LedgerError(
            f"the ledger {str(real)!r} is being read, so that its -wal file still has what was"
            " erased",
            hint="run `campaign forget` for that number again",
        )


class SameFile:
    """Watches that a path still leads to the file it led to: looks at most once in `EVERY_S`.

    SQLite goes on writing to a file that was deleted or replaced, and all of that is lost.
    """

    EVERY_S: ClassVar[float] = 1.0

    def __init__(self, real: Path) -> None:
        self._real = real
        self._known = _identity(real)
        self._next_s = -math.inf
        self._same = True

    def require(self) -> None:
        """Raise `LedgerError` where the file is another one, or none; then for good."""
        now_s = time.monotonic()
        if self._same and now_s >= self._next_s:
            self._same = _identity(self._real) == self._known
            self._next_s = now_s + self.EVERY_S
        if not self._same:
            raise LedgerError(
                f"the ledger {str(self._real)!r} was moved, deleted or replaced while it was open",
                hint="run again: what was called is rebuilt from the provider's list",
            )


def _identity(real: Path) -> tuple[int, int] | None:
    try:
        status = real.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_searched(connection: sqlite3.Connection, real: Path) -> bool:
    # A byte that went bad in an index hides a call without any error. SQLite would not say so.
    return real.stat().st_size <= SEARCHED or _was_left_open(connection)


def _was_left_open(connection: sqlite3.Connection) -> bool:
    statement = "SELECT EXISTS (SELECT 1 FROM runs WHERE ended_at IS NULL)"
    return bool(connection.execute(statement).fetchone()[0])


def write_ahead(connection: sqlite3.Connection, real: Path) -> None:
    """Put the file in WAL mode, in which readers and the writer do not wait for each other."""
    mode = _switch(connection)
    if mode != "wal":
        raise LedgerError(
            f"the ledger {str(real)!r} cannot keep a write-ahead log here (mode {mode!r})",
            hint="put it on a local disk",
        )


def _switch(connection: sqlite3.Connection) -> str:
    # While another process opens the same new file this switch is refused at once: SQLite's
    # own busy time-out does not cover it.
    for _ in range(_WAL_TRIES):
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if not is_passing(error):
                raise
            time.sleep(_WAL_PAUSE_S)
    return "locked"


def _sync_folder(folder: Path) -> None:
    # A new file survives a power cut only once its folder is on disk too.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
