"""Plots of people: what became of them, at which attempt, at what hour, and why not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import altair as alt

from campaign.model import Outcome
from campaign.outcomes.report.canvas import (
    PAGE,
    SIZE,
    SMALL,
    Chart,
    Palette,
    Rows,
    data,
    finished,
    literal,
    unlabelled,
)
from campaign.outcomes.report.facts import Hour, Reason, Step
from campaign.outcomes.report.wording import share

TROUBLES = frozenset({Outcome.ERROR, Outcome.FAILED, Outcome.UNKNOWN})
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LABEL_CHARACTERS = 62
"""Of a line of a label: the type of a browser may be wider than that of the renderer."""

LINE = 16

FEW = 10
"""Fewer calls than this are told as they are, not in percent."""


def outcomes(found: Mapping[str, int], palette: Palette = PAGE) -> Chart:
    """Return bars of rows by outcome, in the order given, with the count beside each.

    `canvas.ANYWHERE` is a palette for other places than a page of ours.
    """
    rows = sum(found.values())
    base = alt.Chart(
        data(
            [
                {
                    "name": outcome.replace("_", " "),
                    "n": n,
                    "label": f"{n:,} · {share(n, rows)}",
                    "colour": _colour(outcome, palette),
                }
                for outcome, n in found.items()
            ]
        )
    ).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelPadding=10, minExtent=104)),
        x=unlabelled("n:Q", [0, 1.42 * max(found.values(), default=1)]),
    )
    marks = base.mark_bar(height=14, cornerRadiusEnd=2).encode(color=literal("colour"))
    told = base.mark_text(align="left", dx=7, fontSize=SIZE, color=palette.ink)
    layers = alt.layer(marks, told.encode(text="label:N"))
    return finished(layers, height=27 * max(1, len(found)), palette=palette)


def _colour(outcome: str, palette: Palette) -> str:
    if outcome == Outcome.ANSWERED:
        return palette.reached
    return palette.trouble if outcome in TROUBLES else palette.waiting


def steps(found: Sequence[Step]) -> Chart:
    """Return, for each attempt, its calls, and within them those that were answered."""
    return told_above(
        [
            {
                "name": f"{at:03d}",
                "label": f"{_ordinal(step.number)} call: {step.answered:,} of {step.calls:,}"
                f" answered, {share(step.answered, step.calls)}",
                "n": step.calls,
                "part": step.answered,
                "colour": PAGE.waiting,
            }
            for at, step in enumerate(found)
        ]
    )


def reasons(found: Sequence[Reason], texts: Sequence[str]) -> Chart:
    """Return bars of rows by reason; `texts` are the reasons as the page writes them."""
    return told_above(
        [
            {
                "name": f"{at:03d}",
                "label": f"{reason.rows:,} · {reason.outcome}: {text}",
                "n": reason.rows,
                "part": 0,
                "colour": PAGE.waiting,
            }
            for at, (reason, text) in enumerate(zip(found, texts, strict=True))
        ]
    )


def told_above(rows: Rows) -> Chart:
    """Return bars under their `label`s, each of length `n` and covered as far as `part`."""
    labels = [wrap(row["label"], LABEL_CHARACTERS, max_lines=2, placeholder=" …") for row in rows]
    lines = max(map(len, labels))
    drawn = [
        {**row, "label": [*[""] * (lines - len(label)), *label]}
        for row, label in zip(rows, labels, strict=True)
    ]
    # A band has its label above its bar: long texts need no room beside it.
    below = 9 + (lines - 1) * LINE / 2
    y = alt.Y("name:N", sort=None, title=None, axis=None)
    base = alt.Chart(data(drawn)).encode(y=y)
    domain = [0, max(row["n"] for row in rows)]
    whole = base.mark_bar(height=10, yOffset=below, cornerRadiusEnd=2).encode(
        x=unlabelled("n:Q", domain), color=literal("colour")
    )
    part = base.mark_bar(height=10, yOffset=below, cornerRadiusEnd=2, color=PAGE.reached).encode(
        x=unlabelled("part:Q", domain)
    )
    told = base.mark_text(
        align="left", yOffset=-below, fontSize=SIZE, lineHeight=LINE, color=PAGE.ink
    ).encode(x=alt.value(0), text="label:N")
    height = (46 + (lines - 1) * LINE) * len(rows)
    return finished(alt.layer(whole, part, told), height=height)


def hours(found: Sequence[Hour]) -> Chart:
    """Return a table of weekdays and hours, the deeper the more of the calls were answered."""
    many = [hour for hour in found if hour.calls >= FEW]
    most = max((hour.answered / hour.calls for hour in many), default=0.0) or 1.0
    rows = [_hour(hour, most) for hour in found]
    used = range(min(hour.hour for hour in found), max(hour.hour for hour in found) + 1)
    base = alt.Chart(data(rows)).encode(
        x=alt.X(
            "day:O",
            title=None,
            scale=alt.Scale(domain=list(WEEKDAYS), paddingInner=0.04, paddingOuter=0),
            axis=alt.Axis(orient="top", labelAngle=0, labelPadding=8),
        ),
        y=alt.Y(
            "hour:O",
            title=None,
            scale=alt.Scale(domain=[f"{n:02d}" for n in used], paddingInner=0.08, paddingOuter=0),
            axis=alt.Axis(labelPadding=8),
        ),
    )
    cells = base.mark_rect(color=PAGE.reached, cornerRadius=2).encode(
        opacity=alt.Opacity("depth:Q", scale=None, legend=None)
    )
    told = base.mark_text(fontSize=SMALL).encode(text="label:N", color=literal("ink"))
    return finished(alt.layer(cells, told), height=25 * len(used))


def _hour(hour: Hour, most: float) -> dict[str, Any]:
    """Return a cell; one with few calls stays pale, whatever they came to."""
    few = hour.calls < FEW
    part = 0.0 if few else hour.answered / hour.calls / most
    return {
        "day": WEEKDAYS[hour.weekday],
        "hour": f"{hour.hour:02d}",
        "depth": 0.06 + 0.5 * part,
        "ink": PAGE.soft if few else PAGE.ink,
        "label": f"{hour.answered}/{hour.calls}" if few else share(hour.answered, hour.calls),
    }


def _ordinal(n: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(n, f"{n}th")
