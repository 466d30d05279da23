"""Replacing a file in one step: a reader sees the old file or the new one, whole.

The new one is written beside the target under a name of its own, made durable, and renamed. A
symbolic link is written through: the file it points to is replaced, and the link stays.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import RawIOBase
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, cast

UNFINISHED = re.compile(r"\.campaign-[0-9a-f]{16}\.tmp")
FORSAKEN_S = 86400
"""A file that nobody has written to for so long is not being written: its process was killed."""


class WithdrawnError(OSError):
    """The file is not wanted any more."""


class Permit:
    """Leave to replace a file, which another thread can withdraw while it is being written.

    Once it is withdrawn nothing is replaced any more, and whoever writes soon hears of it.
    """

    def __init__(self) -> None:
        self.withdrawn = False
        self._lock = Lock()

    def withdraw(self) -> None:
        """Let nothing be replaced from now on."""
        with self._lock:
            self.withdrawn = True

    def check(self) -> None:
        """Raise `WithdrawnError` once it is withdrawn."""
        if self.withdrawn:
            raise WithdrawnError("it is not wanted any more")

    @contextmanager
    def used(self) -> Iterator[None]:
        """Hold the leave for the moment of the block; raise `WithdrawnError` where it is gone."""
        with self._lock:
            self.check()
            yield


@contextmanager
def replaced(
    path: Path, *, private: bool = False, permit: Permit | None = None
) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends without an error.

    It gets the permissions of the old file, or those of any new one; a `private` one is readable
    by its owner only. After an error the old file
    is as it was and nothing is left beside it; the same where `permit` is withdrawn. Raises
    `OSError`.
    """
    leave = permit or Permit()
    target = resolved(path)
    _clear(target.parent)
    new = _beside(target)
    with _created(new, 0o600 if private else 0o666) as file:
        try:
            yield file if permit is None else cast("BinaryIO", _Asking(file, permit))
            _finish(file, None if private else target)
            with leave.used():
                new.replace(target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


class _Asking(RawIOBase):
    """A file that asks before each use whether it is still wanted."""

    def __init__(self, file: BinaryIO, permit: Permit) -> None:
        self._file = file
        self._permit = permit

    def write(self, data: Any) -> int:
        self._permit.check()
        return self._file.write(data)

    def flush(self) -> None:
        self._permit.check()
        self._file.flush()

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)


def resolved(path: Path) -> Path:
    """Return the file that is replaced for `path`: the end of all symbolic links."""
    return Path(os.path.realpath(path))


def probe(folder: Path) -> None:
    """Raise `OSError` where no file can be created in the folder; nothing is left there."""
    # Trying is the only test that also knows of read-only file systems and of root's powers.
    new = _beside(folder / "probe")
    _created(new).close()
    new.unlink()


def _beside(target: Path) -> Path:
    # Not made of the target's name, which may be as long as names can be.
    return target.with_name(f".campaign-{secrets.token_hex(8)}.tmp")


def _clear(folder: Path) -> None:
    """Remove what killed processes left half-written in the folder, long ago."""
    with suppress(OSError):
        for path in folder.iterdir():
            if UNFINISHED.fullmatch(path.name):
                with suppress(OSError):
                    if time.time() - path.stat().st_mtime > FORSAKEN_S:
                        path.unlink()


def _created(path: Path, mode: int = 0o666) -> BinaryIO:
    # 0o666 less the umask, as for any new file; `tempfile` would make it private.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb")


def _finish(file: BinaryIO, like: Path | None) -> None:
    file.flush()
    if like is not None:
        # Some file systems know no permissions; the results matter more.
        with suppress(FileNotFoundError, PermissionError):
            os.fchmod(file.fileno(), stat.S_IMODE(like.stat().st_mode))
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # The file is in its place already; a file system that cannot sync a folder is no failure.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
