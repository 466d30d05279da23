"""One run per campaign."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from filelock import FileLock

from campaign.errors import BusyError, LedgerError
from campaign.ledger import lock
from campaign.ledger.lock import Holder, hold, holder
from campaign.model import Sign

HOLD = """
import sys, time
from pathlib import Path
from campaign.ledger.lock import hold
with hold(Path(sys.argv[1]), "spring") as held:
    held.beat(41)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the ledger would be."""
    return tmp_path / "campaign.db"


def test_a_second_run_is_refused(path: Path) -> None:
    """Whoever comes second is told who is first, and to wait."""
    before = datetime.now(UTC)
    with hold(path, "spring"):
        found = holder(path, "spring")
        assert found is not None
        assert found.pid == os.getpid()
        assert before <= found.started_at <= datetime.now(UTC)
        expected = rf"campaign 'spring' is under way \(pid {os.getpid()}, since .* UTC\); wait"
        with pytest.raises(BusyError, match=expected), hold(path, "spring"):
            pytest.fail("two runs of one campaign")
        assert holder(path, "spring") == found


def test_other_campaigns_and_ledgers_are_free(path: Path) -> None:
    """The lock is one campaign's in one ledger."""
    with hold(path, "spring"), hold(path, "autumn"), hold(path.with_name("b.db"), "spring"):
        assert holder(path, "winter") is None


def test_the_lock_ends_with_its_block(path: Path) -> None:
    """Once let go, also by an error, the campaign can be run again."""
    with pytest.raises(ZeroDivisionError), hold(path, "spring"):
        raise ZeroDivisionError
    assert holder(path, "spring") is None
    with hold(path, "spring"):
        assert holder(path, "spring") is not None


def test_the_same_ledger_by_another_name(path: Path) -> None:
    """A link to the ledger leads to the same lock."""
    link = path.with_name("link.db")
    path.touch()
    link.symlink_to(path)
    with hold(path, "spring"), pytest.raises(BusyError), hold(link, "spring"):
        pytest.fail("two runs of one campaign")


def test_lock_files_are_the_owner_s(path: Path) -> None:
    """Neither file beside the ledger is readable by others, or says the campaign's name."""
    with hold(path, "spring"):
        found = sorted(path.parent.iterdir())
        assert [file.suffix for file in found] == [".holder", ".lock"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in found} == {0o600}
        assert not any("spring" in file.name for file in found)


def test_a_holder_that_is_just_starting(path: Path) -> None:
    """A lock without a note is held all the same."""
    with FileLock(lock._lock_path(path, "spring")):
        found = holder(path, "spring")
        assert found is not None
        assert found.pid == 0
        with pytest.raises(BusyError, match="is under way; wait"), hold(path, "spring"):
            pytest.fail("two runs of one campaign")


def test_a_killed_holder_leaves_no_lock(path: Path) -> None:
    """The operating system lets go for a process that is killed; its note tells that it was."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        found = holder(path, "spring")
        assert found is not None
        assert found.pid == process.pid
        process.kill()
    assert holder(path, "spring") is None
    with hold(path, "spring") as held:
        mine = holder(path, "spring")
        assert mine is not None
        assert mine.pid == os.getpid()
        assert held.before is not None
        assert (held.before.pid, held.before.intents) == (process.pid, 41)


def test_a_missing_folder(path: Path) -> None:
    """A lock does not make the ledger's folder."""
    missing = path.parent / "nowhere" / "campaign.db"
    with pytest.raises(LedgerError, match="does not exist"), hold(missing, "spring"):
        pytest.fail("locked nothing")
    assert not missing.parent.exists()


def test_a_lock_that_cannot_be_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that the disk refuses is a ledger error that names it, for whoever asks."""
    with hold(path, "spring"):
        pass

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(LedgerError, match=r"cannot be taken: Permission denied"):
        holder(path, "spring")
    with pytest.raises(LedgerError, match=r"cannot be taken"), hold(path, "spring"):
        pytest.fail("locked nothing")


def test_a_lock_file_that_cannot_be_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder takes no file, that is told, and not that another run is under way."""
    monkeypatch.setattr(FileLock, "_acquire", lambda _self: None)
    with pytest.raises(LedgerError, match="No such file"), hold(path, "spring"):
        pass


