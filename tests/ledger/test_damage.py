"""Ledgers that were cut off, bent, half restored or swapped: refused, or fit for use."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaign.errors import LedgerError
from campaign.ledger import faults, files
from campaign.ledger.rows import campaign_of, moment_of, state_of
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import AttemptState, Begun, Call, Campaign, Event, EventKind, Intent, Run
from campaign.ports import DATED, SHOWN

Make = Callable[..., Any]
FILES = ("campaign.db", "campaign.db-wal")


def _copy(folder: Path, to: Path, names: tuple[str, ...] = FILES) -> Path:
    to.mkdir(exist_ok=True)
    for name in names:
        shutil.copyfile(folder / name, to / name)
    return to / "campaign.db"


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a ledger as a killed run leaves it.

    Two thirds are in the file, the rest is in its log; `older` holds the file of before.
    """
    folder = tmp_path_factory.mktemp("crashed")
    home = tmp_path_factory.mktemp("home")
    asyncio.run(_run_and_crash(home / "campaign.db", folder))
    return folder


async def _run_and_crash(path: Path, folder: Path) -> None:
    at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(Campaign(name="spring", campaign_id="cmp", created_at=at))
    await ledger.start_run(Run(campaign="spring", started_at=at, pid=7))

    async def call(n: int) -> None:
        number = f"+1415{n:07d}"
        begun = await ledger.begin(
            Intent(
                campaign="spring",
                contact_key=number,
                attempt=1,
                attempt_id=f"att_{n}",
                to_number=number,
                from_number="+14155550199",
                agent_id=None,
                at=at,
                starts_at=at,
            )
        )
        assert isinstance(begun, Begun)
        created = Call(call_id=f"call_{n}", status="registered", summary="x" * 200)
        await ledger.record(Event(id=begun.id, kind=EventKind.CREATED, at=at, call=created))

    await asyncio.gather(*(call(n) for n in range(40)))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(FULL)")
    _copy(path.parent, folder / "older", ("campaign.db",))
    await asyncio.gather(*(call(n) for n in range(40, 60)))
    _copy(path.parent, folder)
    await ledger.aclose()


def _use(path: Path, *, check: bool = True) -> str:
    """Open a ledger and go through all of it; return the error's text where there is one."""

    async def use() -> None:
        ledger = SqliteLedger.open(path, check=check)
        try:
            await ledger.in_flight("spring")
            await ledger.campaigns()
            await ledger.last_run("spring")
            list(ledger.latest("spring"))
            with ledger.snapshot("spring") as snapshot:
                for attempt in ledger.attempts("spring"):
                    snapshot.those([attempt.id], SHOWN)
                list(snapshot.tries(DATED))
            await ledger.spending()
            await ledger.orphans("spring", moment_of(0))
        finally:
            await ledger.aclose()

    try:
        asyncio.run(use())
    except LedgerError as error:
        return str(error)
    return ""


def _intents(path: Path) -> int:
    async def ask() -> int:
        ledger = SqliteLedger.open(path, check=True)
        try:
            return await ledger.intents()
        finally:
            await ledger.aclose()

    return asyncio.run(ask())


def test_a_crash_is_no_damage(crashed: Path, tmp_path: Path) -> None:
    """What a killed run leaves behind passes, and all of it is there."""
    assert _intents(_copy(crashed, tmp_path / "a")) == 60


