"""Plots of quantities: calls over time against their limits, durations, costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

import altair as alt

from campaign.outcomes.report.canvas import PAGE, SMALL, Chart, counted, data, finished
from campaign.outcomes.report.facts import Bin, Load, Spread
from campaign.outcomes.report.wording import number

FAR = 5.0
"""A limit is drawn unless it is so many times higher than what it bounds."""


def live(load: Load, zone: tzinfo) -> Chart:
    """Return the most calls live at once over time, and the limit."""
    limit = None if load.max_live is None else (float(load.max_live), f"max-live {load.max_live:,}")
    return _over_time(load, [slot.live for slot in load.slots], limit, zone)


def pace(load: Load, zone: tzinfo) -> Chart:
    """Return the pace of starts over time, and the limit."""
    limit = load.per_second_limit
    named = None if limit is None else (limit, f"cps {number(limit)}")
    return _over_time(load, [slot.per_second for slot in load.slots], named, zone)


def is_far(limit: float, highest: float) -> bool:
    """Tell whether a limit is so high that drawing it would flatten what it bounds."""
    return limit > FAR * max(highest, 1e-9)


def _over_time(
    load: Load, values: Sequence[float], limit: tuple[float, str] | None, zone: tzinfo
) -> Chart:
    rows = [
        {
            "from": _clock_ms(slot.start, zone),
            "to": _clock_ms(slot.start + load.width, zone),
            "n": n,
        }
        for slot, n in zip(load.slots, values, strict=True)
        if n
    ]
    drawn = limit if limit is not None and not is_far(limit[0], max(values)) else None
    top = 1.18 * max([*values, drawn[0] if drawn else 0.0])
    span = load.slots[-1].start + load.width - load.slots[0].start
    ends = [
        _clock_ms(load.slots[0].start, zone),
        _clock_ms(load.slots[-1].start + load.width, zone),
    ]
    time = alt.Axis(
        format=_time_format(span), tickCount=4, labelFlush=True, labelPadding=6, labelSeparation=16
    )
    marks = (
        alt.Chart(data(rows))
        .mark_bar(color=PAGE.reached, binSpacing=0.6 if len(load.slots) < 60 else 0.2)
        .encode(
            x=alt.X("from:T", title=None, scale=alt.Scale(type="utc", domain=ends), axis=time),
            x2="to:T",
            y=counted("n:Q", top),
            y2=alt.datum(0),
        )
    )
    layers: list[alt.Chart] = [marks]
    if drawn is not None:
        layers += _limit(*drawn)
    return finished(alt.layer(*layers), height=170)


def _limit(value: float, label: str) -> list[alt.Chart]:
    base = alt.Chart(data([{"at": value, "label": label}])).encode(y="at:Q")
    line = base.mark_rule(color=PAGE.ink, strokeDash=[5, 4], strokeWidth=1)
    told = base.mark_text(align="right", dy=-8, fontSize=SMALL, color=PAGE.ink).encode(
        x=alt.value("width"), text="label:N"
    )
    return [line, told]


def spread(found: Spread, *, unit: float, title: str, median: str) -> Chart:
    """Return a histogram in units of `unit`, with a line at the median."""
    marks = (
        alt.Chart(data([_bin(one, unit) for one in found.bins]))
        .mark_bar(color=PAGE.reached, binSpacing=1.5)
        .encode(
            x=alt.X(
                "low:Q",
                title=title,
                scale=alt.Scale(nice=False, zero=False),
                axis=alt.Axis(tickCount=6, labelPadding=6, titlePadding=8),
            ),
            x2="high:Q",
            y=counted("n:Q", 1.2 * max(one.count for one in found.bins)),
            y2=alt.datum(0),
        )
    )
    base = alt.Chart(data([{"at": found.median / unit, "label": f"median {median}"}]))
    line = base.mark_rule(color=PAGE.ink, strokeDash=[5, 4]).encode(x="at:Q")
    right = found.median <= (found.bins[0].low + found.bins[-1].high) / 2
    told = base.mark_text(
        align="left" if right else "right", dx=6 if right else -6, fontSize=SMALL, color=PAGE.ink
    ).encode(x="at:Q", y=alt.value(6), text="label:N")
    return finished(alt.layer(marks, line, told), height=170)


def _bin(one: Bin, unit: float) -> dict[str, float]:
    return {"low": round(one.low / unit, 9), "high": round(one.high / unit, 9), "n": one.count}


def _clock_ms(at: datetime, zone: tzinfo) -> float:
    """Return a moment so that a scale in UTC shows the clock of `zone`."""
    local = at.astimezone(zone)
    return (local + (local.utcoffset() or timedelta())).timestamp() * 1000


def _time_format(span: timedelta) -> str:
    if span <= timedelta(minutes=5):
        return "%H:%M:%S"
    if span <= timedelta(days=1):
        return "%H:%M"
    return "%d %b %H:%M" if span <= timedelta(days=4) else "%d %b"
