"""Real processes over real HTTP: lists, commands and a sandbox that is served."""

from __future__ import annotations

import csv
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from campaign.cli import main

MAKE_LIST = Path(__file__).parents[2] / "sample_data" / "make_list.py"
CAMPAIGN = (sys.executable, "-m", "campaign")
FROM = "+14157774444"


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without anything that would change a command."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAMPAIGN_", "RETELL_"))
    }
    return {**kept, "RETELL_API_KEY": "try", **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        """The one document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder with a list, from which campaigns are run against a server."""

    folder: Path
    url: str

    @property
    def contacts(self) -> Path:
        """The list."""
        return self.folder / "contacts.csv"

    @property
    def results(self) -> Path:
        """Where a run of the list writes."""
        return self.folder / "contacts.results.csv"

    def rows(self, path: Path | None = None) -> list[dict[str, str]]:
        """Return the rows of a file, the list's by default."""
        with (path or self.contacts).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(self, rows: Sequence[dict[str, str]]) -> None:
        """Write the list anew."""
        with self.contacts.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def command(self, *options: str, contacts: Path | None = None) -> list[str]:
        """Return the command line of a run of the list, or of another one."""
        line = [*CAMPAIGN, "run", str(contacts or self.contacts), "--from", FROM]
        return [*line, "--hours", "any", "--json", "--base-url", self.url, *options]

    def run(self, *options: str) -> Ran:
        """Run the campaign to its end."""
        done = subprocess.run(
            self.command(*options),
            cwd=self.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start the campaign and leave it running."""
        return subprocess.Popen(
            self.command(*options),
            cwd=self.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )


def listed(count: int) -> str:
    """Return the text of a list of `count` contacts."""
    made = subprocess.run(
        [sys.executable, str(MAKE_LIST), str(count)], capture_output=True, check=True
    )
    return made.stdout.decode("utf-8")


@pytest.fixture
def desk_in() -> Callable[[Path, int, str], Desk]:
    """Return a function that makes a desk in a folder."""

    def make(folder: Path, count: int, url: str) -> Desk:
        folder.mkdir(exist_ok=True)
        desk = Desk(folder=folder, url=url)
        desk.contacts.write_text(listed(count), encoding="utf-8", newline="")
        return desk

    return make


@pytest.fixture
def make_desk(
    tmp_path: Path, desk_in: Callable[[Path, int, str], Desk]
) -> Callable[[int, str], Desk]:
    """Return a function that makes a desk with a list of so many contacts, and a server's URL."""
    return lambda count, url: desk_in(tmp_path / "desk", count, url)


@pytest.fixture
def in_a_process() -> Callable[..., Any]:
    """Return a context that serves a sandbox by `campaign sandbox`, and gives its URL."""

    @contextmanager
    def serve(*options: str) -> Iterator[str]:
        process = subprocess.Popen(
            [*CAMPAIGN, "sandbox", "--port", "0", *options],
            env=clean_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stderr is not None
            ready = re.search(r"http://\S+", process.stderr.readline())
            assert ready is not None
            try:
                yield ready[0]
            finally:
                process.terminate()
        assert process.returncode == 0

    return serve


@pytest.fixture
def most_in_a_second() -> Callable[[Sequence[float]], int]:
    """Return a function that counts the most moments in any window of one second."""

    def count(moments: Sequence[float]) -> int:
        ordered = sorted(moments)
        most, first = 0, 0
        for last, moment in enumerate(ordered):
            while moment - ordered[first] >= 1.0:
                first += 1
            most = max(most, last - first + 1)
        return most

    return count


@pytest.fixture
def per_second() -> Callable[[Sequence[float]], float]:
    """Return a function that tells the mean rate of moments."""

    def rate(moments: Sequence[float]) -> float:
        ordered = sorted(moments)
        return (len(ordered) - 1) / sum(after - before for before, after in pairwise(ordered))

    return rate


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ran]]:
    """Return the command line of a desk, run in this process: nothing but an exit may leave it."""
    logger = logging.getLogger("campaign")
    before = (list(logger.handlers), logger.level, logger.propagate)
    for name in list(os.environ):
        if name.startswith(("CAMPAIGN_", "RETELL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RETELL_API_KEY", "try")

    def run(desk: Desk, *options: str, contacts: Path | None = None) -> Ran:
        monkeypatch.chdir(desk.folder)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(desk.command(*options, contacts=contacts)[len(CAMPAIGN) :])
        shown = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(code=ended.value.code, out=shown.out, err=shown.err)

    yield run
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.fixture
def clean_env() -> dict[str, str]:
    """Return an environment that changes no command."""
    return clean_environment()
