"""The command line in this process and in others, in a folder with a list and no settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from campaign.cli import main
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.serve import Served, serving

FROM = "+14157774444"
KEY = "key_that_must_not_be_seen_1234567890"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def said(self) -> list[str]:
        """The lines on stderr."""
        return self.err.splitlines()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder, with a key and no other settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("CAMPAIGN_", "RETELL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RETELL_API_KEY", KEY)
    return tmp_path


@pytest.fixture
def write_list(folder: Path) -> Callable[..., Path]:
    """Return a writer of lists: so many contacts, and rows that nobody can call."""

    def write(count: int, *, bad: int = 0, name: str = "contacts.csv") -> Path:
        rows = [f"+1415555{100 + i:04d},n{i}" for i in range(count)]
        rows += [f"{i},bad{i}" for i in range(bad)]
        path = folder / name
        path.write_text("\n".join(["phone_number,name", *rows, ""]), encoding="utf-8")
        return path

    return write


@pytest.fixture
def contacts(write_list: Callable[..., Path]) -> Path:
    """Three contacts."""
    return write_list(3)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return the command line, run in this process."""

    def run(*args: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(args))
        shown = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(code=ended.value.code, out=shown.out, err=shown.err)

    return run


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Return a server of sandboxes, in which calls take no time unless told otherwise."""
    with ExitStack() as stack:

        def start(**plan: Any) -> Served:
            return stack.enter_context(serving(SandboxPlan(**{"speed": 1e6, **plan})))

        yield start


@pytest.fixture
def on(cli: Callable[..., Ran]) -> Callable[..., Ran]:
    """Return `campaign run` of the list against a server, at any pace and hour."""

    def run(server: Served, *args: str) -> Ran:
        return cli(*command(server.url, *args))

    return run


def command(url: str, *args: str) -> list[str]:
    """Return the arguments of a run against a server."""
    fixed = ["run", "contacts.csv", "--from", FROM, "--hours", "any", "--cps", "any"]
    return [*fixed, "--base-url", url, *args]


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a starter of real processes; none outlives its test."""
    with ExitStack() as stack:

        def begin(args: Sequence[str], **more: Any) -> subprocess.Popen[str]:
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = subprocess.Popen(
                [sys.executable, "-m", "campaign", *args],
                cwd=folder,
                text=True,
                **{"stdin": subprocess.DEVNULL, **pipes, **more},
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield begin


@pytest.fixture
def against() -> Callable[..., list[str]]:
    """Return the maker of a run's arguments."""
    return command


@pytest.fixture
def api_key() -> str:
    """Return the key that nobody may see."""
    return KEY
