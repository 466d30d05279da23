"""Variables that can be sent, regions that there are, and where contacts may be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import phonenumbers
import polars as pl
import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from campaign.contacts import ConsentColumns, read_list
from campaign.contacts.checks import AREA, Checks
from campaign.contacts.columns import find_columns
from campaign.contacts.country import country_of
from campaign.errors import ListError
from campaign.model import NOWHERE, Location

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD = "+14155550101"
NO_REGION = "is no state or province of the number's country, like TX, Texas or US-TX"


def reasons_of(frame: pl.DataFrame, **options: Any) -> list[str | None]:
    """Return the reason of each row of a frame."""
    return read_list(frame, **options).screened["reason"].to_list()


def test_names_of_the_provider_are_refused() -> None:
    """A column that the provider fills itself stops the list, unless it is no variable."""
    frame = pl.DataFrame({"phone": [GOOD], "direction": ["in"], "call_type": ["x"]})
    with pytest.raises(ListError, match="the provider fills 'direction', 'call_type' itself"):
        read_list(frame)
    named = pl.DataFrame({"user_number": [GOOD]})
    assert reasons_of(named, phone_column="user_number") == [None]


def test_variables_that_cannot_be_sent() -> None:
    """A text that is not for a prompt rejects its row, and makes no later one a duplicate."""
    frame = pl.DataFrame({"phone": [GOOD, GOOD, GOOD], "note": ["{{x}}", "fine", "again"]})
    listing = read_list(frame)
    assert listing.screened.select("outcome", "reason").rows() == [
        ("rejected", "{{ or }} in a value: in the column 'note'"),
        (None, None),
        ("suppressed", "duplicate: same number as row 2"),
    ]


def test_a_file_is_judged_as_a_frame_is(tmp_path: Path) -> None:
    """A text that no prompt can have is found in a file, of which more is known before."""
    path = tmp_path / "list.csv"
    path.write_text(f"phone,note\n{GOOD},{{{{7}}}}\n")
    expected = ["{{ or }} in a value: in the column 'note'"]
    assert expected == read_list(path).screened["reason"].to_list()
    assert expected == reasons_of(pl.DataFrame({"phone": [GOOD], "note": ["{{7}}"]}))


def test_cleaned_variables() -> None:
    """Cleaning sends what is left of a text; a row with too much text is still rejected."""
    frame = pl.DataFrame(
        {
            "phone": [GOOD, "+14155550102", "+14155550103"],
            "note": ["a\0{{b}}\u202e", "\x07", None],
            **{f"long{n}": [None, None, "ü" * 1999] for n in range(6)},
        }
    )
    listing = read_list(frame, clean_variables=True)
    assert listing.screened["reason"].to_list() == [None, None, "more than 20 kB of variables"]
    [contacts] = listing.contacts()
    assert [contact.variables for contact in contacts] == [{"note": "a{b}"}, {}]
    assert listing.frame.collect().equals(frame)


def test_names_that_look_like_patterns() -> None:
    """A column is meant by its name, also where polars would take it for a pattern of names."""
    names = ["phone", "^.*$", "^o.*$"]
    batch = pl.DataFrame({"phone": [GOOD], "^.*$": ["{{"], "^o.*$": ["yes"]})
    columns = find_columns(names, region_column="^.*$", consent_column="^o.*$")
    consent = ConsentColumns(consent_column="^o.*$").asked(NOW)
    checks = Checks(columns=columns, clean=True, consent=consent)
    cleaned = checks.cleaned(batch)
    assert cleaned.to_dict(as_series=False) == {"phone": [GOOD], "^.*$": ["{"], "^o.*$": ["yes"]}
    reasons = [reason.to_list() for reason in checks.problems(cleaned, batch["phone"])]
    assert reasons == [[None], [f"^.*$ {NO_REGION}: '{{'"]]
    assert checks.withheld(batch).to_list() == [None]


def test_keys_are_not_cleaned() -> None:
    """A key is who somebody is: what it says as a variable is cleaned, the key stays."""
    frame = pl.DataFrame({"phone": [GOOD], "id": ["{{7}}"]})
    assert reasons_of(frame, key_column="id") == ["{{ or }} in a value: in the column 'id'"]
    [[contact]] = read_list(frame, key_column="id", clean_variables=True).contacts()
    assert (contact.key, contact.variables) == ("{{7}}", {"id": "{7}"})


def test_cleaning_a_list_of_numbers_only() -> None:
    """Where there are no variables there is nothing to clean."""
    assert reasons_of(pl.DataFrame({"phone": [GOOD]}), clean_variables=True) == [None]


def test_unknown_regions_reject_the_row() -> None:
    """A region must be one of the number's country; one that says nothing is not asked."""
    rows = [
        (GOOD, "Texas", None),
        ("+14155550102", " ", None),
        ("+14155550103", "Texaz", f"State {NO_REGION}: 'Texaz'"),
        ("+14165550104", "ny", None),
        ("+493012345678", "Berlin", None),
        ("+61291234567", "NSW", None),
        ("+61291234568", "TX", f"State {NO_REGION}: 'TX'"),
        ("+61891641234", "West Island", None),
        ("+17872345678", "PR", None),
        ("+18765550105", "Kingston", None),
        ("+881612345678", "TX", f"State {NO_REGION}: 'TX'"),
        ("+881612345679", "US-TX", None),
        ("1", "TX", "no country code: write it with + or give --region"),
    ]
    frame = pl.DataFrame(rows, schema=["phone", "State", "expected"], orient="row")
    found = reasons_of(frame.drop("expected"), region_column="state")
    assert found == [reason for _, _, reason in rows]


