"""Ten million contacts: how long a check takes, when the first call goes out, what it all needs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

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


def spent(*command: str, folder: Path, ledger: Path | None = None) -> Spent:
    """Run a command in a folder; watch a ledger for the first intent."""
    began_s, first_s = time.perf_counter(), None
    environment = os.environ | {"CAMPAIGN_PROGRESS": "none"}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(0.05)
        if ledger is not None and first_s is None and intents(ledger):
            first_s = time.perf_counter() - began_s
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in {0, 75}
    return Spent(
        wall_s=time.perf_counter() - began_s, peak_mb=usage.ru_maxrss // 1024, first_s=first_s
    )


def intents(ledger: Path) -> int:
    """Return how many intents a ledger has, none where there is no ledger yet."""
    if not ledger.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM attempts").fetchone()[0])
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
    csv: Path, parquet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check takes at most 2.5 times as long as reading the CSV, and 700 MB; Parquet no longer."""
    reading = spent(sys.executable, "-c", READ, str(csv), folder=tmp_path)
    ours = spent(*campaign("check", csv), folder=tmp_path)
    typed = spent(*campaign("check", parquet), folder=tmp_path)
    ratio = ours.wall_s / reading.wall_s
    told(capsys, f"read_csv {reading}; check {ours}, x{ratio:.2f}; of Parquet {typed}")
    assert ratio <= 2.5
    assert ours.peak_mb <= 700
    assert typed.wall_s <= ours.wall_s


def test_a_run(csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first call goes out within 30 s; results of all rows need at most 1.5 GB."""
    copying = spent(sys.executable, "-c", READ_AND_WRITE, str(csv), "copy.csv", folder=tmp_path)
    (tmp_path / "copy.csv").unlink()
    ledger = tmp_path / "campaign.sandbox.db"
    ours = spent(*campaign("run", csv, *RUN, "--yes"), folder=tmp_path, ledger=ledger)
    told(capsys, f"read_csv and write_csv {copying}; run {ours}")
    assert ours.first_s is not None
    assert ours.first_s <= 30
    assert ours.peak_mb <= 1500
