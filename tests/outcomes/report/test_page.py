"""The page: everything is told, nothing is run, nobody's number is whole."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from campaign.model import Run
from campaign.outcomes.columns import FORGOTTEN
from campaign.outcomes.report.facts import Bin, Clocks, Facts, Hour, Load, Need, Reason, Slot, Step
from campaign.outcomes.report.page import render

HOSTILE = "</title></style><script>x()</script><img src=//x.test/ onerror=x()>\"'{{ 7 * 7 }}"
VOID = {"meta", "link", "img", "br", "input", "base"}

Everything = Callable[[str], dict[str, Any]]


class Page(HTMLParser):
    """A page as a browser would take it apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.cells: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep every tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep every tag that ends at once."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Hold that whatever is opened is closed, in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep every text with the element that it is in."""
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", " ".join(data.split())))
            if "tbody" in self.open:
                self.cells.append(self.texts[-1][1])

    def of(self, name: str) -> Iterator[dict[str, str | None]]:
        """Iterate over the attributes of all elements of a name."""
        return (attrs for tag, attrs in self.tags if tag == name)

    @property
    def said(self) -> str:
        """All that is written, but for the style, in one line."""
        return " ".join(text for tag, text in self.texts if tag != "style").replace("\u00a0", " ")


def page(facts: Facts) -> Page:
    """Return a page, taken apart."""
    return Page(render(facts, UTC))


@pytest.fixture(scope="module")
def hostile(nothing: Facts, everything: Everything) -> Page:
    """Return a page of which nothing is missing, and all of whose texts are an attack."""
    return page(replace(nothing, **everything(HOSTILE)))


@pytest.mark.no_cover
def test_nothing_in_it_runs(hostile: Page) -> None:
    """A text of others makes no element and no attribute, wherever it stands."""
    tags = {tag for tag, _ in hostile.tags}
    assert set() == tags & {"script", "img", "iframe", "object", "embed", "form", "base", "use"}
    assert 1 == len(list(hostile.of("style")))
    attributes = {name for _, attrs in hostile.tags for name in attrs}
    assert set() == {name for name in attributes if name.startswith("on") or name == "style"}
    assert [] == hostile.open
    assert "7 * 7" in hostile.html
    assert "49" not in hostile.said


def test_it_asks_nothing_of_the_network(hostile: Page) -> None:
    """Whatever could be fetched is part of the page: its links are within it, its icon is empty."""
    named = [
        value
        for tag, attrs in hostile.tags
        for name, value in attrs.items()
        if name in {"href", "src", "srcset", "action", "data", "xlink:href", "poster"}
    ]
    assert {"data:,", "#needs"} == set(named)
    style = next(text for tag, text in hostile.texts if tag == "style")
    assert not re.search(r"url\(|@import|expression", style)
    svg_urls = re.findall(r"url\(([^)]*)\)", hostile.html)
    assert all(target.startswith("#") for target in svg_urls)
    assert "://" not in hostile.html


