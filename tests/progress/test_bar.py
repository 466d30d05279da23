"""What is drawn at the foot of a terminal, whatever the terminal can."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from campaign.model import Tally
from campaign.progress import BarProgress, LineProgress, NoProgress, Scene, bar_progress
from campaign.progress.bar import WRITING
from campaign.progress.choose import spells
from campaign.progress.ticker import Ticker

SCENE = Scene(campaign="spring", to_call=100, per_minute=60.0, lines=20)
TALLY = Tally(
    created=24,
    failed=1,
    first=25,
    live=5,
    outcomes={"answered": 12, "no_answer": 7},
    spent_usd=1.25,
    last_error="402: payment needed",
    last_error_at=datetime(2026, 11, 25, 12, 0, tzinfo=UTC),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Tell that it is one."""
        return True


class Gone(Terminal):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        """Fail as it does."""
        raise OSError(5, "Input/output error")


def console(stream: io.StringIO, width: int = 80) -> Console:
    """Return a terminal of so many columns."""
    return Console(file=stream, width=width, height=9, force_terminal=True, color_system=None)


@pytest.fixture
def make() -> Iterator[Any]:
    """Return a maker of bars; each is closed."""
    made: list[BarProgress] = []

    def make(**more: Any) -> BarProgress:
        made.append(BarProgress(**{"scene": SCENE, "console": console(Terminal()), **more}))
        made[-1].update(TALLY)
        return made[-1]

    yield make
    for bar in made:
        bar.close()


def test_a_terminal_of_usual_width(make: Any) -> None:
    """A bar with numbers and a clock, how the calls went, what goes on, and the last error."""
    head, outcomes, course, error = make().lines(79)
    assert ("spring " + "━" * 10 + "╌" * 30 + " 25/100 contacts  0:00") == head
    assert "answered 12 · no_answer 7 · failed 1" == outcomes
    assert "5 of 20 live · 60 calls/min · 1.25 USD" == course
    assert error.startswith("last error ")


@pytest.mark.parametrize(
    ("width", "head"),
    [
        (39, "spring " + "━" * 6 + "╌" * 19 + " 25/100"),
        (20, "spring ━╌╌╌╌╌ 25/100"),
        (18, "spring 25/100"),
        (12, "spri 25/100"),
    ],
)
def test_narrow_terminals(make: Any, width: int, head: str) -> None:
    """What there is no room for is left out, and nothing is wider than the terminal."""
    lines = make().lines(width)
    assert head == lines[0]
    assert all(len(line) <= max(width, 22) for line in lines[:-1])


def test_what_is_drawn_is_cut(make: Any) -> None:
    """No line wraps: a terminal that is made narrower cuts it."""
    stream = Terminal()
    make(console=console(stream, width=16)).close()
    shown = stream.getvalue()
    assert "last error" in shown
    assert "payment" not in shown


def test_a_terminal_of_ascii(make: Any) -> None:
    """Where nothing else can be spelled, everything is ASCII."""
    stream = Terminal()
    bar = make(
        console=console(stream),
        ascii_only=True,
        scene=Scene(campaign="Frühling", to_call=0),
    )
    assert "#" * 40 in bar.lines(79)[0]
    bar.close()
    assert stream.getvalue().isascii()
    assert "Fr\\xfchling" in stream.getvalue()


def test_hostile_names(make: Any) -> None:
    """A name cannot move the cursor, and a long one leaves room for the rest."""
    bar = make(scene=Scene(campaign="\x1b[2J" + "x" * 99, to_call=1))
    assert "\x1b" not in bar.lines(79)[0]
    assert len(bar.lines(79)[0]) <= 79


def test_the_results_are_written(make: Any) -> None:
    """When the last call has ended, the display says what takes the rest of the time."""
    bar = make()
    bar.update(Tally(over=True))
    assert bar.lines(79)[1].endswith(WRITING)
    bar.close()
    assert WRITING not in bar.lines(79)[1]


def test_other_output_stays_above(make: Any) -> None:
    """What is said meanwhile is a line of its own above the display."""
    stream = Terminal()
    bar = make(console=console(stream))
    sys.stderr.write("hello\n")
    bar.close()
    assert "hello\n" in stream.getvalue()


def test_a_terminal_that_has_gone(make: Any) -> None:
    """A display that cannot be drawn any more is let go."""
    make(console=console(Gone())).close()


def test_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be drawn, a line is said now and then, and never the same one twice."""
    said: list[str] = []
    lines = LineProgress(SCENE, said.append)
    lines.close()
    assert [] == said
    lines.update(TALLY)
    lines.say()
    lines.say()
    lines.update(Tally(first=100, outcomes={"answered": 100}, over=True))
    lines.close()
    first, last = said
    assert first.startswith(
        "25 of 100 contacts dialled, answered 12, no_answer 7, failed 1, 5 of 20 live, "
    )
    assert "100 of 100 contacts dialled, answered 100" == last


def test_lines_are_said_by_themselves() -> None:
    """The lines come by themselves."""
    there = threading.Event()
    lines = LineProgress(SCENE, lambda _: there.set(), every_s=0.001)
    lines.update(TALLY)
    assert there.wait(5.0)
    lines.close()


def test_nobody_watches() -> None:
    """What nobody watches is kept for whoever asks."""
    nothing = NoProgress()
    nothing.update(TALLY)
    nothing.close()
    assert TALLY is nothing.tally


@pytest.mark.parametrize(
    ("stream", "environ", "kind"),
    [
        (Terminal(), {"TERM": "xterm"}, BarProgress),
        (Terminal(), {}, BarProgress),
        (Terminal(), {"TERM": "dumb"}, LineProgress),
        (io.StringIO(), {"TERM": "xterm"}, LineProgress),
        (None, {"TERM": "xterm"}, LineProgress),
    ],
)
def test_which_progress(
    stream: Any, environ: dict[str, str], kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal that can has a display at its foot; everything else has lines."""
    monkeypatch.setattr(sys, "stderr", stream)
    shown = bar_progress(SCENE, write=lambda _: None, environ=environ)
    shown.close()
    assert kind is type(shown)


@pytest.mark.parametrize(
    ("encoding", "environ", "expected"),
    [
        ("utf-8", {"LANG": "de_DE.UTF-8"}, True),
        ("UTF_8", {"LC_ALL": "C.UTF-8"}, True),
        ("ascii", {"LANG": "de_DE.UTF-8"}, False),
        (None, {"LANG": "de_DE.UTF-8"}, False),
        ("utf-8", {}, False),
        ("utf-8", {"LANG": "C"}, False),
        ("utf-8", {"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, False),
        ("utf-8", {"LC_CTYPE": "C.UTF-8"}, False),
    ],
)
def test_what_a_terminal_spells(
    encoding: str | None, environ: dict[str, str], expected: bool
) -> None:
    """More than ASCII is only shown where encoding and locale say so."""
    stream: Any = type("Stream", (), {"encoding": encoding})()
    assert expected is spells(stream, environ)


def test_a_ticker_whose_screen_has_gone() -> None:
    """What cannot be shown any more is not tried again."""
    tried: list[int] = []
    there = threading.Event()

    def act() -> None:
        tried.append(1)
        there.set()
        raise OSError(5, "Input/output error")

    ticker = Ticker(act, 0.001)
    ticker.start()
    assert there.wait(5.0)
    ticker.stop()
    assert [1] == tried
