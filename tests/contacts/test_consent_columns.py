"""Consent as the columns of a list tell of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from campaign.contacts import ConsentColumns, Listing, read_list
from campaign.errors import ConfigError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY_S = 86_400.0


def read(cells: dict[str, list[Any]], columns: ConsentColumns) -> Listing:
    """Return a list with one valid number for each row of `cells`."""
    rows = len(next(iter(cells.values())))
    phones = [f"+1415555{row:04}" for row in range(rows)]
    return read_list(pl.DataFrame({"phone": phones, **cells}), consent=columns, now=NOW)


def test_rows_without_consent_are_suppressed() -> None:
    """Only a yes is one; the columns of consent are never variables."""
    listing = read(
        {"ok": ["yes", "no", None, "TRUE"], "name": ["a", "b", "c", "d"]},
        ConsentColumns(consent_column="OK"),
    )
    assert listing.screened.select("outcome", "reason").rows() == [
        (None, None),
        ("suppressed", "no consent"),
        ("suppressed", "no consent"),
        (None, None),
    ]
    [contacts] = listing.contacts()
    assert [contact.variables for contact in contacts] == [{"name": "a"}, {"name": "d"}]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["2026-11-20", "2026-01-31"], [None, "dated 2026-01-31, which is too long ago"]),
        ([None, "soon"], ["without a date", "'soon' is no date like 2026-01-31"]),
        ([date(2026, 11, 20), date(2026, 1, 31)], [None, "dated 2026-01-31, which is too"]),
        ([datetime(2026, 11, 20, 8), None], [None, "without a date"]),  # noqa: DTZ001
        (["2026-11-20T08:00:00.123456789Z", None], [None, "without a date"]),
    ],
)
def test_dates(dates: list[Any], expected: list[str | None]) -> None:
    """A consent has a date, in any type that has one, and holds for its time."""
    columns = ConsentColumns(consent_date_column="since", consent_max_age_s=30 * DAY_S)
    reasons = read({"since": dates}, columns).screened["reason"].to_list()
    assert [reason is None for reason in reasons] == [part is None for part in expected]
    for reason, part in zip(reasons, expected, strict=True):
        assert part is None or reason.startswith(f"no consent: {part}")


def test_both_columns_must_agree() -> None:
    """A yes without a date is none, nor is a date without a yes."""
    columns = ConsentColumns(consent_column="ok", consent_date_column="since")
    listing = read({"ok": ["yes", "no", "yes"], "since": ["2026-01-31", "2026-01-31", ""]}, columns)
    assert listing.screened["reason"].to_list() == [
        None,
        "no consent",
        "no consent: without a date",
    ]


def test_other_verdicts_go_first() -> None:
    """A rejected row stays rejected, a duplicate one; the row that it repeats is the one asked."""
    frame = pl.DataFrame(
        {"phone": ["x", "+14155550101", "+14155550101"], "ok": ["no", "no", "yes"]}
    )
    listing = read_list(frame, consent=ConsentColumns(consent_column="ok"), now=NOW)
    assert listing.screened.select("outcome", "reason").rows() == [
        ("rejected", "letters in the number: write it in digits"),
        ("suppressed", "no consent"),
        ("suppressed", "duplicate: same number as row 2"),
    ]


def test_an_age_needs_dates() -> None:
    """How long consent holds says nothing without a column of dates."""
    with pytest.raises(ConfigError, match="needs a consent_date_column; name the column"):
        ConsentColumns(consent_column="ok", consent_max_age_s=1.0)


def test_consent_needs_a_moment() -> None:
    """Consent is never taken as given because nobody said what time it is."""
    frame = pl.DataFrame({"phone": ["+14155550101"], "ok": ["yes"]})
    with pytest.raises(ValueError, match="give `now`"):
        read_list(frame, consent=ConsentColumns(consent_column="ok"))
