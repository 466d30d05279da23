"""How long the commands and the import take, beside what they cannot do without."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

ROUNDS = 7
HELP = ("-m", "campaign", "--help")
TYPER = ("-c", "import typer")
IMPORT = ("-c", "import campaign")
PASS = ("-c", "pass")


def _took_s(arguments: tuple[str, ...]) -> float:
    before_s = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return time.perf_counter() - before_s


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_start_up(tell: Callable[[str], None]) -> None:
    """`--help` takes at most twice as long as importing typer; `import campaign` adds 100 ms."""
    found: dict[tuple[str, ...], list[float]] = {HELP: [], TYPER: [], IMPORT: [], PASS: []}
    for _ in range(ROUNDS):
        for arguments, took in found.items():
            took.append(_took_s(arguments))
    took_ms = {arguments: median(took) * 1000 for arguments, took in found.items()}
    tell(
        f"\n--help {took_ms[HELP]:.0f} ms, import typer {took_ms[TYPER]:.0f} ms:"
        f" x{took_ms[HELP] / took_ms[TYPER]:.2f};"
        f" import campaign {took_ms[IMPORT]:.0f} ms, pass {took_ms[PASS]:.0f} ms"
    )
    assert took_ms[HELP] <= 2 * took_ms[TYPER]
    assert took_ms[IMPORT] <= took_ms[PASS] + 100


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_commands_that_place_no_call(tell: Callable[[str], None], tmp_path: Path) -> None:
    """`status` and a short `check` take at most four times as long as importing polars."""
    people = tmp_path / "list.csv"
    people.write_text("phone_number\n+14155550100\n", encoding="utf-8")
    status = ("-m", "campaign", "status", "--ledger", str(tmp_path / "none.db"))
    check = ("-m", "campaign", "check", str(people))
    polars = ("-c", "import polars")
    found: dict[tuple[str, ...], list[float]] = {status: [], check: [], polars: []}
    for _ in range(ROUNDS):
        for arguments, took in found.items():
            took.append(_took_s(arguments))
    took_ms = {arguments: median(took) * 1000 for arguments, took in found.items()}
    tell(
        f"\nstatus {took_ms[status]:.0f} ms, check of one row {took_ms[check]:.0f} ms,"
        f" import polars {took_ms[polars]:.0f} ms"
    )
    assert max(took_ms[status], took_ms[check]) <= 4 * took_ms[polars]
