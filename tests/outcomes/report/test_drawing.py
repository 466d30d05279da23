"""Plots: what they show, and that they are part of a page without doing anything."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from campaign.outcomes.report import bars, courses
from campaign.outcomes.report.canvas import ANYWHERE
from campaign.outcomes.report.drawing import draw
from campaign.outcomes.report.facts import Bin, Hour, Load, Reason, Slot, Spread, Step

HOSTILE = "</text></svg><script>alert(1)</script><img src=//x.test onerror=alert(1)>&lt;\"'"


def drawn(chart: Any, slug: str = "plot") -> ET.Element:
    """Return a chart as it is put into a page, read as XML."""
    return ET.fromstring(draw(chart, slug=slug, title="A plot", told="It says so."))


def texts(svg: ET.Element) -> list[str]:
    """Return what is written in a plot."""
    return [" ".join(" ".join(element.itertext()).split()) for element in svg.iter("text")]


def load(*, span: timedelta = timedelta(seconds=1), **more: Any) -> Load:
    """Return two slots, `span` apart."""
    at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    slots = (Slot(start=at, live=3, per_second=0.5), Slot(start=at + span, live=1, per_second=0))
    return Load(**{"slots": slots, **more})


def test_a_plot_is_told_to_those_who_do_not_see_it() -> None:
    """It is an image with a title and a description, whose ids are its own."""
    svg = drawn(bars.outcomes({"answered": 1}))
    assert ("img", "plot-title plot-told") == (svg.get("role"), svg.get("aria-labelledby"))
    assert [("title", "plot-title", "A plot"), ("desc", "plot-told", "It says so.")] == [
        (element.tag, element.get("id"), element.text) for element in svg[:2]
    ]


@pytest.mark.no_cover
def test_ids_are_the_plots_own() -> None:
    """Of two plots in a page none takes the other's clippings; one drawn again is the same."""
    chart = courses.spread(
        Spread(bins=(Bin(low=0, high=1, count=1),), count=1, median=0.5, most=1),
        unit=1.0,
        title="seconds",
        median="1 s",
    )
    first, again, other = (
        draw(chart, slug=slug, title="", told="") for slug in ("one", "one", "other")
    )
    assert first == again
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (first, other)]
    assert set() == ids[0] & ids[1]
    assert all(f'id="{name}"' in first for name in re.findall(r"url\(#([^)]+)\)", first))


def test_texts_are_texts() -> None:
    """A text that would be markup is written as it is: no element and no attribute comes of it."""
    found = (Reason(outcome="rejected", text=HOSTILE, rows=3),)
    svg = drawn(bars.reasons(found, [HOSTILE[:40]]))
    allowed = {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "text",
        "rect",
        "line",
        "defs",
        "clipPath",
        "tspan",
    }
    assert set() == {element.tag for element in svg.iter()} - allowed
    names = {name for element in svg.iter() for name in element.attrib}
    assert set() == {name for name in names if name.startswith("on") or "href" in name}
    assert any("<script>" in text for text in texts(svg))


def test_outcomes_are_drawn_with_their_counts() -> None:
    """Every outcome has its count and share; colours can be those of another place."""
    svg = drawn(bars.outcomes({"answered": 1, "no_answer": 2, "failed": 1}, ANYWHERE))
    said = set(texts(svg))
    assert {"answered", "no answer", "failed", "1 · 25 %", "2 · 50 %"} <= said
    fills = {element.get("fill") for element in svg.iter()}
    assert {ANYWHERE.reached, ANYWHERE.waiting, ANYWHERE.trouble} <= fills


def test_steps_are_drawn_one_by_one() -> None:
    """Each attempt says how many of its calls were answered."""
    found = [Step(number=n, calls=10, answered=n) for n in range(1, 5)]
    said = texts(drawn(bars.steps(found)))
    assert [
        "1st call: 1 of 10 answered, 10 %",
        "2nd call: 2 of 10 answered, 20 %",
        "3rd call: 3 of 10 answered, 30 %",
        "4th call: 4 of 10 answered, 40 %",
    ] == said


