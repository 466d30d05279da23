"""What a run returns in Python."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import polars as pl
import pytest

from campaign.errors import ConfigError
from campaign.model import Summary
from campaign.outcomes.result import Result, masked


def make(frame: pl.DataFrame, **outcomes: int) -> Result:
    """Return the result of a campaign with a hostile name."""
    summary = Summary(
        campaign="<b>spring",
        contacts=None,
        out=None,
        ledger="campaign.db",
        rows=frame.height,
        outcomes=outcomes,
        calls_created=1,
        cost_usd=1.5,
    )
    return Result(frame=frame, summary=summary)


class Reader(HTMLParser):
    """Collects tags and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; only those that draw have attributes."""
        self.tags.append(tag)
        assert attrs == [] or tag in {"svg", "rect"}

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


class Widths(HTMLParser):
    """Collects how wide bars are."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the width of a bar."""
        if tag == "rect":
            self.found.append(dict(attrs)["width"])


def read(result: Result) -> Reader:
    """Return what a browser would make of the result."""
    reader = Reader()
    reader.feed(result._repr_html_())
    return reader


def test_repr_counts_and_shows_no_number() -> None:
    """One line: name, rows, outcomes."""
    result = make(pl.DataFrame({"phone": ["+14155550100"]}), answered=1)
    assert repr(result) == "<Result of '<b>spring': 1 rows; 1 answered>"
    assert repr(make(pl.DataFrame())) == "<Result of '<b>spring': 0 rows; ->"


def test_html_shows_counts_and_the_first_rows() -> None:
    """Ten rows at most, without `call_…` columns that are empty there."""
    frame = pl.DataFrame(
        {
            "name": [f"n{n}" for n in range(12)],
            "call_outcome": ["answered"] * 12,
            "call_error": pl.Series([None] * 10 + ["late", "late"], dtype=pl.String),
        }
    )
    texts = read(make(frame, answered=12)).texts
    assert "n9" in texts
    assert "n10" not in texts
    assert "call_outcome" in texts
    assert "call_error" not in texts
    assert ": 12 rows, 1 calls created in this run, $1.50 in all" in texts
    assert texts[texts.index("answered") + 1] == "12"


def test_html_draws_the_counts() -> None:
    """Each count has its share, and a bar; the most common outcome's is the longest."""
    html = make(pl.DataFrame({"a": range(1000)}), answered=800, busy=199, failed=1)._repr_html_()
    widths = Widths()
    widths.feed(html)
    assert ["160", "40", "1"] == widths.found
    assert "<td>busy</td><td>199</td><td>19.9 %</td>" in html
    assert "1 may or may not" not in html


def test_html_tells_what_is_to_be_known() -> None:
    """What stopped a run, when it goes on, and unknown contacts are told."""
    due = datetime(2026, 11, 25, 12, tzinfo=UTC)
    made = make(pl.DataFrame({"a": [1]}), unknown=1)
    summary = replace(made.summary, stopped_by="limit", next_due=due, unknown=1)
    html = Result(frame=made.frame, summary=summary)._repr_html_()
    assert (
        f", stopped by limit, the next call is due at {due.astimezone():%Y-%m-%d %H:%M},"
        " 1 may or may not have been called</p>"
    ) in html


CALLED = pl.DataFrame(
    {
        "name": ["<script>"] * 5,
        "call_outcome": ["busy", "answered", "answered", "no_answer", "rejected"],
        "call_attempts": pl.Series([2, 1, 3, 1, None], dtype=pl.Int64),
    }
)


def test_a_plot() -> None:
    """A chart has rows by outcome, in the usual order, and nothing else from the list."""
    drawn = make(CALLED).plot().to_dict()
    (rows,) = drawn["datasets"].values()
    found = [(row["outcome"], row["calls"], row["rows"]) for row in rows]
    assert [
        ("answered", "more than one", 1),
        ("answered", "one or none", 1),
        ("no answer", "one or none", 1),
        ("busy", "more than one", 1),
        ("rejected", "one or none", 1),
    ] == found
    assert ("<b>spring", 4 * 26) == (drawn["title"], drawn["height"])
    assert "<script>" not in str(drawn)


def test_a_plot_of_nothing() -> None:
    """An empty list has a chart, too."""
    assert [[]] == list(make(CALLED.clear()).plot().to_dict()["datasets"].values())


def test_a_plot_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Altair, the error says what to install."""
    monkeypatch.setitem(sys.modules, "altair", None)
    monkeypatch.delitem(sys.modules, "campaign.outcomes.chart", raising=False)
    with pytest.raises(ConfigError, match=r"'altair'.*campaign\[report\]"):
        make(CALLED).plot()


def test_html_is_escaped_and_has_no_colours() -> None:
    """Nothing from a list becomes markup; the notebook's own colours are inherited."""
    frame = pl.DataFrame({"<i>name": ['<script>"&', None]})
    reader = read(make(frame))
    assert {"script", "i", "b", "style"} & set(reader.tags) == set()
    assert {'<script>"&', "<i>name", "<b>spring"} <= set(reader.texts)


def test_html_shortens_long_cells() -> None:
    """A long summary does not fill the screen."""
    texts = read(make(pl.DataFrame({"a": ["x" * 81], "b": ["y" * 80]}))).texts
    assert "x" * 79 + "…" in texts
    assert "y" * 80 in texts


def test_html_masks_phone_numbers_of_every_type() -> None:
    """A notebook that is passed on gives no number away."""
    frame = pl.DataFrame({"phone": [4155550100], "call_to_number": ["+14155550100"]})
    html = make(frame)._repr_html_()
    assert "5550100" not in html
    assert "+1********00" in html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+14155550100", "+1********00"),
        ("(415) 555-0100", "(4**********00"),
        ("415.555.0100", "41********00"),
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23 14:00:00", "2026-11-23 14:00:00"),
        ("123456", "123456"),
        ("call_1234567890", "call_1234567890"),
        ("1234567890123456", "1234567890123456"),
        ("", ""),
    ],
)
def test_only_phone_numbers_are_masked(text: str, expected: str) -> None:
    """Dates, ids and small numbers stay readable."""
    assert masked(text) == expected
