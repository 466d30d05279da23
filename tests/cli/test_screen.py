"""What a person sees: lines, logs, questions, and what happens where they cannot be shown."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.api.hooks import preview_of
from campaign.cli import logs, run
from campaign.cli.agreeing import agreed
from campaign.cli.flags import flag_of
from campaign.cli.run import Screen, left_behind
from campaign.cli.say import counts, document, is_terminal, line, say, show
from campaign.config import Settings
from campaign.errors import OutputError
from campaign.model import Tally
from campaign.progress import NoProgress, Scene


class Gone(io.StringIO):
    """A stream whose other side has gone."""

    def write(self, text: str) -> int:
        """Fail as a terminal does that was closed."""
        raise OSError(5, "Input/output error")


class Piped(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str) -> int:
        """Fail as a pipe does."""
        raise BrokenPipeError(32, "Broken pipe")

    def fileno(self) -> int:
        """Return no file."""
        raise io.UnsupportedOperation("fileno")


def test_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is one line, whatever it is made of."""
    say("a\n  b")
    assert capsys.readouterr().err == "campaign: a b\n"


def test_nobody_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that is gone, or was never there, stops nothing."""
    for stream in (Gone(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        say("hello")


def test_data_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that cannot be written is an error, unless its reader has left."""
    monkeypatch.setattr(sys, "stdout", Gone())
    with pytest.raises(OutputError, match="cannot be written: Input/output error;"):
        line("data")
    monkeypatch.setattr(sys, "stdout", Piped())
    line("data")


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["run", "--help"]])
def test_pages_that_cannot_be_written(
    cli: Any, monkeypatch: pytest.MonkeyPatch, args: list[str]
) -> None:
    """Help and version are data like any other."""
    monkeypatch.setattr(sys, "stdout", Gone())
    ran = cli(*args)
    assert (73, True) == (ran.code, "cannot be written: Input/output error;" in ran.err)


def test_a_reader_that_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output leads nowhere once its reader has left."""
    source, sink = os.pipe()
    os.close(source)
    with os.fdopen(sink, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        line("data")
        line("more")


def test_other_encodings() -> None:
    """What a stream cannot spell is spelled out."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show("Björn", stream)
    assert raw.getvalue() == b"Bj\\xf6rn\n"


def test_documents(capsys: pytest.CaptureFixture[str]) -> None:
    """A document is one line of JSON."""
    document([{"a": "ö"}])
    assert capsys.readouterr().out == '[{"a": "\\u00f6"}]\n'


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [({}, "no rows"), ({"answered": 1610, "busy": 3}, "1,610 answered, 3 busy")],
)
def test_counts(outcomes: Mapping[str, int], expected: str) -> None:
    """Outcomes read as a sentence does."""
    assert counts(outcomes) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("from_number", "--from"), ("contacts", "CONTACTS"), ("max_live", "--max-live")],
)
def test_flags(name: str, expected: str) -> None:
    """A setting is named as it is typed."""
    assert flag_of(name) == expected


