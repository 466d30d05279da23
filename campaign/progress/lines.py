"""Progress where nothing can be drawn: a line now and then, each a whole one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from campaign.model import Tally
from campaign.progress import phrases
from campaign.progress.scene import Gauge, Scene
from campaign.progress.ticker import Ticker

EVERY_S = 10.0
"""A log that is read later is not filled by a run that takes all day."""


class LineProgress:
    """Says every now and then how far the run is, where that has changed."""

    def __init__(
        self, scene: Scene, write: Callable[[str], None], *, every_s: float = EVERY_S
    ) -> None:
        self.tally = Tally()
        self._scene = scene
        self._write = write
        self._gauge = Gauge()
        self._last = ""
        self._ticker = Ticker(self.say, every_s)
        self._ticker.start()

    def update(self, tally: Tally) -> None:
        """Keep the tally; it is told when it is time."""
        self.tally = tally

    def say(self) -> None:
        """Write a line, unless it is the last one again."""
        self._gauge.take(time.monotonic(), self.tally.created + self.tally.unknown)
        line = self._line()
        if line != self._last:
            self._last = line
            self._write(line)

    def close(self) -> None:
        """Say the last word."""
        self._ticker.stop()
        if self.tally.dialled:
            self.say()

    def _line(self) -> str:
        scene, tally, now = self._scene, self.tally, datetime.now(UTC)
        told = [
            f"{scene.done(tally):,} of {scene.to_call:,} contacts dialled",
            *phrases.outcomes(tally),
            *phrases.course(scene, tally, per_minute=self._gauge.per_minute, now=now),
        ]
        error = phrases.last_error(tally)
        return ", ".join(told if error is None else [*told, error])
