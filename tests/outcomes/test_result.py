"""What a run returns in Python."""

from __future__ import annotations

from html.parser import HTMLParser

import polars as pl
import pytest

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
        """Note a tag; none has attributes."""
        self.tags.append(tag)
        assert attrs == []

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


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
