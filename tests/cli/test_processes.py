"""Real processes: signals, terminals, pipes, and a key that nobody sees."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from campaign.sandbox import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
ON_TERMINAL = (
    "import os, runpy, sys; os.close(os.open(os.ttyname(0), os.O_RDWR));"
    "sys.argv[0] = 'campaign'; runpy.run_module('campaign', run_name='__main__')"
)
"""The leader of a session that opens a terminal gets its Ctrl-C and its hang-up."""


def lasting(talk_s: float) -> dict[str, Any]:
    """Return a plan whose calls to the first numbers are answered and last so long."""
    script = CallScript(
        status="ended",
        disconnection_reason="user_hangup",
        ring_s=0.0,
        talk_s=talk_s,
        analysis_delay_s=0.0,
    )
    return {
        "speed": 1.0,
        "scripts": {f"+1415555{100 + i:04d}": [script] for i in range(30)},
    }


def outcomes() -> list[str]:
    """Return the outcomes of the results file, row by row."""
    with Path("contacts.results.csv").open(newline="") as file:
        return [row["call_outcome"] for row in csv.DictReader(file)]


def until(true: Callable[[], object], patience_s: float = 20.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_ctrl_c_drains(start: Any, serve: Serve, against: Any, write_list: Any) -> None:
    """The first SIGINT places no new call, follows the live ones to their end, and is 130."""
    write_list(30)
    server = serve(**lasting(1.0))
    process = start(against(server.url, "--json", "--cps", "5"))
    until(lambda: server.sandbox.calls)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    placed = len(server.sandbox.calls)
    summary = json.loads(out)
    assert (130, "signal", placed) == (
        process.returncode,
        summary["stopped_by"],
        summary["calls_created"],
    )
    assert {"answered": placed, "pending": 30 - placed} == summary["outcomes"]
    assert outcomes() == ["answered"] * placed + ["pending"] * (30 - placed)
    assert "Ctrl-C: no new call is placed, live ones are followed to their end" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.usefixtures("contacts")
def test_a_signal_drains_for_a_while(
    number: int, code: int, start: Any, serve: Serve, against: Any
) -> None:
    """SIGTERM and SIGHUP follow live calls for as long as was set and leave them `placed`."""
    server = serve(**lasting(600.0))
    process = start(against(server.url, "--json", "--drain-for", "0"))
    until(lambda: len(server.sandbox.calls) == 3)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (code, {"placed": 3}) == (process.returncode, json.loads(out)["outcomes"])
    assert outcomes() == ["placed"] * 3
    assert "live ones are followed for at most 0 s" in err


def test_a_second_signal_leaves_at_once(
    start: Any, serve: Serve, against: Any, contacts: Path, cli: Any
) -> None:
    """The second SIGINT ends the process; `results` writes what is known."""
    server = serve(**lasting(600.0))
    process = start(against(server.url))
    until(lambda: len(server.sandbox.calls) == 3)
    process.send_signal(signal.SIGINT)
    lines = [process.stderr.readline() for _ in range(2)]
    assert "Ctrl-C: no new call" in lines[1]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert -signal.SIGINT == process.returncode
    assert "leaving at once" in err
    assert not Path("contacts.results.csv").exists()
    assert cli("results", "contacts").code == 0
    assert set(outcomes()) <= {"placed", "unknown"}


def test_status_while_a_run_is_on(
    start: Any, serve: Serve, against: Any, contacts: Path, cli: Any
) -> None:
    """Another process sees that a campaign is running and how far it is."""
    server = serve(**lasting(600.0))
    process = start(against(server.url, "--max-live", "1"))
    until(lambda: len(server.sandbox.calls) == 1)
    until(lambda: cli("status", "--json").document[0]["live"] == 1)
    (one,) = cli("status", "--json").document
    assert ("contacts", 3, True) == (one["campaign"], one["rows"], one["running"])
    assert {"placed": 1, "pending": 2} == one["outcomes"]
    assert "running" in cli("status").out
    assert f"(process {process.pid})" in cli("status", "contacts").out
    process.kill()
    process.wait()
    (one,) = cli("status", "--json").document
    assert (3, False) == (sum(one["outcomes"].values()), one["running"])


def test_nobody_sees_the_key(
    serve: Serve, against: Any, write_list: Any, start: Any, api_key: str
) -> None:
    """Neither what commands print nor any file they leave has the key, whatever happens."""
    write_list(3, bad=1)
    server = serve()
    shown = b""
    commands = [
        against(server.url, "-vv", "--json", "--no-follow", "--attempts-out", "a.csv"),
        against(serve(keys=frozenset()).url, "-vv", "--ledger", "other.db"),
        ["results", "contacts", "--rejects", "r.csv"],
        [*against(server.url), "--api", "v3"],
    ]
    codes = []
    for args in commands:
        process = start(args)
        out, err = process.communicate(timeout=20)
        shown += out.encode() + err.encode()
        codes.append(process.returncode)
    assert [0, 77, 0, 2] == codes
    left = {path.name: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    assert {"campaign.db", "contacts.results.csv", "a.csv", "r.csv"} <= set(left)
    assert [] == [name for name, content in left.items() if api_key.encode() in content]
    assert api_key.encode() not in shown
    assert b"Traceback" not in shown


class Terminal:
    """A person at a terminal: what they see, and what they type."""

    def __init__(self, args: list[str]) -> None:
        self.seen = ""
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *args],
            stdin=slave,
            stderr=slave,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"},
        )
        os.close(slave)

    def wait_for(self, pattern: str) -> None:
        """Read until something is shown."""
        until(lambda: self._read(0.1) or re.search(pattern, self.seen))

    def _read(self, patience_s: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], patience_s)
        if ready:
            try:
                self.seen += os.read(self._master, 4096).decode()
            except OSError:  # the other side is closed
                return True
        return False

    def type(self, text: str) -> None:
        """Type some keys."""
        os.write(self._master, text.encode())

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self._master)

    def end(self) -> tuple[int, str]:
        """Read to the end; return exit code and standard output."""
        until(lambda: self._read(0.05) or self.process.poll() is not None)
        out, _ = self.process.communicate(timeout=20)
        return self.process.returncode, out

    def leave(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.communicate()
        with suppress(OSError):
            os.close(self._master)


@pytest.fixture
def sit_down() -> Iterator[Callable[[list[str]], Terminal]]:
    """Return what puts a person at a terminal with a command."""
    with ExitStack() as stack:

        def sit(args: list[str]) -> Terminal:
            terminal = Terminal(args)
            stack.callback(terminal.leave)
            return terminal

        yield sit


@pytest.mark.parametrize("answer", ["y\n"])
@pytest.mark.usefixtures("contacts")
def test_a_person_agrees(answer: str, serve: Serve, against: Any, sit_down: Any) -> None:
    """A person at a terminal is asked before real calls, and watches a bar."""
    server = serve()
    terminal = sit_down(against(server.url, "--json", "--no-follow"))
    terminal.wait_for(r"Call them\? \[y/N\]")
    assert "contacts.csv, 3 rows: 3 to call now" in terminal.seen
    assert {} == dict(server.sandbox.calls)
    terminal.type(answer)
    code, out = terminal.end()
    assert (0, 3) == (code, json.loads(out)["calls_created"])
    assert "3/3" in terminal.seen


@pytest.mark.parametrize("answer", ["n\n", "\x04"])
@pytest.mark.usefixtures("contacts")
def test_a_person_declines(answer: str, serve: Serve, against: Any, sit_down: Any) -> None:
    """Anything but yes calls nobody and writes nothing; it is to be run again: 75."""
    server = serve()
    terminal = sit_down(against(server.url, "--json"))
    terminal.wait_for(r"Call them\?")
    terminal.type(answer)
    code, out = terminal.end()
    summary = json.loads(out)
    assert (75, "stop", {"pending": 3}, 0) == (
        code,
        summary["stopped_by"],
        summary["outcomes"],
        len(server.sandbox.calls),
    )
    assert not Path("contacts.results.csv").exists()


@pytest.mark.usefixtures("contacts")
def test_ctrl_c_at_the_question(serve: Serve, against: Any, sit_down: Any) -> None:
    """Ctrl-C while being asked is 130, and calls nobody."""
    server = serve()
    terminal = sit_down(against(server.url))
    terminal.wait_for(r"Call them\?")
    terminal.type("\x03")
    assert (130, "") == terminal.end()
    assert ({}, False) == (dict(server.sandbox.calls), "Traceback" in terminal.seen)


@pytest.mark.parametrize("more", [["--yes"], ["--sandbox"]])
@pytest.mark.usefixtures("contacts")
def test_a_person_is_not_asked(more: list[str], serve: Serve, against: Any, sit_down: Any) -> None:
    """Who said yes, or calls nobody for real, is not asked."""
    terminal = sit_down(against(serve().url, "--no-follow", *more))
    code, _ = terminal.end()
    assert (0, False) == (code, "Call them?" in terminal.seen)


@pytest.mark.usefixtures("contacts")
def test_the_terminal_goes_away(serve: Serve, against: Any, sit_down: Any) -> None:
    """A run whose terminal is closed drains, writes its results and ends: 129."""
    server = serve(**lasting(600.0))
    terminal = sit_down(against(server.url, "--yes", "--drain-for", "1s"))
    terminal.wait_for("3 of 20 live")
    terminal.hang_up()
    terminal.process.communicate(timeout=20)
    assert 129 == terminal.process.returncode
    assert outcomes() == ["placed"] * 3


def test_streams_that_are_closed(serve: Serve, against: Any, contacts: Path) -> None:
    """A run needs neither stdin nor stderr, and stdout has the document alone."""
    args = " ".join(against(serve().url, "--json", "--no-follow"))
    shell = f"exec {sys.executable} -m campaign {args} <&- 2>&-"
    done = subprocess.run(["sh", "-c", shell], stdout=subprocess.PIPE, check=False)
    assert (0, 3) == (done.returncode, json.loads(done.stdout)["rows"])


def test_a_list_on_standard_input(start: Any, serve: Serve, against: Any, contacts: Path) -> None:
    """A list may come through a pipe, and nobody is asked then."""
    args = against(serve().url, "--json", "--no-follow")
    args[1] = "-"
    with contacts.open() as file:
        process = start(args, stdin=file)
        out, _ = process.communicate(timeout=20)
    assert (0, "stdin", "stdin.results.csv") == (
        process.returncode,
        json.loads(out)["campaign"],
        json.loads(out)["out"],
    )


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import campaign", ["polars", "httpx", "pydantic", "typer", "anyio", "rich"]),
        (
            "from campaign.cli import main\ntry: main(['run', '--help'])\nexcept SystemExit: pass",
            ["polars", "httpx", "phonenumbers", "tenacity", "campaign.config", "campaign.api"],
        ),
    ],
)
def test_what_is_not_imported(code: str, heavy: list[str]) -> None:
    """Importing the package, and asking for help, load no heavy library."""
    probe = f"{code}\nimport sys\nprint(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


PYTHON = """
import campaign, sys
try:
    result = campaign.run("contacts.csv", from_number="+14157774444", hours="any", cps="any",
                          base_url=sys.argv[1])
    print(result.summary.stopped_by, dict(result.summary.outcomes))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("talk_s", "times", "told"),
    [(2.0, 1, "signal {'answered': 3}\n"), (600.0, 2, "interrupted\n")],
)
def test_ctrl_c_in_python(
    talk_s: float, times: int, told: str, serve: Serve, contacts: Path
) -> None:
    """In Python the first Ctrl-C drains and returns the result, the second interrupts."""
    server = serve(**lasting(talk_s))
    process = subprocess.Popen(
        [sys.executable, "-c", PYTHON, server.url], stdout=subprocess.PIPE, text=True
    )
    with process:
        until(lambda: len(server.sandbox.calls) == 3)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        out, _ = process.communicate(timeout=20)
    assert (0, told) == (process.returncode, out)