@pytest.mark.no_cover
def test_its_policy_allows_its_own_style_and_nothing_else(hostile: Page) -> None:
    """The policy comes before anything it is about, and names the hash of the one style."""
    policy = next(
        attrs["content"]
        for attrs in hostile.of("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    style = hostile.html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'" == policy
    )
    heads = [tag for tag, _ in hostile.tags][:4]
    assert ["html", "head", "meta", "meta"] == heads


def test_texts_of_others_are_shown(hostile: Page) -> None:
    """An attack is read as what it is, in every place where it came in."""
    for where in ("name", "path", "note", "key", "error", "reason"):
        assert re.search(rf"{re.escape(HOSTILE)} {where}", hostile.said), where


@pytest.mark.no_cover
def test_it_can_be_read_aloud_and_without_a_mouse(hostile: Page) -> None:
    """Every plot has its text and its table, every table its header; ids are unique."""
    svgs = list(hostile.of("svg"))
    assert 8 == len(svgs) == len(list(hostile.of("details"))) == len(list(hostile.of("figure")))
    ids = [attrs["id"] for _, attrs in hostile.tags if attrs.get("id")]
    assert len(set(ids)) == len(ids)
    labels = [
        name
        for _, attrs in hostile.tags
        if (told := attrs.get("aria-labelledby"))
        for name in told.split()
    ]
    assert set() == set(labels) - set(ids)
    assert all(attrs.get("scope") for attrs in hostile.of("th"))
    assert {"lang": "en"} == next(hostile.of("html"))
    levels = [int(tag[1]) for tag, _ in hostile.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(list(hostile.of("table"))) == len(list(hostile.of("caption")))


def test_light_dark_paper_and_telephones(hostile: Page) -> None:
    """The style has a palette for each, and the page says that it has."""
    style = next(text for tag, text in hostile.texts if tag == "style")
    for media in ("prefers-color-scheme: dark", "@media print", "max-width: 560px"):
        assert media in style
    assert "light dark" in {attrs.get("content") for attrs in hostile.of("meta")}
    used = set(re.findall(r"var\((--[a-z-]+)\)", hostile.html))
    assert set() == used - set(re.findall(r"(--[a-z-]+):", style))


@pytest.mark.no_cover
def test_equal_facts_give_equal_pages(nothing: Facts, everything: Everything) -> None:
    """A page does not depend on what was drawn before."""
    facts = replace(nothing, **everything("a"))
    assert render(facts, UTC) == render(facts, UTC)


def test_a_campaign_that_has_called_nobody(nothing: Facts) -> None:
    """Every part says why it is empty, and nothing is drawn."""
    found = page(nothing)
    assert [] == list(found.of("svg"))
    for told in (
        "No run has read a list yet.",
        "No call has been created yet.",
        "No answered call has ended yet.",
        "The provider has told no cost yet.",
        "Every row was called.",
        "nobody",
        "$0.00",
    ):
        assert told in found.said
    assert "Need a person" not in found.said
    assert "Not running, as of 2026-11-23 17:00. All times are UTC" in found.said


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"running": True, "live": 3}, "Running , 3 calls live, as of"),
        ({"live": 1}, "Not running, 1 call not seen to end, as of"),
        ({"list_path": ""}, "a list that was no file"),
        ({"unpriced": 2, "spent_usd": 1.5}, "spent $1.50 2 calls without a price yet"),
        ({"next_due": datetime(2026, 11, 24, 9, 30, tzinfo=UTC)}, "09:30 Tue 24 Nov 2026"),
        ({"needs_count": 1}, "needs a person 1"),
    ],
)
def test_what_is_going_on(nothing: Facts, fields: dict[str, Any], told: str) -> None:
    """The head of the page says how the campaign stands."""
    assert told in page(replace(nothing, **fields)).said


def need(**fields: Any) -> Need:
    """Return a contact whose call is of unknown outcome."""
    known: dict[str, Any] = {
        "key": "+14155550123",
        "number": "+14155550123",
        "row": 1234,
        "outcome": "unknown",
        "attempt": 2,
        "at": datetime(2026, 11, 23, 15, tzinfo=UTC),
        "error": "timeout of +14155550123",
        "kept": False,
    }
    return Need(**(known | fields))


@pytest.mark.parametrize(
    ("one", "full", "cells"),
    [
        (
            need(),
            False,
            [
                "+1********23",
                "1,234",
                "unknown",
                "2026-11-23 15:00, no. 2",
                "timeout of +1********23",
            ],
        ),
        (
            need(key="crm-7", row=None, error=""),
            True,
            ["+14155550123 (crm-7)", "unknown", "2026-11-23 15:00, no. 2"],
        ),
        (
            need(
                key=f"{FORGOTTEN}ab", number=f"{FORGOTTEN}ab", outcome="failed", kept=True, error=""
            ),
            False,
            ["forgotten", "1,234", "failed, not sent", "2026-11-23 15:00, no. 2"],
        ),
    ],
)
def test_who_needs_a_person(nothing: Facts, one: Need, full: bool, cells: list[str]) -> None:
    """Numbers are masked, also in texts, unless whole ones were asked for."""
    found = page(replace(nothing, needs=(one,), needs_count=1, full_numbers=full))
    assert cells == found.cells
    assert full == ("Phone numbers are masked." not in found.said)
    assert full == ("+14155550123" in found.html)


def test_what_to_do(nothing: Facts) -> None:
    """Each kind of contact has its advice, with commands that can be copied."""
    kinds = (need(), need(outcome="failed"), need(outcome="failed", kept=True))
    facts = replace(nothing, campaign="a b", needs=kinds, needs_count=7, flags=" --ledger 'x y.db'")
    found = page(facts)
    commands = [
        code.replace("</span> <span>", " ")
        for code in re.findall(r"<code><span>(.*?)</span></code>", found.html)
    ]
    name = "&#39;a b&#39; --ledger &#39;x y.db&#39;"
    assert [
        f"campaign sync {name}",
        f"campaign resolve {name} --called NUMBER",
        f"campaign resolve {name} --not-called NUMBER",
        f"campaign results {name}",
        f"campaign report {name} --full-numbers",
    ] == commands
    assert "And 4 more contacts. The results file has all of them." in found.said
    titles = [text for tag, text in found.texts if tag == "h3"]
    assert ["Unknown", "Failed", "Failed, not sent", "All of them"] == titles[-4:]


