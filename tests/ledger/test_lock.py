"""One run per campaign."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from campaign.errors import BusyError, LedgerError
from campaign.ledger import lock
from campaign.ledger.lock import hold, holder

HOLD = """
import sys, time
from pathlib import Path
from campaign.ledger.lock import hold
with hold(Path(sys.argv[1]), "spring"):
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
    """The operating system lets go for a process that is killed, and its note means nothing."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        found = holder(path, "spring")
        assert found is not None
        assert found.pid == process.pid
        process.kill()
    assert holder(path, "spring") is None
    with hold(path, "spring"):
        mine = holder(path, "spring")
        assert mine is not None
        assert mine.pid == os.getpid()


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


def test_a_note_that_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the note cannot be written the lock is let go again."""

    def note(_: Path) -> Path:
        return path.parent / "nowhere" / "note"

    monkeypatch.setattr(lock, "_note_path", note)
    with pytest.raises(LedgerError, match="cannot be taken"), hold(path, "spring"):
        pytest.fail("ran without a note")
    monkeypatch.undo()
    assert holder(path, "spring") is None