@pytest.mark.parametrize(
    ("verbose", "quiet", "shown"),
    [
        (0, False, ["WARNING c"]),
        (1, False, ["INFO b", "WARNING c"]),
        (2, False, ["DEBUG a", "INFO b", "WARNING c"]),
        (9, False, ["DEBUG a", "INFO b", "WARNING c"]),
        (2, True, []),
    ],
)
def test_logs(
    verbose: int, quiet: bool, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The log shows as much as was asked for, on whatever stderr is now."""
    logs.set_up(Settings(verbose=verbose, quiet=quiet), "spring")
    logger = logging.getLogger("campaign.anything")
    logger.debug("a")
    logger.info("b")
    logger.warning("c")
    assert shown == [text.split(" ", 2)[2] for text in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("y\n", True), (" YES \n", True), ("n\n", False), ("\n", False), ("yo\n", False), ("", False)],
)
def test_answers(
    typed: str,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only y and yes agree; the question is on stderr, and Ctrl-C is as it was afterwards."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    before = signal.getsignal(signal.SIGINT)
    assert agreed("Well? ") is expected
    assert (before, "Well? ") == (signal.getsignal(signal.SIGINT), capsys.readouterr().err)


def test_terminals() -> None:
    """A stream that is closed or a file is no terminal."""
    assert (False, False, True) == (is_terminal(None), is_terminal(io.StringIO()), is_terminal())


@pytest.mark.parametrize(
    ("more", "contacts", "asks"),
    [
        ({}, "x.csv", True),
        ({"yes": True}, "x.csv", False),
        ({"sandbox": True}, "x.csv", False),
        ({"dry_run": True}, "x.csv", False),
        ({}, "-", False),
    ],
)
def test_who_is_asked(
    more: dict[str, Any], contacts: str, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a terminal, only real calls are asked about, and only who can answer."""
    monkeypatch.setattr(run, "is_terminal", lambda *_: True)
    screen = Screen(Settings(contacts=contacts, **more), json=False)
    assert asks is (screen.hooks().confirm is not None)


@pytest.mark.parametrize(
    ("settings", "terminal", "bar"),
    [
        (Settings(), True, True),
        (Settings(), False, False),
        (Settings(quiet=True), True, False),
        (Settings(progress="none"), True, False),
        (Settings(progress="bar", quiet=True), False, True),
    ],
)
def test_who_watches(
    settings: Settings, terminal: bool, bar: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar is drawn at a terminal, or where it is asked for."""
    monkeypatch.setattr(run, "is_terminal", lambda *_: terminal)
    drawn: list[Scene] = []

    def draw(scene: Scene, **_: object) -> NoProgress:
        drawn.append(scene)
        return NoProgress()

    monkeypatch.setattr(run, "bar_progress", draw)
    preview = preview_of(settings, "spring", "x.csv", to_call=7, rows=9)
    Screen(settings, json=False).progress(preview)
    assert ([preview.scene] if bar else []) == drawn


def test_signals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The first signal is explained; the second ends the process as the signal itself would."""
    done: list[tuple[Any, ...]] = []
    monkeypatch.setattr(signal, "signal", lambda *args: done.append(args))
    monkeypatch.setattr(os, "kill", lambda *args: done.append(args))
    screen = Screen(Settings(), json=False)
    screen.signal(signal.SIGTERM, second=False)
    screen.signal(signal.SIGTERM, second=True)
    assert [(signal.SIGTERM, signal.SIG_DFL), (os.getpid(), signal.SIGTERM)] == done
    assert (
        "campaign: SIGTERM: no new call is placed, live ones are followed for at most 20 s;"
        " once more leaves at once\n"
        "campaign: SIGTERM again: leaving at once;"
        " `campaign results` writes the results file again\n"
    ) == capsys.readouterr().err


def test_a_signal_says_what_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever presses Ctrl-C is told how many calls are live, and for how long the longest."""
    screen = Screen(Settings(progress="none"), json=False)
    screen.hooks().progress(preview_of(Settings(), "spring", None, to_call=9, rows=9)).update(
        Tally(live=3, oldest_live_at=datetime.now(UTC) - timedelta(seconds=130, milliseconds=200))
    )
    screen.signal(signal.SIGINT, second=False)
    assert capsys.readouterr().err == (
        "campaign: Ctrl-C: no new call is placed, live ones are followed to their end"
        " (waiting for 3 calls to end, the longest live for 2:10); once more leaves at once\n"
    )


@pytest.mark.parametrize(
    ("live", "told"),
    [(0, ""), (1, "a live call goes on: "), (1200, "1,200 live calls go on: ")],
)
def test_what_is_left_behind(live: int, told: str) -> None:
    """Whoever leaves at once is told which calls go on, and who follows them."""
    assert (told, bool(live)) == (
        left_behind(Tally(live=live)).split("the next run")[0] if live else "",
        "campaign sync" in left_behind(Tally(live=live)),
    )


def test_the_screen_is_in_this_folder(folder: Path) -> None:
    """Nothing that is shown leaves a file."""
    Screen(Settings(), json=True).close()
    assert list(folder.iterdir()) == []
