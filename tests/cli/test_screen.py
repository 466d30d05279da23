"""What a person sees: lines, logs, questions, and what happens where they cannot be shown."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from campaign.cli import logs, run
from campaign.cli.flags import flag_of
from campaign.cli.run import Screen, agreed, is_terminal
from campaign.cli.say import counts, document, line, say, show
from campaign.config import Settings
from campaign.progress import BarProgress, NoProgress


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
    with pytest.raises(OSError, match="Input/output"):
        line("data")
    monkeypatch.setattr(sys, "stdout", Piped())
    line("data")


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
    ("more", "bounds"),
    [
        ({"hours": "any"}, ""),
        ({}, ", 09:00-20:00 mon-sat where they are"),
        ({"hours": "any", "attempts": 3}, ", up to 3 times each"),
        (
            {"attempts": 2, "budget": 1e3, "days": "mon"},
            ", up to 2 times each, for 1,000.00 USD at most, 09:00-20:00 mon where they are",
        ),
    ],
)
def test_the_question(
    more: dict[str, Any],
    bounds: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The question says how many calls, through whom, from which number, how fast and often."""
    from campaign.api.hooks import Preview

    monkeypatch.setattr(run, "agreed", lambda _: True)
    preview = Preview(
        campaign="spring",
        contacts="x.csv",
        to_call=2,
        rows=3,
        from_numbers=("+14157774444",),
        base_url="http://127.0.0.1:1",
        cps=None,
        max_live=20,
        simulated=False,
    )
    assert Screen(Settings(**more), json=False).confirm(preview)
    assert capsys.readouterr().err == (
        "campaign: 2 of 3 contacts of 'spring' will be called through http://127.0.0.1:1"
        " from +14157774444, any pace, at most 20 at once"
        f"{bounds}\n"
    )


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
    drawn: list[int] = []

    def draw(total: int) -> NoProgress:
        drawn.append(total)
        return NoProgress()

    monkeypatch.setattr(run, "bar_progress", draw)
    Screen(settings, json=False).progress(type("Preview", (), {"to_call": 7})())
    assert drawn == ([7] if bar else [])


def test_signals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The first signal is explained; the second ends the process as the signal itself would."""
    done: list[tuple[Any, ...]] = []
    monkeypatch.setattr(signal, "signal", lambda *args: done.append(args))
    monkeypatch.setattr(os, "kill", lambda *args: done.append(args))
    screen = Screen(Settings(), json=False)
    screen.signal(signal.SIGTERM, second=False)
    screen.signal(signal.SIGTERM, second=True)
    assert [(signal.SIGTERM, signal.SIG_DFL), (os.getpid(), signal.SIGTERM)] == done
    first, second, *_ = capsys.readouterr().err.splitlines()
    assert "followed for at most 20 s" in first
    assert "SIGTERM again: leaving at once" in second


def test_a_bar_on_a_terminal_that_has_gone() -> None:
    """A bar that cannot be drawn any more is let go."""

    class Drawn:
        def add_task(self, *_: object, **__: object) -> int:
            return 0

        def start(self) -> None:
            pass

        def stop(self) -> None:
            raise OSError(5, "Input/output error")

    drawn: Any = Drawn()
    BarProgress(drawn, 3).close()


def test_the_screen_is_in_this_folder(folder: Path) -> None:
    """Nothing that is shown leaves a file."""
    Screen(Settings(), json=True).close()
    assert list(folder.iterdir()) == []
