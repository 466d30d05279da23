"""Consent, row by row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaign.policy.consent import Terms, refusal

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
DAY_S = 86_400.0
GIVEN = Terms(given=True)
DATED = Terms(dated=True)
RECENT = Terms(dated=True, max_age_s=30 * DAY_S)


def test_no_terms() -> None:
    """Where no column speaks of consent, nobody is asked for it."""
    assert refusal(terms=Terms(), now=NOW, given="no", dated="x") is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("yes", None),
        (" TRUE ", None),
        ("1", None),
        ("no", "no consent"),
        ("false", "no consent"),
        ("", "no consent"),
        (None, "no consent"),
        ("probably", "no consent"),
    ],
)
def test_a_column_that_says_yes(given: str | None, expected: str | None) -> None:
    """Only a plain yes is consent."""
    assert refusal(terms=GIVEN, now=NOW, given=given) == expected


@pytest.mark.parametrize(
    ("dated", "expected"),
    [
        ("2026-11-23", None),
        (" 2020-01-31 ", None),
        ("2026-11-24", None),
        ("2026-11-23T15:00:00Z", None),
        ("2026-11-23T16:00:00+01:00", None),
        ("2026-11-23 20:00", None),
        ("2026-11-23T15:00:00.000001Z", "which is still to come"),
        ("2026-11-25", "which is still to come"),
        ("", "without a date"),
        (None, "without a date"),
        ("31.01.2026", "is no date like 2026-01-31"),
        ("2026-1-31", "is no date like 2026-01-31"),
        ("20260131", "is no date like 2026-01-31"),
        ("2026-W05-6", "is no date like 2026-01-31"),
        ("2026-02-30", "is no date like 2026-01-31"),
        ("2026-01-31Z", "is no date like 2026-01-31"),
        ("2026-01-31T00:00:00+24:00", "is no date like 2026-01-31"),
    ],
)
def test_a_column_that_holds_the_date(dated: str | None, expected: str | None) -> None:
    """A date is ISO and has come, at least on the clock that is furthest ahead."""
    found = refusal(terms=DATED, now=NOW, dated=dated)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith("no consent: ")
        assert found.endswith(expected)


@pytest.mark.parametrize(
    ("dated", "expected"),
    [
        ("2026-10-25", None),
        ("2026-10-24", "no consent: dated 2026-10-24, which is too long ago"),
        ("2026-10-24T15:00Z", None),
        ("2026-10-24T14:59Z", "no consent: dated 2026-10-24T14:59Z, which is too long ago"),
    ],
)
def test_a_consent_that_expires(dated: str, expected: str | None) -> None:
    """A consent holds for its time, and to the end of it."""
    assert refusal(terms=RECENT, now=NOW, dated=dated) == expected


def test_both_columns() -> None:
    """With both columns, a yes without a date is no consent, nor a date without a yes."""
    both = Terms(given=True, dated=True)
    assert refusal(terms=both, now=NOW, given="yes", dated="2026-01-31") is None
    assert refusal(terms=both, now=NOW, given="no", dated="2026-01-31") == "no consent"
    assert refusal(terms=both, now=NOW, given="yes") == "no consent: without a date"


def test_an_age_needs_a_date() -> None:
    """How old a consent is cannot be told without its date."""
    with pytest.raises(ValueError, match="consent_max_age needs a consent_date_column"):
        Terms(given=True, max_age_s=DAY_S)
