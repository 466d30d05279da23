"""How long the commands and the import take, beside what they cannot do without."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
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
