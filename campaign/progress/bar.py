"""Progress at a terminal: a few lines at its foot, drawn with rich; other output stays above."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from campaign.model import Tally
from campaign.progress import phrases
from campaign.progress.scene import Gauge, Scene
from campaign.progress.ticker import Ticker

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

EVERY_S = 0.25
"""Four drawings a second: a clock that runs, and next to no work."""

WIDEST = 100
"""Lines longer than this are hard to read, and wrap where a window is made narrower."""

WRITING = "writing the results"

BAR_LEAST, BAR_MOST = 6, 40

ROOMY = 60
"""From this width on there is room for words beside the numbers."""


class BarProgress:
    """A bar, how the calls went, what goes on, and the last error.

    `ascii_only` is for terminals that cannot spell anything else.
    """

    def __init__(self, scene: Scene, console: Console, *, ascii_only: bool = False) -> None:
        from rich.live import Live

        self.tally = Tally()
        self._scene = scene
        self._console = console
        self._ascii = ascii_only
        self._closed = False
        self._gauge = Gauge()
        self._since_s = time.monotonic()
        # stdout is data: it is never drawn above a display that is on stderr.
        self._live = Live(
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            get_renderable=self._draw,
        )
        self._ticker = Ticker(self._live.refresh, EVERY_S)
        with suppress(OSError):
            self._live.start(refresh=True)
            self._ticker.start()

    def update(self, tally: Tally) -> None:
        """Keep the tally; it is drawn when it is time."""
        self.tally = tally

    def close(self) -> None:
        """Leave the last state on the screen, where there still is one."""
        self._ticker.stop()
        self._closed = True
        with suppress(OSError, ValueError):
            self._live.stop()

    def lines(self, width: int) -> list[str]:
        """Return what is drawn on lines of `width` columns."""
        scene, tally, now = self._scene, self.tally, datetime.now(UTC)
        now_s = time.monotonic()
        self._gauge.take(now_s, tally.created + tally.unknown)
        between = ", " if self._ascii else " · "
        course = phrases.course(scene, tally, per_minute=self._gauge.per_minute, now=now)
        course += [WRITING] if tally.over and not self._closed else []
        error = phrases.last_error(tally)
        return [
            self._head(width, phrases.lasting(timedelta(seconds=now_s - self._since_s))),
            *phrases.flow(phrases.outcomes(tally), width, between=between),
            *phrases.flow(course, width, between=between),
            *([] if error is None else [error]),
        ]

    def _head(self, width: int, clock: str) -> str:
        """Return name, bar and numbers; what there is no room for is left out."""
        from rich.cells import cell_len, set_cell_size

        scene, done = self._scene, self._scene.done(self.tally)
        name = scene.campaign if scene.campaign.isprintable() else repr(scene.campaign)
        if cell_len(name) > width // 3:
            name = set_cell_size(name, width // 3)
        tail = f"{done:,}/{scene.to_call:,}"
        if width >= ROOMY:
            tail += f" contacts  {clock}"
        room = min(width - cell_len(name) - len(tail) - 2, BAR_MOST)
        if room < BAR_LEAST:
            return f"{name} {tail}"
        return f"{name} {self._bar(done, room)} {tail}"

    def _bar(self, done: int, width: int) -> str:
        full, rest = ("#", "-") if self._ascii else ("━", "╌")
        filled = width if not self._scene.to_call else width * done // self._scene.to_call
        return full * filled + rest * (width - filled)

    def _draw(self) -> Text:
        from rich.text import Text

        width = min(self._console.width, WIDEST) - 1
        text = Text(no_wrap=True, overflow="crop")
        for number, line in enumerate(self.lines(width)):
            text.append("\n" if number else "")
            text.append(self._spelled(line)[:width])
        return text

    def _spelled(self, line: str) -> str:
        return line.encode("ascii", "backslashreplace").decode() if self._ascii else line
