"""Figures of quantities: calls over time against their limits, durations, costs."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import tzinfo

from campaign.outcomes.report import courses
from campaign.outcomes.report.facts import Load, Slot, Spread
from campaign.outcomes.report.figure import NOT_CALLED_YET, Figure, figure
from campaign.outcomes.report.load import WINDOW_S
from campaign.outcomes.report.wording import dollars, lasting, number


def live(load: Load, zone: tzinfo) -> Figure:
    """Return the calls that were live over time."""
    title = "Calls live at once"
    if not load.slots:
        return Figure(slug="live", title=title, told=NOT_CALLED_YET)
    most = max(slot.live for slot in load.slots)
    return figure(
        "live",
        title,
        f"At most {most:,} live at once{_bound('max-live', load.max_live)}.",
        lambda: courses.live(load, zone),
        note=f"The most in each {lasting(load.width.total_seconds())}."
        + _far(load.max_live, float(most)),
        header=("From", "Live"),
        rows=_timeline(load, zone, lambda slot: f"{slot.live:,}"),
    )


def pace(load: Load, zone: tzinfo) -> Figure:
    """Return the pace of starts over time."""
    title = "Calls started per second"
    if not load.slots:
        return Figure(slug="pace", title=title, told=NOT_CALLED_YET)
    most = max(slot.per_second for slot in load.slots)
    limit = load.per_second_limit
    return figure(
        "pace",
        title,
        f"At most {number(most)} per second{_bound('cps', limit, load.callers)}.",
        lambda: courses.pace(load, zone),
        note=f"The busiest {WINDOW_S} seconds in each {lasting(load.width.total_seconds())}."
        + _far(limit, most),
        header=("From", "Per second"),
        rows=_timeline(load, zone, lambda slot: number(slot.per_second)),
    )


def _bound(name: str, limit: float | None, callers: int = 1) -> str:
    if limit is None:
        return f" ({name} was not recorded)"
    each = f" for each of {callers} caller numbers" if callers > 1 else ""
    return f" ({name} of the last run: {number(limit / callers)}{each})"


def _far(limit: float | None, most: float) -> str:
    if limit is None or math.isinf(limit) or not courses.is_far(limit, most):
        return ""
    return " The limit is too far above to be drawn."


def _timeline(load: Load, zone: tzinfo, told: Callable[[Slot], str]) -> list[tuple[str, str]]:
    """Return the slots in which something was, for a table."""
    return [
        (f"{slot.start.astimezone(zone):%Y-%m-%d %H:%M:%S}", told(slot))
        for slot in load.slots
        if slot.live or slot.per_second
    ]


def durations(found: Spread) -> Figure:
    """Return how long answered calls lasted."""
    title = "Duration of answered calls"
    if not found.count:
        return Figure(slug="durations", title=title, told="No answered call has ended yet.")
    minutes = found.bins[-1].high > 300
    unit, word = (60.0, "minutes") if minutes else (1.0, "seconds")
    return figure(
        "durations",
        title,
        f"Half of them lasted up to {lasting(found.median)}, nine of ten up to"
        f" {lasting(found.ninetieth)}; {lasting(found.total)} in all.",
        lambda: courses.spread(found, unit=unit, title=word, median=lasting(found.median)),
        note=_open(found, lasting(found.most)),
        header=("Duration", "Calls"),
        rows=_spread_rows(found, lasting),
    )


def costs(found: Spread) -> Figure:
    """Return what calls cost."""
    title = "Cost of a call"
    if not found.count:
        return Figure(slug="costs", title=title, told="The provider has told no cost yet.")
    return figure(
        "costs",
        title,
        f"Half of the calls with a cost took up to {dollars(found.median)}, nine of ten up to"
        f" {dollars(found.ninetieth)}; {dollars(found.total)} in all.",
        lambda: courses.spread(found, unit=1.0, title="dollars", median=dollars(found.median)),
        note=_open(found, dollars(found.most)),
        header=("Cost", "Calls"),
        rows=_spread_rows(found, dollars),
    )


def _open(found: Spread, most: str) -> str:
    """Tell that the last bin holds more than its width."""
    return f"The last bar has all that is above, up to {most}." if _is_open(found) else ""


def _is_open(found: Spread) -> bool:
    return found.most > found.bins[-1].high


def _spread_rows(found: Spread, told: Callable[[float], str]) -> list[tuple[str, str]]:
    rows = [(f"{told(b.low)} to {told(b.high)}", f"{b.count:,}") for b in found.bins]
    if _is_open(found):
        last = found.bins[-1]
        rows[-1] = (f"{told(last.low)} or more", f"{last.count:,}")
    return rows
