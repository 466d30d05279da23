"""Progress below the cell of a notebook, drawn again and again in its place.

Jupyter and marimo are found, never imported: where code runs in one of them, it is loaded.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from importlib import import_module
from typing import Any, Protocol

from campaign.model import Tally
from campaign.progress import phrases
from campaign.progress.scene import Gauge, Scene
from campaign.progress.ticker import Ticker, begin

EVERY_S = 0.5

BETWEEN = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is drawn: how many of how many, and lines of text."""

    title: str
    done: int
    total: int
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join([f"{self.title} {self.done:,}/{self.total:,}", *self.lines])

    def _repr_html_(self) -> str:
        """Draw it in the notebook's own colours, light or dark."""
        told = "<br>".join(escape(line) for line in self.lines)
        return (
            f'<div><strong>{escape(self.title)}</strong> <progress value="{self.done}"'
            f' max="{max(self.total, 1)}"></progress> {self.done:,}/{self.total:,}<br>{told}</div>'
        )


class Board(Protocol):
    """A place in a notebook: made in the thread of the cell, drawn on by one thread of its own."""

    def begin(self, target: Callable[[], None]) -> threading.Thread:
        """Begin the thread that may draw."""
        ...

    def draw(self, view: View) -> None:
        """Draw in the place of what was there."""
        ...

    def close(self) -> None:
        """Leave what was drawn last; called in the thread that draws."""
        ...


class JupyterBoard:
    """An output of a Jupyter cell, also in VS Code and Colab."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def begin(self, target: Callable[[], None]) -> threading.Thread:
        """Begin any thread."""
        return begin(target)

    def draw(self, view: View) -> None:
        """Show it, and from then on update what is shown."""
        if self._handle is None:
            self._handle = self._display(view, display_id=True)
        else:
            self._handle.update(view)

    def close(self) -> None:
        """Leave the output as it is."""


class MarimoBoard:
    """The progress bar of a marimo cell."""

    def __init__(self, marimo: Any) -> None:
        self._status = marimo.status
        # Only such a thread is heard, and only if the thread of the cell has made it.
        self._thread: threading.Thread = marimo.Thread(target=self._run, daemon=True)
        self._work: Callable[[], None]
        self._place: Any = None
        self._bar: Any = None
        self._done = 0

    def begin(self, target: Callable[[], None]) -> threading.Thread:
        """Begin the thread that was made beforehand."""
        self._work = target
        self._thread.start()
        return self._thread

    def _run(self) -> None:
        self._work()

    def draw(self, view: View) -> None:
        """Show a bar, and from then on move it."""
        told = BETWEEN.join(view.lines)
        if self._bar is None:
            self._place = self._status.progress_bar(
                total=max(view.total, 1),
                title=view.title,
                subtitle=told,
                show_rate=False,
                show_eta=False,
            )
            self._bar = self._place.__enter__()
        self._bar.update(increment=view.done - self._done, subtitle=told)
        self._done = view.done

    def close(self) -> None:
        """Show the last state at once: marimo puts off what comes in quick succession."""
        self._place.__exit__(None, None, None)


def board_here() -> Board | None:
    """Return a place below the cell that runs in this thread, `None` where there is none."""
    marimo: Any = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return MarimoBoard(marimo)
    ipython: Any = sys.modules.get("IPython")
    if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
        return JupyterBoard(import_module("IPython.display").display)
    return None


class NotebookProgress:
    """How far a run is, twice a second, and once more at its end."""

    def __init__(self, scene: Scene, board: Board, *, every_s: float = EVERY_S) -> None:
        self.tally = Tally()
        self._scene = scene
        self._board = board
        self._gauge = Gauge()
        self._since_s = time.monotonic()
        self._ticker = Ticker(self._draw, every_s, last=self._finish)
        self._ticker.start(board.begin)

    def update(self, tally: Tally) -> None:
        """Keep the tally; it is drawn when it is time."""
        self.tally = tally

    def close(self) -> None:
        """Leave the last state below the cell."""
        self._ticker.stop()

    def _finish(self) -> None:
        self._draw()
        self._board.close()

    def _draw(self) -> None:
        now_s = time.monotonic()
        self._gauge.take(now_s, self.tally.created + self.tally.unknown)
        since = timedelta(seconds=now_s - self._since_s)
        self._board.draw(
            view_of(self._scene, self.tally, per_minute=self._gauge.per_minute, since=since)
        )


def view_of(scene: Scene, tally: Tally, *, per_minute: float | None, since: timedelta) -> View:
    """Return what is drawn of a tally."""
    course = phrases.course(scene, tally, per_minute=per_minute, now=datetime.now(UTC))
    lines = (
        BETWEEN.join(phrases.outcomes(tally)),
        BETWEEN.join([*course, phrases.lasting(since)]),
        phrases.last_error(tally) or "",
    )
    return View(
        title=scene.campaign,
        done=scene.done(tally),
        total=scene.to_call,
        lines=tuple(line for line in lines if line),
    )
