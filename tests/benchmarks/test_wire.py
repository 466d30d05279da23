"""What a call costs this side in CPU and connections, with many creates on the wire or few."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

HERE = Path(__file__).parent
MAKE_LIST = HERE.parents[1] / "sample_data" / "make_list.py"
CALLS = 2_000
ROUNDS = 5
WIDE, NARROW = 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took: CPU per call, and connections."""

    cpu_us: float
    connections: int


class Server:
    """The loopback server, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self.url = f"http://127.0.0.1:{self._out.readline().strip()}"

    def counts(self) -> tuple[int, int]:
        """Return connections and calls so far."""
        self._in.write("\n")
        self._in.flush()
        connections, calls = self._out.readline().split()
        return int(connections), int(calls)


@contextmanager
def loopback() -> Iterator[Server]:
    """Serve for the length of a block."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "loopback.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()


def run(contacts: Path, ledger: Path, url: str, in_flight: int) -> float:
    """Call the whole list; return the seconds of CPU that the process took."""
    command = [sys.executable, "-m", "campaign", "run", str(contacts), "--from", "+14157774444"]
    command += [
        "--hours",
        "any",
        "--cps",
        "any",
        "--no-follow",
        "--max-live",
        str(CALLS + WIDE),
        "-q",
    ]
    command += ["--in-flight", str(in_flight), "--base-url", url, "--ledger", str(ledger)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAMPAIGN_", "RETELL_"))}
    process = subprocess.Popen(command, cwd=contacts.parent, env={**kept, "RETELL_API_KEY": "try"})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def measure(contacts: Path, ledger: Path, in_flight: int) -> Cost:
    """Measure one run, less the same run with nobody left to call."""
    with loopback() as server:
        cpu_s = run(contacts, ledger, server.url, in_flight)
        connections, calls = server.counts()
        assert calls == CALLS
        cpu_s -= run(contacts, ledger, server.url, in_flight)
        assert server.counts()[1] == CALLS
    return Cost(cpu_us=cpu_s / CALLS * 1e6, connections=connections)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_on_the_wire_cost_no_more_than_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hundred creates at once take at most 1.3 times the CPU of ten, on a connection each."""
    contacts = tmp_path / "contacts.csv"
    with contacts.open("wb") as file:
        subprocess.run([sys.executable, str(MAKE_LIST), str(CALLS)], stdout=file, check=True)
    costs: dict[int, list[Cost]] = {WIDE: [], NARROW: []}
    for turn in range(ROUNDS):
        for in_flight, found in costs.items():
            found.append(measure(contacts, tmp_path / f"{turn}-{in_flight}.db", in_flight))
    cpu_us = {n: median(cost.cpu_us for cost in found) for n, found in costs.items()}
    connections = {n: max(cost.connections for cost in found) for n, found in costs.items()}
    with capsys.disabled():
        for n in costs:
            print(  # noqa: T201
                f"\nwire: {n} in flight: {cpu_us[n]:,.0f} us of CPU a call, "
                f"{connections[n]} connections for {CALLS:,} calls"
            )
    assert cpu_us[WIDE] <= 1.3 * cpu_us[NARROW]
    assert connections[WIDE] <= 1.05 * WIDE
