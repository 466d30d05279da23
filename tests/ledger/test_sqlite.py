"""What only a file can do: survive, be shared, be damaged, be somebody else's."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.errors import ConfigError, LedgerError
from campaign.ledger import adopt, begin, calls, files, queries, runs, schema, story, suppression
from campaign.ledger.rows import micros, moment
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import (
    AttemptState,
    Begun,
    Call,
    Capped,
    EventKind,
    Hold,
    StopRequest,
    Suppressed,
    Suppression,
)
from campaign.policy import disposition

Make = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the ledger of a test lies."""
    return tmp_path / "campaign.db"


def _rows(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def _close(ledger: SqliteLedger) -> None:
    asyncio.run(ledger.aclose())


def test_a_new_file_is_its_owner_s(path: Path) -> None:
    """Contacts' numbers are readable by the owner only, in all three files."""
    before = os.umask(0)
    try:
        ledger = SqliteLedger.open(path)
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("campaign.db", "campaign.db-shm", "campaign.db-wal"), 0o600)
    assert (ledger.created, ledger.path) == (True, path)
    _close(ledger)
    assert [file.name for file in path.parent.iterdir()] == ["campaign.db"]


def test_an_old_file_is_not_new(path: Path) -> None:
    """A ledger that was there before says so."""
    _close(SqliteLedger.open(path))
    again = SqliteLedger.open(path, create=False)
    assert again.created is False
    _close(again)


def test_commits_are_on_disk(path: Path) -> None:
    """A commit waits for the disk, and keeps the reader out of its way."""
    with closing(files.for_writing(path)) as connection:
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 30_000]


def test_a_missing_ledger_that_must_exist(path: Path) -> None:
    """Reading commands do not make a ledger by asking for one."""
    with pytest.raises(ConfigError, match="no such ledger") as caught:
        SqliteLedger.open(path, create=False)
    assert str(path) in str(caught.value)
    assert not path.exists()


def test_a_missing_folder(path: Path) -> None:
    """The folder is the user's to make."""
    with pytest.raises(LedgerError, match=r"folder .* does not exist"):
        SqliteLedger.open(path.parent / "nowhere" / "campaign.db")


def test_a_folder_that_may_not_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that cannot be created is named, with the reason."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LedgerError, match=r"cannot be created: Permission denied"):
        SqliteLedger.open(path)


def test_a_ledger_behind_a_link(path: Path) -> None:
    """A link that leads nowhere yet gets its ledger where it points to."""
    target = path.parent / "elsewhere.db"
    path.symlink_to(target)
    ledger = SqliteLedger.open(path)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    _close(ledger)


@pytest.mark.parametrize("content", [b"to_number,name\n+14155550100,Ada\n" * 50, b"SQLite"])
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    """A list given as the ledger is refused, and stays as it is."""
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"cannot be read or written.*move the damaged file"):
        SqliteLedger.open(path)
    assert path.read_bytes() == content


def test_somebody_else_s_database(path: Path) -> None:
    """Another program's database is refused, and stays as it is."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=r"not a ledger of campaign; name another file"):
        SqliteLedger.open(path)
    assert path.read_bytes() == before


def test_a_newer_schema(path: Path) -> None:
    """A ledger written by a newer version is left to that version."""
    _close(SqliteLedger.open(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(LedgerError, match=r"schema version 4.*upgrade campaign"):
        SqliteLedger.open(path)


def test_an_older_schema_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the scripts that are missing are run."""
    _close(SqliteLedger.open(path))
    added = (*schema.MIGRATIONS, ("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT",))
    monkeypatch.setattr(schema, "MIGRATIONS", added)
    _close(SqliteLedger.open(path))
    assert _rows(path, "PRAGMA user_version") == [(4,)]
    assert _rows(path, "SELECT count(*) FROM later") == [(0,)]


OLD_ROWS = (
    "INSERT INTO meta VALUES ('base_url', 'https://a.example')",
    "INSERT INTO campaigns VALUES (1, 'spring', 'cmp_spring', '', '', '', 0, '{}')",
    """INSERT INTO attempts (campaign, contact_key, attempt, attempt_id, to_number, from_number,
        state, intent_at, starts_at, outcome, call_id, call_status)
    VALUES (1, '+14155550100', 1, 'att_0', '+14155550100', '+14155550199', 'ended',
        1795446000000000, 1795446000000000, 'answered', 'call_1', 'ended')""",
    "INSERT INTO events VALUES (1, 1, 'ended', 1795446060000000, NULL, NULL, '{}')",
    "INSERT INTO runs VALUES (1, 1, 0, 7, NULL, 0, '{}', 0, NULL, NULL)",
)


