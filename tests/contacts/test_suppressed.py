"""The ledger's suppression list on the rows of a list."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.contacts.marking import OUTCOME, PIECE, marked
from campaign.contacts.screen import read_list
from campaign.contacts.suppressed import mark_suppressed
from campaign.model import Outcome

A, B, C = "+14155550100", "+14155550101", "+14155550102"
DUPLICATE = "duplicate: same number as row 1"


@pytest.fixture
def screened() -> pl.DataFrame:
    """Two contacts, a duplicate, a row with a bad field and one without a number."""
    return pl.DataFrame(
        {
            "row": [0, 1, 2, 3, 4],
            "key": ["a", "b", "a", "c", None],
            "to_number": [A, B, A, C, None],
            "outcome": [None, None, "suppressed", "rejected", "rejected"],
            "reason": [None, None, DUPLICATE, "metadata is not: '1'", "no phone number"],
        },
        schema_overrides={"row": pl.UInt32, "outcome": OUTCOME},
    )


def test_marks(screened: pl.DataFrame) -> None:
    """A callable row whose number is listed is suppressed, with the reason; others stay."""
    listed = [(A, "asked by mail"), (C, "too"), ("+1", "nobody"), (A, "later")]
    after = mark_suppressed(screened, listed, None)
    assert [
        ("suppressed", "suppressed: asked by mail"),
        (None, None),
        ("suppressed", DUPLICATE),
        ("rejected", "metadata is not: '1'"),
        ("rejected", "no phone number"),
    ] == after.select("outcome", "reason").rows()
    assert screened.schema == after.schema


def test_nobody_is_listed(screened: pl.DataFrame) -> None:
    """An empty list changes nothing."""
    assert mark_suppressed(screened, [], None) is screened


def test_a_number_as_it_is_written() -> None:
    """It is found by what it means, where that is on the list."""
    rows = [{"phone": "(415) 555-0100", "ignore_e164_validation": "true", "timezone": "UTC"}]
    screened = read_list(rows).screened
    after = mark_suppressed(screened, [(A, "asked")], "US")
    assert after["to_number"].to_list() == ["(415) 555-0100"]
    assert after["reason"].to_list() == ["suppressed: asked"]


def test_marks_in_a_long_list() -> None:
    """Rows are marked where they are, in every piece of a list that is put together of some."""
    rows = 3 * PIECE + 7
    reasons = pl.Series([None], dtype=pl.String).new_from_index(0, rows)
    verdicts = pl.DataFrame(
        {"row": pl.int_range(rows, eager=True), "reason": reasons}
    ).with_columns(outcome=pl.lit(None, OUTCOME))
    last = [0, PIECE - 1, PIECE, 3 * PIECE, rows - 1]
    found = pl.DataFrame({"row": last[::-1], "reason": [f"at {row}" for row in last[::-1]]})
    once = marked(verdicts, found, Outcome.SUPPRESSED)
    again = found.with_columns(reason=pl.lit("again"))
    assert once.equals(marked(once, again, Outcome.REJECTED))
    told = once.filter(pl.col("outcome").is_not_null() | pl.col("reason").is_not_null())
    assert told.select("row", "reason", "outcome").rows() == [
        (row, f"at {row}", "suppressed") for row in last
    ]
    over = marked(once, again.head(1), Outcome.REJECTED, over=True)
    assert over.tail(1).select("reason", "outcome").rows() == [("again", "rejected")]
    assert over.head(-1).equals(once.head(-1))
    assert verdicts.columns == over.columns