def test_a_long_reason_has_two_lines() -> None:
    """A text that a person can act on is not cut where two lines are enough."""
    long = "no country code: write it with + or give --region"
    found = [Reason(outcome="rejected", text=text, rows=2000) for text in (long, "x", "y " * 80)]
    svg = drawn(bars.reasons(found, [one.text for one in found]))
    said = texts(svg)
    assert [f"2,000 · rejected: {long}", "2,000 · rejected: x"] == said[:2]
    assert said[2].endswith("y …")
    lines = [len(list(element)) for element in svg.iter("text")]
    assert [2, 2, 2] == lines


def test_hours_are_drawn_in_their_places() -> None:
    """Hours of few calls are told as they are, others in percent; none between is left out."""
    found = [
        Hour(weekday=0, hour=9, calls=20, answered=5),
        Hour(weekday=6, hour=11, calls=3, answered=1),
    ]
    said = texts(drawn(bars.hours(found)))
    assert sorted([*bars.WEEKDAYS, "09", "10", "11", "25 %", "1/3"]) == sorted(said)
    assert "0/3" in texts(drawn(bars.hours([Hour(weekday=0, hour=9, calls=3, answered=0)])))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("max_live", "label"),
    [(5, "max-live 5"), (None, None), (400, None)],
)
def test_a_limit_is_drawn_where_it_matters(max_live: int | None, label: str | None) -> None:
    """A limit that is not known or far above would only flatten what it bounds."""
    said = texts(drawn(courses.live(load(max_live=max_live), UTC)))
    assert ([label] if label else []) == [text for text in said if "max" in text]


def test_any_pace_has_no_limit() -> None:
    """Where no pace was kept, no line is drawn."""
    said = texts(drawn(courses.pace(load(per_second_limit=math.inf), UTC)))
    assert not [text for text in said if "cps" in text]
    assert "cps 0.75" in texts(drawn(courses.pace(load(per_second_limit=0.75), UTC)))


@pytest.mark.parametrize(
    ("span", "zone", "shown"),
    [
        (timedelta(seconds=9), UTC, r"15:00:0\d"),
        (timedelta(hours=4), UTC, r"1[5-9]:00"),
        (timedelta(hours=4), timezone(timedelta(hours=-8)), r"(0[7-9]|1[01]):00"),
        (timedelta(days=2), UTC, r"2[3-5] Nov \d\d:\d\d"),
        (timedelta(days=9), UTC, r"(2\d|30|0\d) (Nov|Dec)"),
    ],
)
def test_time_is_told_on_the_clock_of_the_page(span: timedelta, zone: tzinfo, shown: str) -> None:
    """The longer a campaign, the coarser its times; a clock is that of the zone."""
    said = texts(drawn(courses.live(load(span=span, width=span / 10), zone)))
    times = [text for text in said if re.fullmatch(shown, text)]
    assert 2 <= len(times), said


@pytest.mark.no_cover
@pytest.mark.parametrize(("median", "anchor"), [(1.0, None), (19.0, "end")])
def test_the_median_stays_in_the_plot(median: float, anchor: str | None) -> None:
    """Its label is on the side on which there is room."""
    found = Spread(bins=(Bin(low=0, high=20, count=3),), count=3, median=median, most=19.0)
    svg = drawn(courses.spread(found, unit=1.0, title="seconds", median="x"))
    label = next(element for element in svg.iter("text") if element.text == "median x")
    assert anchor == {"start": None}.get(label.get("text-anchor", ""), label.get("text-anchor"))


def test_a_renderer_that_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no view is no plot, and that is a bug of ours."""
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda *_, **__: "<svg></svg>")
    with pytest.raises(ValueError, match="no view"):
        drawn(bars.outcomes({"answered": 1}))
