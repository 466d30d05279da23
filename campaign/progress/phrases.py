"""A tally in words: short phrases, which whoever draws them lays out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from campaign.model import Outcome, Tally
from campaign.model.moments import MINUTE, SECOND, not_before
from campaign.policy.masking import mask
from campaign.progress.scene import Scene

STOPPED = {
    "signal": "stopping",
    "stop": "stopping (campaign stop)",
    "until": "--until has come",
    "limit": "--limit is reached",
    "budget": "--budget is used up",
    "halt": "halted",
}

SOON = 2 * MINUTE
"""What is as near as this is told to the second."""

_NUMBER = re.compile(r"\+[0-9]{7,15}")


def outcomes(tally: Tally) -> list[str]:
    """Return how the calls went so far, and what was not called: `answered 12`."""
    counts = {**tally.outcomes, Outcome.FAILED: tally.failed, Outcome.UNKNOWN: tally.unknown}
    return [f"{outcome.value} {n:,}" for outcome in Outcome if (n := counts.get(outcome, 0))]


def course(scene: Scene, tally: Tally, *, per_minute: float | None, now: datetime) -> list[str]:
    """Return what goes on: live calls, pace, money, and when it will be over."""
    told = [] if tally.over else [f"{tally.live} of {scene.lines} live"]
    if scene.left(tally) and not tally.following and tally.stopped_by is None:
        told += _pace(scene, per_minute)
    redials = tally.first + tally.again - scene.done(tally)
    told += [f"{redials:,} redialled"] if redials > 0 else []
    told += [f"{tally.held:,} held for now"] if tally.held and not tally.stopped_by else []
    told += _money(scene, tally)
    return [*told, *ahead(scene, tally, per_minute=per_minute, now=now)]


def ahead(scene: Scene, tally: Tally, *, per_minute: float | None, now: datetime) -> list[str]:
    """Return what the run is waiting for, or how long it will take to place what is left.

    No time is made up: hours and redials have a moment at which they fall due, and how long
    people talk is not known.
    """
    if tally.over:
        return []
    if tally.stopped_by is not None or tally.following:
        why = [] if tally.stopped_by is None else [STOPPED.get(tally.stopped_by, tally.stopped_by)]
        return [*why, waited_for(tally, now)]
    left = scene.left(tally)
    if left and per_minute:
        return [f"{about(left * 60.0 / per_minute)} to place {left:,} more"]
    if left:
        return []
    if scene.waits(tally, now) and tally.next_due is not None:
        return [f"next due {clock(tally.next_due, now, due=True)}"]
    return [waited_for(tally, now)]


def waited_for(tally: Tally, now: datetime) -> str:
    """Return which live calls the run waits for: `waiting for 3 calls, the longest since 2:10`."""
    if not tally.live:
        return "no call is live"
    calls = "1 call" if tally.live == 1 else f"{tally.live:,} calls"
    if tally.oldest_live_at is None:
        return f"waiting for {calls} to end"
    since = lasting(now - tally.oldest_live_at)
    longest = "live" if tally.live == 1 else "the longest live"
    return f"waiting for {calls} to end, {longest} for {since}"


def last_error(tally: Tally) -> str | None:
    """Return the newest error with its time, on one line and without a phone number."""
    told = error_text(tally)
    if told is None or tally.last_error_at is None:
        return None
    return f"last error {tally.last_error_at.astimezone():%H:%M:%S}: {told}"


def error_text(tally: Tally) -> str | None:
    """Return the newest error alone."""
    if tally.last_error is None:
        return None
    words = "".join(c if c.isprintable() else " " for c in tally.last_error)
    return _NUMBER.sub(lambda found: mask(found[0]), " ".join(words.split()))


def lasting(span: timedelta) -> str:
    """Return how long something has lasted, as a clock does: `2:10`, `1:02:10`."""
    seconds = max(int(span.total_seconds()), 0)
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours}:{minutes % 60:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"


def about(seconds: float) -> str:
    """Return a time that is only known roughly: `about 7 min`, `about 2 h 10 min`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"about {hours} h" + (f" {minutes} min" if minutes else "")
    days, hours = divmod(hours, 24)
    return f"about {days} d" + (f" {hours} h" if hours else "")


def clock(at: datetime, now: datetime, *, due: bool = False) -> str:
    """Return a moment on the local clock, with its day where that is another one.

    What is `due` is never told earlier than it is, so that nobody comes back too early.
    """
    local, today = at.astimezone(), now.astimezone()
    step = SECOND if local.date() == today.date() and local - today <= SOON else MINUTE
    local = not_before(local, step) if due else local
    day = "" if local.date() == today.date() else f"{local:%a %Y-%m-%d} "
    return day + (f"{local:%H:%M:%S}" if step == SECOND else f"{local:%H:%M}")


def due_at(at: datetime) -> str:
    """Return when something falls due: day and second of the local clock, never earlier."""
    return f"{not_before(at).astimezone():%Y-%m-%d %H:%M:%S}"


def flow(phrases: Iterable[str], width: int, *, between: str) -> list[str]:
    """Return phrases as lines of at most `width`; one that is longer has a line to itself."""
    lines: list[str] = []
    for phrase in phrases:
        if lines and len(lines[-1]) + len(between) + len(phrase) <= width:
            lines[-1] += between + phrase
        else:
            lines.append(phrase)
    return lines


def _pace(scene: Scene, per_minute: float | None) -> Sequence[str]:
    allowed = "any pace" if scene.per_minute is None else f"{_rate(scene.per_minute)} calls/min"
    if per_minute is None:
        return [allowed]
    if scene.per_minute is None:
        return [f"{_rate(per_minute)} calls/min"]
    return [f"{_rate(per_minute)} of {allowed}"]


def _rate(per_minute: float) -> str:
    return f"{per_minute:,.1f}" if per_minute < 100 and per_minute % 1 else f"{per_minute:,.0f}"


def _money(scene: Scene, tally: Tally) -> Sequence[str]:
    if scene.budget_usd is not None:
        return [f"{tally.spent_usd:,.2f} of {scene.budget_usd:,.2f} USD"]
    return [f"{tally.spent_usd:,.2f} USD"] if tally.spent_usd else []