@pytest.mark.parametrize("version", [1, 2])
def test_a_ledger_of_an_earlier_version(
    path: Path, a_campaign: Make, an_intent: Make, version: int
) -> None:
    """An older ledger keeps what it knows, and learns stops, suppressions, caps and holds."""
    at = an_intent().at
    with closing(sqlite3.connect(path)) as connection, connection:
        for script in schema.MIGRATIONS[:version]:
            for statement in script:
                connection.execute(statement)
        for statement in OLD_ROWS:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")

    async def use() -> list[Any]:
        ledger = SqliteLedger.open(path, check=True)
        await ledger.open_campaign(a_campaign())
        await ledger.request_stop("spring", StopRequest(at=at))
        await ledger.suppress([Suppression(number="+14155550101", reason="asked", at=at)])
        hold = Hold(
            campaign="spring",
            contact_key="+14155550100",
            to_number="+14155550100",
            at=at,
            kind="hold",
            reason="closed",
        )
        await ledger.hold([hold])
        told = [
            [attempt.state for attempt in ledger.attempts("spring")],
            await ledger.calls_created("spring"),
            await ledger.stop_requested("spring", at),
            await ledger.begin(an_intent(1)),
            await ledger.begin(an_intent(attempt=2, caps=((1, 86_400.0),))),
            [episode.kind for episode in await ledger.story("+14155550100")],
            await ledger.forget("+14155550100", at),
        ]
        await ledger.aclose()
        return told

    free_at = at + timedelta(days=1)
    assert asyncio.run(use()) == [
        [AttemptState.ENDED],
        1,
        StopRequest(at=at),
        Suppressed(reason="asked"),
        Capped(free_at=free_at, reason="at most 1 calls to one number: 1/24h"),
        ["attempt", "hold"],
        1,
    ]
    assert _rows(path, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]


def test_a_disk_without_shared_memory(path: Path) -> None:
    """Where no write-ahead log can be kept, the ledger says where to put it."""
    with (
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(LedgerError, match=r"write-ahead log .*local disk"),
    ):
        files.write_ahead(connection, path)


class _Switching:
    """A connection whose switch to WAL answers from a script: SQLite's own race, made certain."""

    def __init__(self, codes: Iterator[int]) -> None:
        self._codes = codes

    def execute(self, _: str) -> sqlite3.Cursor:
        code = next(self._codes)
        if code:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = code
            raise error
        return closed_cursor("wal")