@pytest.mark.no_cover
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_off(crashed: Path, tmp_path: Path, name: str) -> None:
    """Wherever the file or its log ends, the ledger is refused or fit for use."""
    whole = (crashed / name).stat().st_size
    sizes = {0, 1, 99, 100, 101, 4095, 4096, 4097, whole // 2, whole - 4096, whole - 1}
    said = {}
    for size in sizes | set(range(8192, whole, whole // 20)):
        path = _copy(crashed, tmp_path / f"cut-{size}")
        os.truncate(path.with_name(name), size)
        said[size] = _use(path)
    damaged = [size for size, text in said.items() if faults.DAMAGED in text]
    assert set(said.values()) >= {""}
    assert (len(damaged) > 3) == (name == "campaign.db")
    assert all(faults.DAMAGED in text for text in said.values() if text)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("check", [True, False])
def test_bytes_that_were_flipped(crashed: Path, tmp_path: Path, name: str, check: bool) -> None:
    """A bent byte anywhere is refused or does no harm; no other error ever comes of it."""
    chance = random.Random(f"{name} {check}")
    whole = (crashed / name).stat().st_size
    refused = 0
    for n in range(60):
        path = _copy(crashed, tmp_path / f"flip-{n}")
        bent = path.with_name(name)
        content = bytearray(bent.read_bytes())
        # Half of them in the first pages: headers, the schema, the roots of the tables.
        at = chance.randrange(whole if n % 2 else 12_288)
        content[at] ^= 1 << chance.randrange(8)
        bent.write_bytes(content)
        refused += _use(path, check=check) != ""
    assert refused < 60
    assert refused > 0 or name != "campaign.db"


def test_a_log_that_was_deleted(crashed: Path, tmp_path: Path) -> None:
    """Without its log the ledger is what it was at the last checkpoint: it says less, truly."""
    assert _intents(_copy(crashed, tmp_path / "a", ("campaign.db",))) == 40


def test_an_older_copy_beside_a_newer_log(crashed: Path, tmp_path: Path) -> None:
    """An older file under a newer log is refused or makes a whole; alone it is the older one."""
    path = _copy(crashed, tmp_path / "a")
    shutil.copyfile(crashed / "older" / "campaign.db", path)
    said = _use(path)
    assert said == "" or faults.DAMAGED in said
    alone = _copy(crashed / "older", tmp_path / "b", ("campaign.db",))
    assert _intents(alone) == 40


def _contradict(path: Path) -> None:
    """Take the entries of an index away behind SQLite's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'attempts_called'"
        ).fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    start = 4096 * (root - 1)
    # A leaf page whose header says that it has no cells.
    content[start : start + 8] = bytes([10, 0, 0, 0, 0, 16, 0, 0])
    path.write_bytes(content)


def test_a_ledger_is_searched(
    crashed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage that no read would meet is found: in a large file only after a crash."""
    path = _copy(crashed, tmp_path / "a")
    _contradict(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"is damaged: .*; move the damaged file and its -wal"):
        SqliteLedger.open(path, check=True)
    assert path.read_bytes() == before
    assert _use(path, check=False) == ""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET ended_at = 1")
    assert "is damaged" in _use(path)
    monkeypatch.setattr(files, "SEARCHED", path.stat().st_size - 1)
    assert _use(path) == ""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET ended_at = NULL")
    assert "is damaged" in _use(path)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE attempts SET state = 'lixe'", "malformed cell"),
        ("UPDATE attempts SET outcome = 'aUswered'", "malformed cell"),
        ("UPDATE campaigns SET options = '{'", "malformed cell"),
        ("UPDATE campaigns SET created_at = 1 << 62", "malformed cell"),
        ("UPDATE campaigns SET list_path = CAST(x'ff' AS TEXT)", "decode"),
        ("UPDATE runs SET outcomes = '{'", "malformed cell"),
        ("DROP TABLE runs", "no such table"),
        ("DROP INDEX attempts_in_flight", "no such index"),
        ("PRAGMA user_version = 1", "already exists"),
        ("UPDATE attempts SET starts_at = 1 << 62, state = 'sending'", "malformed cell"),
    ],
)
def test_cells_that_cannot_be(crashed: Path, tmp_path: Path, statement: str, said: str) -> None:
    """What was never written into a cell is damage, and named as such wherever it is met."""
    path = _copy(crashed, tmp_path / "a")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    text = _use(path, check=False)
    assert said in text
    assert faults.DAMAGED in text
    assert "with text" not in text


def test_an_end_that_comes_too_early() -> None:
    """A read past the end of the file is damage, though SQLite calls it an I/O error."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHORT_READ
    assert faults.explained(error, Path("a.db")).hint == faults.DAMAGED
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    assert faults.explained(error, Path("a.db")).hint == faults.OTHERWISE


def test_a_message_that_cannot_be_read() -> None:
    """Where SQLite quotes bent bytes in its message, Python's error is one of the file."""
    with pytest.raises(LedgerError) as caught, faults.explaining(Path("a.db")):
        b"\xff".decode("utf-8")
    assert caught.value.hint == faults.DAMAGED


def test_values_that_are_read() -> None:
    """A cell is what it says, or an error of the file."""
    assert state_of("live") is AttemptState.LIVE
    with pytest.raises(sqlite3.DatabaseError, match="malformed cell"):
        state_of("dead")
    with pytest.raises(sqlite3.DatabaseError, match="malformed cell"):
        campaign_of(["spring", "cmp", "", "", "", "not a time", "{}"])


@pytest.mark.anyio
@pytest.mark.parametrize("what", ["deleted", "replaced"])
async def test_a_file_that_goes_away_during_a_run(
    sqlite: SqliteLedger, an_intent: Make, tmp_path: Path, what: str, monkeypatch: Any
) -> None:
    """A ledger whose file was deleted or replaced takes no further intent, ever."""
    monkeypatch.setattr(files.SameFile, "EVERY_S", 0.0)
    sqlite._file._next_s = 0.0
    path = tmp_path / "campaign.db"
    assert isinstance(await sqlite.begin(an_intent()), Begun)
    kept = path.read_bytes()
    path.rename(tmp_path / "moved.db")
    if what == "replaced":
        path.write_bytes(kept)
    for _ in range(2):
        with pytest.raises(LedgerError, match="moved, deleted or replaced while it was open"):
            await sqlite.begin(an_intent(1))
    (tmp_path / "moved.db").replace(path)
    with pytest.raises(LedgerError, match="moved, deleted or replaced"):
        await sqlite.begin(an_intent(1))


@pytest.mark.anyio
async def test_the_file_is_looked_at_now_and_then(
    sqlite: SqliteLedger, an_intent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look costs next to nothing: many intents share one."""
    looks: list[Path] = []
    look = files._identity

    def looked(real: Path) -> tuple[int, int] | None:
        looks.append(real)
        return look(real)

    monkeypatch.setattr(files, "_identity", looked)
    monkeypatch.setattr(files.SameFile, "EVERY_S", 3600.0)
    sqlite._file._next_s = 0.0
    for n in range(20):
        await sqlite.begin(an_intent(n))
    assert len(looks) == 1
