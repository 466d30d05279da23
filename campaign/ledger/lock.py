"""One run per campaign: a lock of the operating system beside the ledger.

It ends with the process that holds it, however that dies. Who holds it is written in a file of
its own, because opening the lock file may empty it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from campaign.errors import BusyError, LedgerError
from campaign.ledger.files import MODE, require_folder

PATIENCE_S = 0.3
"""`holder` takes the lock for an instant to see whether it is free; a run outwaits that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that runs a campaign, and since when."""

    pid: int
    started_at: datetime


@contextmanager
def hold(ledger_path: Path, campaign: str) -> Iterator[None]:
    """Hold the lock of a campaign; `BusyError` where another run of it does."""
    lock_path = _lock_path(ledger_path, campaign)
    lock = _lock(lock_path)
    try:
        lock.acquire(timeout=PATIENCE_S)
    except Timeout:
        raise BusyError(
            f"another run of campaign {campaign!r} is under way{_who(_noted(lock_path))}",
            hint="wait until it has ended, or end it with `campaign stop`",
        ) from None
    except OSError as error:
        raise _unusable(lock_path, error) from error
    try:
        _note(lock_path)
        yield
    finally:
        _note_path(lock_path).unlink(missing_ok=True)
        lock.release()


def holder(ledger_path: Path, campaign: str) -> Holder | None:
    """Return who runs a campaign right now, `None` where nobody does.

    A holder that is just starting is given as process 0.
    """
    lock_path = _lock_path(ledger_path, campaign)
    if not lock_path.exists():
        return None
    try:
        with _lock(lock_path).acquire(blocking=False):
            return None
    except Timeout:
        return _noted(lock_path) or Holder(pid=0, started_at=datetime.now(UTC))
    except OSError as error:
        raise _unusable(lock_path, error) from error


def _lock(lock_path: Path) -> FileLock:
    # Released by whichever thread unwinds, hence not bound to one.
    return FileLock(lock_path, mode=MODE, thread_local=False)


def _lock_path(ledger_path: Path, campaign: str) -> Path:
    real = ledger_path.resolve()
    require_folder(real, ledger_path)
    digest = sha256(campaign.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return real.with_name(f"{real.name}.{digest}.lock")


def _note_path(lock_path: Path) -> Path:
    return lock_path.with_suffix(".holder")


def _note(lock_path: Path) -> None:
    text = json.dumps({"pid": os.getpid(), "started_at": datetime.now(UTC).isoformat()})
    note = _note_path(lock_path)
    try:
        note.unlink(missing_ok=True)
        with open(os.open(note, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE), "w") as file:
            file.write(text)
    except OSError as error:
        raise _unusable(note, error) from error


def _noted(lock_path: Path) -> Holder | None:
    try:
        values = json.loads(_note_path(lock_path).read_text())
        started_at = datetime.fromisoformat(values["started_at"])
        return Holder(pid=int(values["pid"]), started_at=started_at)
    except (OSError, ValueError):
        # Just starting, or just ending: there is a holder all the same.
        return None


def _who(found: Holder | None) -> str:
    if found is None:
        return ""
    return f" (pid {found.pid}, since {found.started_at:%Y-%m-%d %H:%M:%S} UTC)"


def _unusable(path: Path, error: OSError) -> LedgerError:
    return LedgerError(
        f"the lock {str(path)!r} cannot be taken: {error.strerror or error}",
        hint="check that the folder of the ledger may be written",
    )