def test_the_sandbox_has_no_history(nothing: Facts) -> None:
    """Nobody is told to ask a provider that is gone, and to mask what is asked for whole."""
    found = page(
        replace(nothing, needs=(need(),), needs_count=1, flags=" --sandbox", full_numbers=True)
    )
    assert "<span>resolve</span>" in found.html
    assert "<span>sync</span>" not in found.html
    assert "full-numbers" not in found.html


def test_runs(nothing: Facts, t0: datetime) -> None:
    """The newest runs are listed, each with its end."""
    runs = (
        Run(campaign="spring", started_at=t0, pid=1),
        Run(
            campaign="spring",
            started_at=t0 - timedelta(days=1),
            pid=1,
            ended_at=t0,
            stopped_by="killed",
            calls_created=1234,
        ),
        Run(campaign="spring", started_at=t0, pid=1, ended_at=t0, stopped_by="moon"),
    )
    found = page(replace(nothing, runs=runs, runs_count=5))
    assert [
        *("2026-11-23 15:00", "no end was recorded", "0"),
        *("2026-11-22 15:00", "2026-11-23 15:00", "killed", "1,234"),
        *("2026-11-23 15:00", "2026-11-23 15:00", "moon", "0"),
    ] == found.cells
    assert "And 2 older." in found.said
    running = page(replace(nothing, runs=runs[:1], runs_count=1, running=True)).said
    assert ("running", True) == (
        "running" if " running " in running else "",
        "older" not in running,
    )


def test_what_is_too_much_to_draw(nothing: Facts, t0: datetime) -> None:
    """Plots show what can be seen, tables the rest, and both say so."""
    reasons = tuple(Reason(outcome="rejected", text=f"r{n}", rows=9) for n in range(9))
    steps = tuple(Step(number=n, calls=1, answered=1) for n in range(1, 10))
    facts = replace(nothing, reasons=reasons, reasons_count=400, steps=steps)
    said = page(facts).said
    assert "The plot shows the 8 most frequent of 400 reasons, the table 9." in said
    assert "The plot shows the first 8 of 9 attempts, the table all." in said
    said = page(replace(facts, reasons_count=9, steps=())).said
    assert "The plot shows the 8 most frequent of 9 reasons, the table all." in said


def test_hours_that_nobody_can_tell(nothing: Facts) -> None:
    """What is left out is said, with and without a plot; without answers no hour is the best."""
    said = page(replace(nothing, clocks=Clocks(left_out=1))).said
    assert "Left out: 1 call to numbers whose place does not tell one hour." in said
    silent = Clocks(hours=(Hour(weekday=0, hour=9, calls=30, answered=0),))
    assert "by when they were placed" in page(replace(nothing, clocks=silent)).said


def test_limits_in_words(nothing: Facts, t0: datetime) -> None:
    """A limit that is far, lifted, unknown, or that of a pool is told as that."""
    slots = (Slot(start=t0, live=1, per_second=0.1), Slot(start=t0, live=0, per_second=0.0))
    load = Load(slots=slots, max_live=300, per_second_limit=4.0, callers=2)
    said = page(replace(nothing, load=load)).said
    assert "At most 1 live at once (max-live of the last run: 300)." in said
    assert "The limit is too far above to be drawn." in said
    assert "(cps of the last run: 2 for each of 2 caller numbers)" in said
    said = page(replace(nothing, load=replace(load, max_live=None, per_second_limit=None))).said
    assert "(max-live was not recorded)" in said
    assert "(cps was not recorded)" in said
    assert "too far" not in said


@pytest.mark.no_cover
def test_long_calls_are_told_in_minutes(nothing: Facts, everything: Everything) -> None:
    """The unit is one that fits; what is in the last bin is told where it is open."""
    spread = replace(
        everything("")["durations"],
        bins=(Bin(low=0.0, high=300.0, count=3), Bin(low=300.0, high=600.0, count=2)),
        most=900.0,
    )
    said = page(replace(nothing, durations=spread)).said
    assert "The last bar has all that is above, up to 15 min." in said
    assert "5 min or more 2" in said
    closed = page(replace(nothing, durations=replace(spread, most=590.0))).said
    assert "5 min to 10 min 2" in closed
    assert "minutes" in closed
