"""The order of disk and wire, as the kernel sees it: an intent is on disk before its request."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from campaign.sandbox import SandboxPlan
from campaign.sandbox.serve import serving

pytestmark = pytest.mark.no_cover

CALLS = "fsync,fdatasync,sendto,sendmsg,write,writev,pwrite64,pwritev"
STRACE = ("strace", "-f", "-y", "-qq", "-s", "20000", "-e", f"trace={CALLS}")
CREATE = "POST /v2/create-phone-call"
COUNT = 4

BEGUN = re.compile(r"(?P<thread>\d+)\s+(?P<call>\w+)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)")
RESUMED = re.compile(r"(?P<thread>\d+)\s+<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)")
KEY = re.compile(r'\\"idempotency_key\\":\\"(att_\w+)\\"')
ATTEMPT = re.compile(r"att_[0-9a-f]{24}")


class Disk:
    """Which attempts of the ledger's log are on disk, as a trace tells it line by line."""

    def __init__(self) -> None:
        self.durable: set[str] = set()
        self._written: set[str] = set()
        self._syncing: dict[str, set[str]] = {}

    def write(self, text: str) -> None:
        """Take note of what was written to the log."""
        self._written |= set(ATTEMPT.findall(text))

    def sync(self, thread: str) -> None:
        """Take note that a thread waits for the disk: what was written before will be on it."""
        self._syncing[thread] = set(self._written)

    def synced(self, thread: str) -> None:
        """Take note that its wait is over."""
        self.durable |= self._syncing.pop(thread, set())


def creates(trace: Iterable[str]) -> list[tuple[str, bool]]:
    """Return each create's attempt, and whether it was on disk before a byte of it was sent."""
    disk = Disk()
    sent: list[tuple[str, bool]] = []
    begun: dict[str, set[str]] = {}
    for line in trace:
        if resumed := RESUMED.match(line):
            if resumed["call"] in {"fsync", "fdatasync"} and resumed["rest"].endswith("= 0"):
                disk.synced(resumed["thread"])
            continue
        found = BEGUN.match(line)
        if found is None:
            continue
        if found["file"].endswith("campaign.db-wal"):
            if found["call"] not in {"fsync", "fdatasync"}:
                disk.write(found["rest"])
            else:
                disk.sync(found["thread"])
                if found["rest"].endswith("= 0"):
                    disk.synced(found["thread"])
        elif found["file"].startswith(("socket:", "TCP")):
            if CREATE in found["rest"]:
                begun[found["file"]] = set(disk.durable)
            if (key := KEY.search(found["rest"])) and found["file"] in begun:
                sent.append((key[1], key[1] in begun.pop(found["file"])))
    return sent


def traced(command: list[str], folder: Path) -> list[str]:
    """Run a command under strace; return the trace, or skip where that is not possible."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    probe = subprocess.run([*STRACE, "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"strace may not trace here: {probe.stderr.strip()}")
    trace = folder / "trace"
    done = subprocess.run(
        [*STRACE, "-o", str(trace), *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return trace.read_text(encoding="utf-8", errors="replace").splitlines()


@pytest.mark.parametrize("in_flight", [1, 3])
def test_an_intent_is_on_disk_before_its_request_is_sent(
    in_flight: int, make_desk: Callable[[int, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the intent's write and the first byte of its create the log was synced."""
    for name in list(os.environ):
        if name.startswith(("CAMPAIGN_", "RETELL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RETELL_API_KEY", "try")
    with serving(SandboxPlan(concurrency_limit=None)) as served:
        desk = make_desk(COUNT, served.url)
        options = ("--cps", "any", "--in-flight", str(in_flight), "--no-follow")
        trace = traced(desk.command(*options), desk.folder)
        called = {entry.request["idempotency_key"] for entry in served.sandbox.calls.values()}
    sent = creates(trace)
    assert (COUNT, called) == (len(sent), {attempt for attempt, _ in sent})
    assert [True] * COUNT == [durable for _, durable in sent]
    # The same trace without the waits for the disk: what is read here is not there by itself.
    unsynced = [line for line in trace if not re.search(r"f(data)?sync\(.*campaign\.db-wal", line)]
    assert [False] * COUNT == [durable for _, durable in creates(unsynced)]
