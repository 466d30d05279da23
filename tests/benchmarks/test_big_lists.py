"""Ten million contacts: how long a check takes, when the first call goes out, what it all needs."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.policy import identity

TOTAL = 10_000_000
AREAS = ("201", "202", "212", "213", "303", "312", "415", "512", "617", "702")
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver")
READ = "import sys, polars; polars.read_csv(sys.argv[1])"
READ_AND_WRITE = "import sys, polars; polars.read_csv(sys.argv[1]).write_csv(sys.argv[2])"
RUN = ("--sandbox", "--hours", "any", "--cps", "any", "--from", "+14157774444", "--limit", "10")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a process took; `first_s` is when it had written its first intent, if it was seen."""

    wall_s: float
    peak_mb: int
    first_s: float | None = None


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a list of ten million rows: phone, time zone and six variables; 1 GB."""
    path = tmp_path_factory.mktemp("big") / "list.csv"
    n = pl.col("n")
    exchange, line = 200 + n // 100_000, n // 10 % 10_000
    rows = pl.int_range(TOTAL, eager=True).alias("n").to_frame().lazy()
    rows.select(
        phone=pl.format(
            "+1{}{}{}",
            pl.lit(pl.Series(AREAS)).gather(n % 10),
            exchange,
            line.cast(pl.String).str.zfill(4),
        ),
        timezone=pl.lit(pl.Series(ZONES)).gather(n % 4),
        name=pl.format("Ada {}", n),
        company=pl.format("Corner Company {}", n % 977),
        city=pl.lit("Springfield Heights"),
        account=n.cast(pl.String).str.zfill(8),
        plan=pl.lit("gold"),
        due=pl.lit("2026-01-01"),
    ).sink_csv(path)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def parquet(csv: Path) -> Iterator[Path]:
    """Yield the same list as Parquet."""
    path = csv.with_suffix(".parquet")
    pl.scan_csv(csv, infer_schema=False).sink_parquet(path)
    yield path
    path.unlink()


@pytest.fixture
def spent(resident_mb: Callable[[int], int]) -> Callable[..., Spent]:
    """Run a command in a folder; watch a ledger for the first intent after the known ones."""

    def run(*command: str, folder: Path, ledger: Path | None = None, known: int = 0) -> Spent:
        began_s, first_s, peak_mb = time.perf_counter(), None, 0
        environment = os.environ | {"CAMPAIGN_PROGRESS": "none", "RETELL_API_KEY": "try"}
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL
        ) as process:
            while process.poll() is None:
                time.sleep(0.02)
                peak_mb = max(peak_mb, resident_mb(process.pid))
                if ledger is not None and first_s is None and intents(ledger) > known:
                    first_s = time.perf_counter() - began_s
        assert process.returncode in {0, 75}
        return Spent(wall_s=time.perf_counter() - began_s, peak_mb=peak_mb, first_s=first_s)

    return run


def intents(ledger: Path) -> int:
    """Return how many intents a ledger has, none where there is no ledger yet."""
    if not ledger.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT max(id) FROM attempts").fetchone()[0] or 0)
    except sqlite3.Error:
        return 0


def campaign(*arguments: str | Path) -> list[str]:
    """Return the command line of this very program."""
    return [sys.executable, "-m", "campaign", *map(str, arguments)]


def told(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Print a figure for the one who runs this by hand."""
    with capsys.disabled():
        print(f"\nbig lists: {text}")  # noqa: T201


