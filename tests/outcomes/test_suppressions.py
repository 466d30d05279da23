"""Numbers that nobody calls, on the rows of a list; and why contacts were not called."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.outcomes.samples import not_callable
from campaign.outcomes.single import single
from campaign.outcomes.suppressions import keys_of, not_called, numbers_of

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
        schema_overrides={"row": pl.UInt32},
    )


def test_who_is_asked_about(screened: pl.DataFrame) -> None:
    """Numbers are those of callable rows, keys those of all that have one."""
    assert ([A, B], ["a", "b", "c"]) == (numbers_of(screened), keys_of(screened))


@pytest.mark.parametrize("most", [1, 9])
def test_who_was_not_called(screened: pl.DataFrame, most: int) -> None:
    """Holds are of callable contacts, skips of rows with a number; each up to a bound."""
    holds, skips = not_called(screened, [("b", "night"), ("c", "no"), ("x", "no")], most=most)
    assert [("b", B, "night")] == holds
    assert [("a", A, DUPLICATE), ("c", C, "metadata is not: '1'")][:most] == skips


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_a_long_list_is_looked_at_in_parts(
    screened: pl.DataFrame, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of all parts together are found, in list order, however short the parts are."""
    monkeypatch.setattr("campaign.outcomes.suppressions.SLICE", 1)
    holds, skips = not_called(screened, [("b", "night"), ("a", "day")], most=most)
    assert [("a", A, "day"), ("b", B, "night")][:most] == holds
    assert [("a", A, DUPLICATE), ("c", C, "metadata is not: '1'")][:most] == skips


def test_rows_that_are_not_callable(screened: pl.DataFrame) -> None:
    """Rows are counted by reason, with the first few of each; one reason is left out."""
    calls = pl.DataFrame({"call_error": ["due", "night", "night", "night", None]})
    assert [(1, B, "night", 3), (2, A, "night", 0)] == list(
        not_callable(screened, calls, besides="due", most=2)
    )


def test_a_single_contact() -> None:
    """One contact is screened as callable."""
    assert [("k", A, None, None)] == single("k", A).rows()
