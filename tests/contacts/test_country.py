"""Which country a phone number belongs to."""

from __future__ import annotations

import pytest

from campaign.contacts.country import country_of


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+14155550100", "US"),
        ("+16135550100", "CA"),
        ("+442079460018", "GB"),
        ("+80012345678", None),
        ("+999123456789", None),
        ("100", None),
        ("", None),
    ],
)
def test_countries(number: str, expected: str | None) -> None:
    """A number has the country of its prefix, and none where it belongs to nobody."""
    assert country_of(number) == expected