def closed_cursor(value: str) -> sqlite3.Cursor:
    """Return a cursor over one value."""
    return sqlite3.connect(":memory:").execute("SELECT ?", (value,))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_two_that_create_the_same_ledger(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch to WAL is tried again while another process makes it, and not for ever."""
    monkeypatch.setattr(files, "_WAL_PAUSE_S", 0)
    busy = sqlite3.SQLITE_BUSY
    files.write_ahead(_Switching(iter([busy, busy, 0])), path)  # type: ignore[arg-type]
    with pytest.raises(LedgerError, match="mode 'locked'"):
        files.write_ahead(_Switching(iter([busy] * 200)), path)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.OperationalError):
        files.write_ahead(_Switching(iter([sqlite3.SQLITE_IOERR])), path)  # type: ignore[arg-type]


def test_many_open_a_new_ledger_at_once(path: Path) -> None:
    """Threads that create one ledger together all get it."""
    opened: list[SqliteLedger] = []
    threads = [
        threading.Thread(target=lambda: opened.append(SqliteLedger.open(path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ledger in opened:
        _close(ledger)
    assert len(opened) == 8


@pytest.mark.anyio
async def test_damage_found_later(sqlite: SqliteLedger, an_intent: Make, path: Path) -> None:
    """A page that was overwritten is a ledger error on reads, with what to do about it."""
    await sqlite.begin(an_intent())
    await sqlite.aclose()
    pages = _rows(path, "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")
    content = bytearray(path.read_bytes())
    for (page,) in pages:
        content[4096 * (page - 1) : 4096 * page] = b"\xff" * 4096
    path.write_bytes(content)
    damaged = SqliteLedger.open(path)
    with pytest.raises(LedgerError, match="move the damaged file"):
        await damaged.campaigns()
    with pytest.raises(LedgerError, match="move the damaged file"):
        list(damaged.attempts("spring"))
    with pytest.raises(LedgerError, match="move the damaged file"):
        await damaged.begin(an_intent(1))
    await damaged.aclose()


@pytest.mark.anyio
async def test_a_full_disk(sqlite: SqliteLedger, an_intent: Make, path: Path) -> None:
    """When the file cannot grow no intent is answered, and nothing is written after that."""
    pages = _rows(path, "PRAGMA page_count")[0][0]
    await sqlite._write(lambda db: db.execute(f"PRAGMA max_page_count = {pages}"))
    texts = ["x" * 3000] * 50
    answers = await asyncio.gather(
        *(sqlite.begin(an_intent(n, agent_id=text)) for n, text in enumerate(texts)),
        return_exceptions=True,
    )
    assert {type(answer) for answer in answers} == {LedgerError}
    assert "free some space" in str(answers[0])
    assert await sqlite.in_flight("spring") == []
    with pytest.raises(LedgerError, match="database or disk is full"):
        await sqlite.begin(an_intent(60))


@pytest.mark.anyio
async def test_intents_of_one_commit_are_told_of_together(
    sqlite: SqliteLedger, an_intent: Make, path: Path
) -> None:
    """Each knows how far the ledger goes: never further than what is on the disk."""

    async def begin(n: int) -> int:
        begun = await sqlite.begin(an_intent(n))
        assert isinstance(begun, Begun)
        [(durable,)] = _rows(path, "SELECT max(id) FROM attempts")
        assert begun.id <= begun.upto <= durable
        return begun.upto

    told = await asyncio.gather(*(begin(n) for n in range(60)))
    assert 60 == max(told)
    assert len(set(told)) < 30


@pytest.mark.anyio
async def test_events_are_appended(
    sqlite: SqliteLedger, an_intent: Make, an_event: Make, a_call: Make, path: Path
) -> None:
    """Everything after the first intent is an event, with what was said and why."""
    begun = await sqlite.begin(an_intent())
    await sqlite.record(an_event(begun, EventKind.THROTTLED, error="slow\udc00", status=429))
    await sqlite.begin(an_intent(after_s=2))
    t0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    said = a_call(started_at=t0, analysis={"mood": "fine"}, transcript="Agent: hi")
    await sqlite.record(an_event(begun, EventKind.CREATED, call=said, status=201))
    rows = _rows(path, "SELECT kind, status, error, said FROM events ORDER BY id")
    assert rows[:2] == [("throttled", 429, "slow?", None), ("intent", None, None, None)]
    assert rows[2][:3] == ("created", 201, None)
    assert json.loads(rows[2][3]) == {
        "call_id": "call_1",
        "status": "registered",
        "started_at": t0.isoformat(),
        "analysis": {"mood": "fine"},
    }


@pytest.mark.anyio
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM attempts",
        "DELETE FROM events",
        "UPDATE events SET kind = 'created'",
        "UPDATE events SET error = 'nicer'",
        "DELETE FROM suppressions",
        "UPDATE suppressions SET reason = 'nicer'",
        "UPDATE suppressions SET number = '+14155550177'",
    ],
)
async def test_the_past_is_not_rewritten(
    sqlite: SqliteLedger, an_intent: Make, an_event: Make, path: Path, statement: str
) -> None:
    """The file itself refuses to lose or change what happened."""
    begun = await sqlite.begin(an_intent())
    await sqlite.record(an_event(begun, EventKind.AMBIGUOUS, error="no answer", opt_out="asked"))
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        _rows(path, statement)


@pytest.mark.anyio
async def test_a_person_s_texts_can_be_taken_out(
    sqlite: SqliteLedger, an_intent: Make, an_event: Make, path: Path
) -> None:
    """Texts of an event may be emptied, which is not the same as changed."""
    begun = await sqlite.begin(an_intent())
    await sqlite.record(an_event(begun, EventKind.AMBIGUOUS, error="no answer"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE events SET error = NULL, said = NULL")
    assert _rows(path, "SELECT kind, error, said FROM events") == [("ambiguous", None, None)]


@pytest.mark.anyio
async def test_the_outcome_is_in_the_row(
    sqlite: SqliteLedger, an_intent: Make, an_event: Make, a_call: Make, path: Path
) -> None:
    """The row says what the attempt came to, for those who read the file with other tools."""
    begun = await sqlite.begin(an_intent())
    outcomes = [_rows(path, "SELECT state, outcome FROM attempts")[0]]
    for kind, call in (
        (EventKind.CREATED, a_call()),
        (EventKind.ENDED, a_call("not_connected", disconnection_reason="dial_busy")),
    ):
        await sqlite.record(an_event(begun, kind, call=call))
        outcomes += _rows(path, "SELECT state, outcome FROM attempts")
    assert outcomes == [("sending", "unknown"), ("live", "placed"), ("ended", "busy")]


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (queries._LATEST, "sqlite_autoindex_attempts_1 (campaign=?)"),
        (queries._ATTEMPTS, "sqlite_autoindex_attempts_1 (campaign=?)"),
        (queries._HISTORIES, "sqlite_autoindex_attempts_1 (campaign=? AND contact_key=?)"),
        (queries._OCCUPIED, "attempts_in_flight (to_number=?)"),
        (queries._SPENDING_OF, "sqlite_autoindex_attempts_1 (campaign=?)"),
        (begin._ADMISSION, "sqlite_autoindex_attempts_1 (campaign=? AND contact_key=?)"),
        (begin._ADMISSION, "attempts_in_flight (to_number=?)"),
        (queries._CALLS, "COVERING INDEX attempts_called (campaign=? AND state=?)"),
        (queries._STOP, "stops_by_campaign (campaign=? AND at>?)"),
        (adopt._KNOWN, "sqlite_autoindex_attempts_1 (campaign=? AND contact_key=? AND attempt=?)"),
        (begin._ADMISSION, "suppressions_by_number (number=?)"),
        (runs._CLOSE, "runs_open (campaign=?)"),
        (calls._OF_ONE, "attempts_by_number (to_number=? AND intent_at>?)"),
        (calls._OF_MANY, "attempts_by_number (to_number=? AND intent_at>?)"),
        (story._ATTEMPTS, "attempts_by_number (to_number=?)"),
        (story._VERDICTS, "events_by_attempt (attempt=?)"),
        (story._HOLDS, "holds_by_number (to_number=?)"),
        (story._SUPPRESSIONS, "suppressions_by_number (number=?)"),
        (suppression._AMONG, "suppressions_by_number (number=?)"),
    ],
)
def test_reads_use_their_index(path: Path, statement: str, index: str) -> None:
    """No read sorts or scans all attempts, so its memory is bounded."""
    with closing(files.for_writing(path)) as connection:
        parameters = ["[]"] * statement.count("?")
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    steps = [row[3] for row in plan]
    assert [step for step in steps if index in step] != []
    assert [step for step in steps if "FOR ORDER BY" in step or "FOR GROUP BY" in step] == []


@pytest.mark.anyio
async def test_an_iterator_reads_in_another_thread(
    sqlite: SqliteLedger, an_intent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the results are written from can be read beside a run, in one state, and dropped."""
    monkeypatch.setattr(queries, "CHUNK", 2)
    for n in range(3):
        await sqlite.begin(an_intent(n))
    iterator = sqlite.attempts("spring")
    first = await asyncio.to_thread(next, iterator)
    await sqlite.begin(an_intent(4))
    rest = await asyncio.to_thread(list, iterator)
    assert [attempt.attempt_id for attempt in (first, *rest)] == ["att_0", "att_1", "att_2"]
    dropped = sqlite.latest("spring")
    next(dropped)
    dropped.close()  # type: ignore[attr-defined]
    assert len(list(sqlite.latest("spring"))) == 4


_MOMENTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_MAPPINGS = st.dictionaries(_TEXTS, st.none() | st.integers() | _TEXTS | st.booleans(), max_size=3)
_CALLS = st.builds(
    Call,
    call_id=_TEXTS,
    status=st.sampled_from(["registered", "ongoing", "ended", "error", "brand_new"]),
    agent_id=st.none() | _TEXTS,
    disconnection_reason=st.none() | st.sampled_from(["user_hangup", "dial_busy", "new_word"]),
    started_at=st.none() | _MOMENTS,
    ended_at=st.none() | _MOMENTS,
    duration_s=st.none() | st.floats(0, 1e6),
    cost_usd=st.none() | st.floats(0, 1e3),
    summary=st.none() | _TEXTS,
    sentiment=st.none() | _TEXTS,
    successful=st.none() | st.booleans(),
    in_voicemail=st.none() | st.booleans(),
    analysis=st.none() | _MAPPINGS,
    collected=st.none() | _MAPPINGS,
    recording_url=st.none() | _TEXTS,
    to_number=st.none(),
    from_number=st.none(),
    metadata=st.just({}),
    transcript=st.none(),
)
_numbers = count()


@pytest.mark.anyio
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(call=_CALLS)
async def test_a_call_comes_back_as_it_was_said(
    sqlite: SqliteLedger, an_intent: Make, an_event: Make, call: Call
) -> None:
    """Every field of a call survives the file, whatever is in it."""
    key = f"crm-{next(_numbers)}"
    begun = await sqlite.begin(an_intent(contact_key=key, to_number=key))
    assert isinstance(begun, Begun)
    recorded = await sqlite.record(an_event(begun, EventKind.CREATED, call=call))
    found = (await sqlite.histories("spring", [key]))[key]
    assert found.last == recorded
    assert found.last.call is not None
    said = {name: getattr(call, name) for name in Call.__dataclass_fields__}
    kept = {name: getattr(found.last.call, name) for name in Call.__dataclass_fields__}
    assert kept == {**said, "to_number": key, "from_number": "+14155550199"}
    assert found.last.state is AttemptState.LIVE
    assert disposition.of_attempt(found.last).value == "placed"


def test_moments_before_1970_and_far_ahead() -> None:
    """Moments are exact to the microsecond."""
    odd = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert micros(odd) == -1
    assert moment(micros(odd + timedelta(days=40_000))) == odd + timedelta(days=40_000)
