"""States and provinces."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest

from campaign.contacts.regions import TERRITORIES, find_region, table


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("TX", "US", ("US", "TX")),
        (" texas ", "US", ("US", "TX")),
        ("us-tx", "US", ("US", "TX")),
        ("US-TX", "DE", ("US", "TX")),
        ("US-TX", None, ("US", "TX")),
        ("Ontario", "US", ("CA", "ON")),
        ("NY", "CA", ("US", "NY")),
        ("QUÉBEC", "CA", ("CA", "QC")),
        ("Washington State", "US", ("US", "WA")),
        ("wa", "AU", ("AU", "WA")),
        ("Île-de-France", "FR", ("FR", "ÎLE-DE-FRANCE")),
        ("FR-IDF", None, ("FR", "IDF")),
        ("PR", "US", ("US", "PR")),
    ],
)
def test_regions_by_code_and_name(
    text: str, country: str | None, expected: tuple[str, str]
) -> None:
    """A region is read as its code, its name or both codes, in any case."""
    found = find_region(text, country)
    assert (found.country, found.code) == expected


@pytest.mark.parametrize(
    ("text", "country"),
    [("Texaz", "US"), ("US-ZZ", "US"), ("TX", "AU"), ("TX", None), ("", "US"), ("NSW", "CA")],
)
def test_regions_that_do_not_exist(text: str, country: str | None) -> None:
    """A region that is not the country's is not guessed at: its rules would be lost."""
    with pytest.raises(ValueError, match="is no state or province of the number's country"):
        find_region(text, country)


def test_zones_of_regions() -> None:
    """Each region has its zones, all of them known; a state in two zones has both."""
    assert find_region("SD", "US").zones == ("America/Chicago", "America/Denver")
    assert find_region("BY", "DE").zones == ()
    known = available_timezones()
    for region in table().values():
        assert region.zones
        assert set(region.zones) <= known


def test_the_table_is_whole() -> None:
    """All states, the federal district, the territories; provinces; Australia's states."""
    counts = {country: set[str]() for country in ("US", "CA", "AU")}
    for region in table().values():
        counts[region.country].add(region.code)
    assert {country: len(codes) for country, codes in counts.items()} == {
        "US": 50 + 1 + 5,
        "CA": 13,
        "AU": 8,
    }
    assert counts["US"] >= TERRITORIES
    assert not counts["US"] & counts["CA"]
