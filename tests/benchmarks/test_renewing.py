"""What it costs a run that its results are written again and again while it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

HERE = Path(__file__).parent
MAKE_LIST = HERE.parents[1] / "sample_data" / "make_list.py"
CALLS = 4_000
ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took."""

    wall_s: float
    cpu_s: float


@contextmanager
def loopback() -> Iterator[str]:
    """Serve for the length of a block; yield the address."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "loopback.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def measure(contacts: Path, name: str, refresh: str) -> Cost:
    """Call the whole list, as fast as it goes: nothing hides what the renewals take."""
    command = [sys.executable, "-m", "campaign", "run", str(contacts), "--from", "+14157774444"]
    command += ["--hours", "any", "--cps", "any", "--no-follow", "--max-live", str(CALLS + 20)]
    command += ["--refresh", refresh, "--out", f"{name}.csv", "--ledger", f"{name}.db", "-q"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAMPAIGN_", "RETELL_"))}
    with loopback() as url:
        began_s = time.monotonic()
        process = subprocess.Popen(
            [*command, "--base-url", url],
            cwd=contacts.parent,
            env={**kept, "RETELL_API_KEY": "try"},
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Cost(wall_s=wall_s, cpu_s=used.ru_utime + used.ru_stime)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_renewals_cost_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Renewed each second instead of each minute, a run of full speed takes at most 5 % more."""
    contacts = tmp_path / "contacts.csv"
    with contacts.open("wb") as file:
        subprocess.run([sys.executable, str(MAKE_LIST), str(CALLS)], stdout=file, check=True)
    costs: dict[str, list[Cost]] = {"0": [], "1s": []}
    for turn in range(ROUNDS):
        for refresh, found in costs.items():
            found.append(measure(contacts, f"{turn}-{refresh}", refresh))
    wall = {refresh: median(cost.wall_s for cost in found) for refresh, found in costs.items()}
    cpu = {refresh: median(cost.cpu_s for cost in found) for refresh, found in costs.items()}
    with capsys.disabled():
        print(  # noqa: T201
            f"\nrenewing: {wall['1s'] / wall['0']:.3f} of the time,"
            f" {cpu['1s'] / cpu['0']:.3f} of the CPU of a run without"
            f" ({wall['0']:.1f} s, {cpu['0']:.1f} s of CPU for {CALLS:,} calls)"
        )
    assert wall["1s"] <= 1.05 * wall["0"]
    assert cpu["1s"] <= 1.05 * cpu["0"]
