"""Runs that are measured side by side: the client on one core, the server on the other.

pip install '.[test,benchmark]'
pytest -m slow tests/benchmarks
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

import pytest

HERE = Path(__file__).parent
MAKE_LIST = HERE.parents[1] / "sample_data" / "make_list.py"
CORES = sorted(os.sched_getaffinity(0))
CLIENT, SERVER = CORES[0], CORES[-1]
LOOK_S = 0.02
RUN = ("--from", "+14157774444", "--hours", "any", "--cps", "any", "--no-follow", "-q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the server saw of a run."""

    connections: int
    created: int
    most_waiting: int
    first_s: float
    last_s: float

    @property
    def per_second(self) -> float:
        """Return the creates in a second, as they came."""
        return (self.created - 1) / (self.last_s - self.first_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run cost: creates a second at the server, CPU per create, connections, memory."""

    per_second: float
    cpu_us: float
    connections: int
    most_waiting: int
    peak_mb: float = 0.0

    def __str__(self) -> str:
        return f"{self.per_second:7,.0f}/s {self.cpu_us:7,.0f} us"


class Server:
    """The loopback server, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        self.url = f"http://127.0.0.1:{self._out.readline().strip()}"

    def arrived_s(self) -> list[float]:
        """Return when the creates came since `seen` was asked last, by the server's clock."""
        with urlopen(f"{self.url}/arrivals") as answer:
            return list(json.load(answer)["at_s"])

    def seen(self) -> Seen:
        """Return what was seen since this was asked last."""
        self._in.write("\n")
        self._in.flush()
        return Seen(**json.loads(self._out.readline()))


@contextmanager
def serving(delay_ms: float = 0.0, listing: Path | None = None) -> Iterator[Server]:
    """Serve for the length of a block; `listing` has what is said of the calls there are."""
    command = [sys.executable, str(HERE / "loopback.py"), "--core", str(SERVER)]
    command += [] if listing is None else ["--listing", str(listing)]
    with subprocess.Popen(
        [*command, "--delay-ms", str(delay_ms)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep to one core for a block, and whoever is started in it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a process took of the machine."""

    cpu_s: float
    peak_mb: int


def pinned(command: Sequence[str], folder: Path, *, code: int = 0) -> tuple[str, Used]:
    """Run a command on the client's core; return what it printed and what it used."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAMPAIGN_", "RETELL_"))}
    with on_core(CLIENT):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "RETELL_API_KEY": "try"},
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        peak_mb = 0
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak_mb = max(peak_mb, _resident_mb(process.pid))
            time.sleep(LOOK_S)
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == code, out
    return out, Used(cpu_s=used.ru_utime + used.ru_stime, peak_mb=peak_mb)


def _resident_mb(pid: int) -> int:
    """Return the most memory that a process has had so far, 0 where it has ended.

    What is told of it when it is waited for is at least what its parent had when it was started.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    _, found, rest = status.partition("VmHWM:")
    return int(rest.split()[0]) // 1024 if found else 0


class Bench:
    """Measures the runner and its peers against one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listed = 0

    def contacts(self, rows: int) -> Path:
        """Return a list of so many contacts, whose numbers no list before has had."""
        first, self._listed = self._listed, self._listed + rows
        command = [sys.executable, str(MAKE_LIST), str(self._listed)]
        made = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        header, *lines = made.splitlines(keepends=True)
        path = self.folder / f"contacts-{self._listed}.csv"
        path.write_bytes(b"".join([header, *lines[first:]]))
        return path

    def ours(self, server: Server, calls: int, in_flight: int, *more: str) -> Cost:
        """Run a campaign; its CPU is that of the whole command, less one that calls one contact."""
        idle = self.run(server, 1, in_flight, *more)
        server.seen()
        used = self.run(server, calls, in_flight, *more)
        seen = server.seen()
        assert seen.created == calls
        return _cost(seen, used.cpu_s - idle.cpu_s, peak_mb=used.peak_mb)

    def peer(self, kind: str, server: Server, calls: int, in_flight: int) -> Cost:
        """Run a peer; its CPU is that of its loop."""
        script = [sys.executable, str(HERE / "peers.py"), kind]
        server.seen()
        out, _ = pinned([*script, server.url, str(calls), str(in_flight)], self.folder)
        seen = server.seen()
        assert seen.created == calls
        return _cost(seen, json.loads(out)["cpu_s"])

    def run(self, server: Server, calls: int, in_flight: int, *more: str, code: int = 0) -> Used:
        """Run a campaign of so many contacts; return what it used.

        Its ledger is its own, but for one that is named in `more`.
        """
        path = self.contacts(calls)
        command = [sys.executable, "-m", "campaign", "run", str(path), *RUN]
        command += ["--max-live", str(calls + in_flight), "--in-flight", str(in_flight)]
        command += ["--base-url", server.url, "--ledger", f"{path.stem}.db", *more]
        return pinned(command, self.folder, code=code)[1]


def _cost(seen: Seen, cpu_s: float, *, peak_mb: float = 0.0) -> Cost:
    return Cost(
        per_second=seen.per_second,
        cpu_us=cpu_s / seen.created * 1e6,
        connections=seen.connections,
        most_waiting=seen.most_waiting,
        peak_mb=peak_mb,
    )


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        per_second=median(cost.per_second for cost in costs),
        cpu_us=median(cost.cpu_us for cost in costs),
        connections=max(cost.connections for cost in costs),
        most_waiting=max(cost.most_waiting for cost in costs),
        peak_mb=max(cost.peak_mb for cost in costs),
    )


@pytest.fixture
def interleaved() -> Callable[..., dict[Any, Cost]]:
    """Measure several things in turns, so that a slow minute of the machine slows all of them."""

    def measure(things: dict[Any, Callable[[], Cost]], *, rounds: int = 5) -> dict[Any, Cost]:
        found: dict[Any, list[Cost]] = {name: [] for name in things}
        for _ in range(rounds):
            for name, thing in things.items():
                found[name].append(thing())
        return {name: _median(costs) for name, costs in found.items()}

    return measure


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Measure in a folder of its own."""
    return Bench(tmp_path)


@pytest.fixture
def serve() -> Callable[..., Any]:
    """Start loopback servers."""
    return serving


@pytest.fixture
def resident_mb() -> Callable[[int], int]:
    """Ask how much memory a process has had."""
    return _resident_mb


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print, whatever is captured."""

    def print_it(text: str) -> None:
        with capsys.disabled():
            print(text)  # noqa: T201

    return print_it