def test_regions_of_numbers_as_written() -> None:
    """A number that goes as it is written is of no country: its region must say which."""
    frame = pl.DataFrame(
        {
            "phone": ["+14155550101", "+14155550102"],
            "ignore_e164_validation": ["yes", "yes"],
            "state": ["TX", "US-TX"],
        }
    )
    listing = read_list(frame, region_column="state", locate=True)
    assert listing.screened["reason"].to_list() == [f"state {NO_REGION}: 'TX'", None]
    [[contact]] = listing.contacts()
    assert contact.location == Location(
        country="US", regions=("TX",), zones=("America/Chicago", "America/Denver")
    )


def test_area_codes_decide_the_country() -> None:
    """Numbers that begin alike, as regions are looked up by, are of one country with regions."""
    by_area: dict[str, set[str | None]] = {}
    prefixes = [prefix for prefix in TIMEZONE_DATA if prefix[0] == "1" and len(prefix) >= 4]
    numbers = [f"+{prefix}{'2345678'[len(prefix) - 4 :]}" for prefix in prefixes]
    valid = [text for text in numbers if phonenumbers.is_valid_number(phonenumbers.parse(text))]
    areas = pl.DataFrame({"number": valid}).select(AREA).to_series().to_list()
    for number, area in zip(valid, areas, strict=True):
        country = country_of(number)
        by_area.setdefault(area, set()).add(country if country in {"US", "CA"} else "other")
    assert len(by_area) > 300
    assert all(len(countries) == 1 for countries in by_area.values())


def test_locations() -> None:
    """Contacts come with where they may be: by zone, region and number; else nowhere."""
    frame = pl.DataFrame(
        {
            "phone": [GOOD, "+14155550102", "+14155550103", "12"],
            "state": [None, "Ohio", "OH", None],
            "timezone": [None, None, " America/Chicago ", "UTC"],
            "ignore_e164_validation": [None, None, None, "1"],
        }
    )
    options: dict[str, Any] = {"region_column": "state"}
    [located] = read_list(frame, locate=True, **options).contacts()
    assert [contact.location for contact in located] == [
        Location(country="US", regions=("CA",), zones=("America/Los_Angeles",)),
        Location(country="US", regions=("OH",), zones=("America/New_York",)),
        Location(country="US", regions=("OH",), zones=("America/Chicago",)),
        Location(zones=("UTC",)),
    ]
    assert [contact.variables for contact in located] == [
        {},
        {"state": "Ohio"},
        {"state": "OH"},
        {},
    ]
    [plain] = read_list(frame, **options).contacts()
    assert {contact.location for contact in plain} == {NOWHERE}
