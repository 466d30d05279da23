"""One run per campaign: a lock of the operating system beside the ledger.

It ends with the process that holds it, however that dies. Who holds it is written in a file of
its own, because opening the lock file may empty it. That file stays when the run is over: it
says how much the ledger held, so that the next run can tell whether the ledger has lost
something since.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import ENOENT
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from campaign.errors import BusyError, LedgerError
from campaign.ledger.files import MODE, require_folder
from campaign.model import Sign

PATIENCE_S = 0.3
"""`holder` takes the lock for an instant to see whether it is free; a run outwaits that."""

NOTE_BYTES = 256

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that runs a campaign, and since when."""

    pid: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A campaign's lock while it is held; `before` is the sign of life of the last run."""

    before: Sign | None
    lock: FileLock
    note: Path
    fd: int
    started_at: datetime
    now: Now

    def beat(self, intents: int) -> None:
        """Leave a sign of life: the ledger holds attempts up to the id `intents`.

        Cheap enough for every create: one write of a few hundred bytes, not synced.
        """
        if not self.lock.is_locked:
            raise LedgerError(f"the lock {str(self.note)!r} is not held any more")
        sign = Sign(
            pid=os.getpid(), started_at=self.started_at, seen_at=self.now(), intents=intents
        )
        try:
            os.pwrite(self.fd, _text(sign), 0)
        except OSError as error:
            raise _unusable(self.note, error) from error


@contextmanager
def private_folder(held: Hold) -> Iterator[Path]:
    """Make a folder beside the ledger that is gone when the run is over.

    What a run that was killed has left of its own goes first: whoever holds the lock is alone.
    """
    folder = held.note.with_suffix(".list")
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise LedgerError(
            f"the folder {str(folder)!r} cannot be made: {error.strerror or error}",
            hint="a copy of the list is kept there; check that the ledger's folder may be written",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def hold(ledger_path: Path, campaign: str, *, now: Now = utc_now) -> Iterator[Hold]:
    """Hold the lock of a campaign; `BusyError` where another run of it does.

    Until the first `beat` the note keeps what the last run said of the ledger: a run that dies
    before it has looked must not hide that something was lost.
    """
    lock_path = _lock_path(ledger_path, campaign)
    lock = _lock(lock_path)
    try:
        lock.acquire(timeout=PATIENCE_S)
    except Timeout:
        if not lock_path.exists():
            # A file that cannot be made is waited for as one that is held.
            raise _unusable(lock_path, OSError(ENOENT, os.strerror(ENOENT))) from None
        raise BusyError(
            f"another run of campaign {campaign!r} is under way{_who(_sign(lock_path))}",
            hint="wait until it has ended, or end it with `campaign stop`",
        ) from None
    except OSError as error:
        raise _unusable(lock_path, error) from error
    try:
        held = _held(lock, lock_path, now)
        try:
            yield held
        finally:
            os.close(held.fd)
    finally:
        lock.release()


def holder(ledger_path: Path, campaign: str) -> Holder | None:
    """Return who runs a campaign right now, `None` where nobody does.

    A holder that is just starting for the first time is given as process 0.
    """
    lock_path = _lock_path(ledger_path, campaign)
    if not lock_path.exists():
        return None
    try:
        with _lock(lock_path).acquire(blocking=False):
            return None
    except Timeout:
        sign = _sign(lock_path)
    except OSError as error:
        raise _unusable(lock_path, error) from error
    if sign is None:
        return Holder(pid=0, started_at=utc_now())
    return Holder(pid=sign.pid, started_at=sign.started_at)


def _held(lock: FileLock, lock_path: Path, now: Now) -> Hold:
    before = _sign(lock_path)
    started_at = now()
    note = _note_path(lock_path)
    sign = Sign(
        pid=os.getpid(),
        started_at=started_at,
        seen_at=before.seen_at if before else started_at,
        intents=before.intents if before else 0,
    )
    try:
        _replace(note, _text(sign))
        fd = os.open(note, os.O_WRONLY)
    except OSError as error:
        raise _unusable(note, error) from error
    return Hold(before=before, lock=lock, note=note, fd=fd, started_at=started_at, now=now)


def _text(sign: Sign) -> bytes:
    """Return a note; all are of one length, so that one overwrites the other whole."""
    values = {
        "pid": sign.pid,
        "started_at": sign.started_at.isoformat(),
        "seen_at": sign.seen_at.isoformat(),
        "intents": sign.intents,
    }
    return json.dumps(values).ljust(NOTE_BYTES).encode()


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


def _replace(note: Path, text: bytes) -> None:
    # Not synced: a beat that a power cut takes back leaves an older one, which says less.
    new = note.with_suffix(".holder-new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE), "wb") as file:
        file.write(text)
    os.replace(new, note)


def _sign(lock_path: Path) -> Sign | None:
    note = _note_path(lock_path)
    try:
        return _parsed(note.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError):
        # Somebody was there all the same.
        return _of_file(note)


def _parsed(text: str) -> Sign:
    values = json.loads(text)
    return Sign(
        pid=int(values["pid"]),
        started_at=_moment(values["started_at"]),
        seen_at=_moment(values["seen_at"]),
        intents=int(values["intents"]),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no time zone: {text!r}")
    return moment


def _of_file(note: Path) -> Sign:
    try:
        changed_s = note.lstat().st_mtime
    except OSError as error:
        raise _unusable(note, error) from error
    changed_at = datetime.fromtimestamp(changed_s, UTC)
    # Whoever it was may have called somebody: a new ledger beside it has lost that.
    return Sign(pid=0, started_at=changed_at, seen_at=changed_at, intents=1)


def _who(found: Sign | None) -> str:
    if found is None or not found.pid:
        return ""
    return f" (pid {found.pid}, since {found.started_at:%Y-%m-%d %H:%M:%S} UTC)"


def _unusable(path: Path, error: OSError) -> LedgerError:
    return LedgerError(
        f"the lock {str(path)!r} cannot be taken: {error.strerror or error}",
        hint="check that the folder of the ledger may be written",
    )
