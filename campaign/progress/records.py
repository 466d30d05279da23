"""Progress for programs: one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from campaign.model import Tally
from campaign.model.moments import whole_second
from campaign.progress import phrases
from campaign.progress.scene import Gauge, Scene
from campaign.progress.ticker import Ticker

EVERY_S = 1.0

SIGN_OF_LIFE_S = 10.0
"""After this time a line is written although nothing has changed but the clock."""


class JsonProgress:
    """Writes a record when the run begins, each second in which something changed, and at the end.

    `write` takes one line. Numbers are masked, and no record names a contact.
    """

    def __init__(
        self, scene: Scene, write: Callable[[str], None], *, every_s: float = EVERY_S
    ) -> None:
        self.tally = Tally()
        self._scene = scene
        self._write = write
        self._gauge = Gauge()
        self._last: dict[str, Any] = {}
        self._last_s = 0.0
        self._ticker = Ticker(self.say, every_s)
        self.say()
        self._ticker.start()

    def update(self, tally: Tally) -> None:
        """Keep the tally; it is written when it is time."""
        self.tally = tally

    def say(self) -> None:
        """Write a record, unless nothing has changed for a while."""
        now_s = time.monotonic()
        self._gauge.take(now_s, self.tally.created + self.tally.unknown)
        told = record(self._scene, self.tally, per_minute=self._gauge.per_minute)
        if told == self._last and now_s - self._last_s < SIGN_OF_LIFE_S:
            return
        self._last, self._last_s = told, now_s
        self._write(json.dumps({"action": "progress", "at": _utc(datetime.now(UTC)), **told}))

    def close(self) -> None:
        """Write the last state, once."""
        self._ticker.stop()
        self._last = {}
        self.say()


def record(scene: Scene, tally: Tally, *, per_minute: float | None) -> dict[str, Any]:
    """Return how far a run is, without the time of it.

    `done` of `to_call` contacts have been dialled; `place_s` is how long placing what is left takes
    at the present pace, `None` where that is not known. `outcomes` are those of calls that have
    ended in this run; `live_since` is since when the longest of the live calls is watched.
    """
    left = scene.left(tally)
    placing = tally.stopped_by is None and not tally.following and not tally.over
    return {
        "campaign": scene.campaign,
        "state": state(tally),
        "to_call": scene.to_call,
        "done": scene.done(tally),
        "held": tally.held,
        "created": tally.created,
        "failed": tally.failed,
        "unknown": tally.unknown,
        "outcomes": dict(tally.outcomes),
        "live": tally.live,
        "max_live": scene.lines,
        "live_since": _time(tally.oldest_live_at),
        "calls_per_minute": None if per_minute is None else round(per_minute, 1),
        "place_s": round(left * 60.0 / per_minute) if placing and per_minute else None,
        "next_due": None if tally.next_due is None else whole_second(tally.next_due),
        "spent_usd": round(tally.spent_usd, 4),
        "budget_usd": scene.budget_usd,
        "last_error": phrases.error_text(tally),
        "last_error_at": _time(tally.last_error_at),
        "stopped_by": tally.stopped_by,
    }


def state(tally: Tally) -> str:
    """Return what the run does: `placing` calls, `following` the live ones, or `ending`."""
    if tally.over:
        return "ending"
    return "following" if tally.following or tally.stopped_by is not None else "placing"


def _time(at: datetime | None) -> str | None:
    return None if at is None else _utc(at)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