def test_a_check(
    csv: Path,
    parquet: Path,
    spent: Callable[..., Spent],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A check takes at most 2.5 times as long as reading the CSV, and 700 MB; Parquet 500 MB."""
    reading = spent(sys.executable, "-c", READ, str(csv), folder=tmp_path)
    ours = spent(*campaign("check", csv), folder=tmp_path)
    typed = spent(*campaign("check", parquet), folder=tmp_path)
    ratio = ours.wall_s / reading.wall_s
    told(capsys, f"read_csv {reading}; check {ours}, x{ratio:.2f}; of Parquet {typed}")
    assert ratio <= 2.5
    assert ours.peak_mb <= 700
    assert typed.wall_s <= ours.wall_s
    assert typed.peak_mb <= 500


def test_a_check_of_bad_rows(
    csv: Path, spent: Callable[..., Spent], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one row in a hundred that is no number, and one that is there twice, it is not slowed."""
    bad, n = tmp_path / "bad.csv", pl.col("n") % 100
    rows = pl.scan_csv(csv, infer_schema=False).with_row_index("n")
    rows.with_columns(before=pl.col("phone").shift(17)).with_columns(
        phone=pl.when(n == 50)
        .then(pl.lit("+1415555"))
        .when(n == 75)
        .then("before")
        .otherwise("phone")
    ).drop("n", "before").sink_csv(bad)
    good, ours = (spent(*campaign("check", path), folder=tmp_path) for path in (csv, bad))
    told(capsys, f"check {good}, of bad rows {ours}, x{ours.wall_s / good.wall_s:.2f}")
    bad.unlink()
    assert ours.wall_s <= 2 * good.wall_s
    assert ours.peak_mb <= 800


def test_a_run(
    csv: Path, spent: Callable[..., Spent], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first call goes out within 30 s; results of all rows need at most 1.5 GB."""
    copying = spent(sys.executable, "-c", READ_AND_WRITE, str(csv), "copy.csv", folder=tmp_path)
    (tmp_path / "copy.csv").unlink()
    ledger = tmp_path / "campaign.sandbox.db"
    ours = spent(*campaign("run", csv, *RUN, "--yes"), folder=tmp_path, ledger=ledger)
    told(capsys, f"read_csv and write_csv {copying}; run {ours}")
    assert ours.first_s is not None
    assert ours.first_s <= 30
    assert ours.peak_mb <= 1500


ACCOUNT = "org_loopback"  # the loopback server's
NAME = "big"
ATTEMPTED = 5_000_000
PAGE = 1_000
BEGAN_MS = 1_790_000_000_000
GO_ON = ("--name", NAME, "--hours", "any", "--cps", "any", "--from", "+14157774444", "--yes")
INDEXES = (
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql NOT NULL"
)
ATTEMPT = """
INSERT INTO attempts (campaign, contact_key, attempt, attempt_id, to_number, from_number, state,
    outcome, intent_at, starts_at, placed_at, call_id, call_status, disconnection_reason,
    started_at, ended_at, duration_s, cost_usd)
VALUES (1, ?1, 1, ?2, ?1, '+14157774444', 'ended', 'answered', ?3, ?3, ?3, ?4, 'ended',
    'agent_hangup', ?3, ?3 + 60000000, 60.0, 0.1)
"""
EVENT = (
    "INSERT INTO events (attempt, kind, at) SELECT id, 'ended', ended_at FROM attempts WHERE id > ?"
)


def fill(ledger: Path, numbers: list[str]) -> None:
    """Write one ended call to each number into a ledger, as a run would have left it."""
    campaign_id = identity.campaign_id(ACCOUNT, NAME)
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("PRAGMA cache_size = -1000000")
        (before,) = db.execute("SELECT max(id) FROM attempts").fetchone()
        indexes = [*db.execute(INDEXES, ("attempts",)), *db.execute(INDEXES, ("events",))]
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        db.executemany(
            ATTEMPT,
            (
                (to, identity.attempt_id(campaign_id, to, 1), (BEGAN_MS + n) * 1000, f"call_{to}")
                for n, to in enumerate(numbers)
            ),
        )
        db.execute(EVENT, (before,))
        for _, statement in indexes:
            db.execute(statement)


def newest(numbers: list[str], total: int) -> dict[str, Any]:
    """Return the newest page of a provider that has `total` calls of the campaign."""
    campaign_id = identity.campaign_id(ACCOUNT, NAME)
    items = [
        {
            "call_id": f"call_{to}",
            "call_type": "phone_call",
            "call_status": "ended",
            "agent_id": "agent_1",
            "from_number": "+14157774444",
            "to_number": to,
            "direction": "outbound",
            "start_timestamp": BEGAN_MS + n,
            "end_timestamp": BEGAN_MS + n + 60_000,
            "metadata": identity.metadata(campaign_id, to, 1, {}),
        }
        for n, to in enumerate(numbers)
    ]
    items = items[: -PAGE - 1 : -1]
    return {"items": items, "has_more": True, "pagination_key": "more", "total": total}


def test_going_on(
    csv: Path,
    serve: Callable[..., Any],
    spent: Callable[..., Spent],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where half of the list was called, the next call goes out within 40 s, in at most 1 GB.

    All results are written in 1.5 GB, and in twice the time in which polars reads and writes them.
    """
    ledger = tmp_path / "big.db"
    numbers = pl.scan_csv(csv, infer_schema=False).select("phone").head(ATTEMPTED).collect()
    called = sorted(numbers["phone"].to_list())
    first, page = tmp_path / "first.csv", tmp_path / "page.json"
    first.write_text("phone\n+14155550100\n", encoding="utf-8")
    with serve() as server:
        where = ("--base-url", server.url, "--ledger", str(ledger))
        spent(*campaign("run", first, *GO_ON, *where, "--no-follow"), folder=tmp_path)
    fill(ledger, called)
    page.write_text(json.dumps(newest(called, ATTEMPTED + 1)), encoding="utf-8")
    known = intents(ledger)
    with serve(listing=page) as server:
        with closing(sqlite3.connect(ledger)) as db, db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'base_url'", (server.url,))
        where = ("--base-url", server.url, "--ledger", str(ledger))
        ours = spent(
            *campaign("run", csv, *GO_ON, *where, "--no-follow", "--limit", "10"),
            folder=tmp_path,
            ledger=ledger,
            known=known,
        )
        assert server.seen().created == 10
    told(capsys, f"going on with {ATTEMPTED:,} called: {ours}")
    out, copy = tmp_path / "results.csv", tmp_path / "copy.csv"
    written = spent(*campaign("results", NAME, "--ledger", ledger, "--out", out), folder=tmp_path)
    copying = spent(sys.executable, "-c", READ_AND_WRITE, str(out), str(copy), folder=tmp_path)
    told(capsys, f"results {written}; read_csv and write_csv of them {copying}")
    looked = spent(*campaign("check", csv, "--name", NAME, "--ledger", ledger), folder=tmp_path)
    told(capsys, f"check with that ledger {looked}")
    assert looked.wall_s <= 60
    assert ours.first_s is not None
    assert ours.first_s <= 40
    assert ours.peak_mb <= 1000
    assert written.peak_mb <= 1500
    assert written.wall_s <= 2 * copying.wall_s