def test_a_note_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the note cannot be written the lock is let go again."""

    def note(_: Path) -> Path:
        return path.parent / "nowhere" / "note"

    monkeypatch.setattr(lock, "_note_path", note)
    with pytest.raises(LedgerError, match="cannot be taken"), hold(path, "spring"):
        pytest.fail("ran without a note")
    monkeypatch.undo()
    assert holder(path, "spring") is None


@pytest.fixture
def ticking(t0: datetime) -> Callable[[], datetime]:
    """Return a clock that is a minute later each time."""
    minutes = count()
    return lambda: t0 + timedelta(minutes=next(minutes))


def _note(path: Path) -> Path:
    return lock._note_path(lock._lock_path(path, "spring"))


def test_the_first_run_finds_no_sign(path: Path) -> None:
    """Where nobody ran a campaign before, nobody left a sign."""
    with hold(path, "spring") as held:
        assert held.before is None


def test_the_last_beat_outlives_the_run(
    path: Path, ticking: Callable[[], datetime], t0: datetime
) -> None:
    """What the last run said of the ledger is there for the next one, once nobody holds it."""
    with hold(path, "spring", now=ticking) as held:
        held.beat(3)
        held.beat(7)
    assert holder(path, "spring") is None
    expected = Sign(pid=os.getpid(), started_at=t0, seen_at=t0 + timedelta(minutes=2), intents=7)
    with hold(path, "spring", now=ticking) as again:
        assert again.before == expected
        started_at = t0 + timedelta(minutes=3)
        assert holder(path, "spring") == Holder(pid=os.getpid(), started_at=started_at)
    with hold(path, "spring", now=ticking) as later:
        assert later.before == replace(expected, started_at=started_at)


def test_a_beat_may_say_less(path: Path, ticking: Callable[[], datetime]) -> None:
    """After a ledger was lost and rebuilt the new count is the true one."""
    for intents in (9, 2):
        with hold(path, "spring", now=ticking) as held:
            held.beat(intents)
    with hold(path, "spring") as last:
        assert last.before is not None
        assert last.before.intents == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"3",
        b'{"pid": 7}',
        b'{"pid": "x", "started_at": 1, "seen_at": 2, "intents": 3}',
        b'{"pid": 7, "started_at": 1, "seen_at": 2, "intents": 3}',
        b'{"pid": 7, "started_at": "2026-11-23T15:00:00", "seen_at": "x", "intents": 3}',
        b'{"pid": 7, "started_at": "2026-11-23T15:00:00+00:00"}',
    ],
)
def test_a_sign_that_cannot_be_read(path: Path, content: bytes, t0: datetime) -> None:
    """A note that says nothing still says that somebody was there, and when."""
    _note(path).write_bytes(content)
    os.utime(_note(path), (t0.timestamp(), t0.timestamp()))
    with FileLock(lock._lock_path(path, "spring")):
        assert holder(path, "spring") == Holder(pid=0, started_at=t0)
        with pytest.raises(BusyError, match="is under way; wait"), hold(path, "spring"):
            pytest.fail("two runs of one campaign")
    with hold(path, "spring") as held:
        assert held.before == Sign(pid=0, started_at=t0, seen_at=t0, intents=1)


def test_a_note_is_overwritten_whole(path: Path) -> None:
    """Notes are of one length; what a killed writer left half done is no obstacle."""
    _note(path).with_suffix(".holder-new").write_text("{")
    with hold(path, "spring") as held:
        lengths = {_note(path).stat().st_size}
        for intents in (10**12, 1):
            held.beat(intents)
            assert json.loads(_note(path).read_text())["intents"] == intents
            lengths.add(_note(path).stat().st_size)
        assert lengths == {256}
        assert sorted(file.suffix for file in path.parent.iterdir()) == [".holder", ".lock"]


def test_a_beat_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign of life that the disk refuses ends the run."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with hold(path, "spring") as held:
        monkeypatch.setattr(os, "pwrite", refuse)
        with pytest.raises(LedgerError, match=r"cannot be taken: No space left"):
            held.beat(1)


def test_a_note_that_is_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be neither read nor looked at is a ledger error."""
    _note(path).mkdir()
    with pytest.raises(LedgerError, match="cannot be taken"), hold(path, "spring"):
        pytest.fail("ran without a note")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(LedgerError, match=r"Permission denied"), hold(path, "spring"):
        pytest.fail("ran without a note")


def test_no_beat_after_the_end(path: Path) -> None:
    """Who has let go of the lock does not write over the next holder's note."""
    with hold(path, "spring") as held:
        pass
    with pytest.raises(LedgerError, match="not held any more"):
        held.beat(1)
