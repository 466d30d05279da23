"""Where a contact may be, and when it may be called there."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import available_timezones

import phonenumbers
import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from campaign.contacts.public_holidays import holidays_of
from campaign.contacts.rules_file import load_rules
from campaign.contacts.zones import Locator
from campaign.model import NOWHERE, Location
from campaign.policy.hours import (
    APART,
    NO_ZONE,
    OUTSIDE,
    Closed,
    Open,
    verdict,
    weekly,
)
from campaign.policy.places import timetables

WINTER = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
"""A Monday: 08:30 in Los Angeles, 09:30 in Boise, 10:30 in Chicago, 16:30 in London."""

ALL = 42
NORTH = (
    "America/Fort_Nelson",
    "America/Yellowknife",
    "America/Inuvik",
    "America/Iqaluit",
    "America/Rankin_Inlet",
    "America/Resolute",
    "America/Cambridge_Bay",
    "America/Whitehorse",
    "America/Dawson",
)
"""One zone by number, and those of all three territories that share its area code."""


@lru_cache(maxsize=1)
def locator() -> Locator:
    """Return one locator for all tests."""
    return Locator()


TABLE = [
    ("+12083550100", "US", ("ID",), ("America/Boise", "America/Los_Angeles"), "17:00"),
    ("+16055550100", "US", ("SD",), ("America/Denver", "America/North_Dakota/Center"), None),
    ("+18005550100", "US", (), ALL, "23:00"),
    ("+18675550100", "CA", ("NT", "NU", "YT"), NORTH, None),
    (
        "+19025550100",
        "CA",
        ("NS", "PE"),
        ("America/Halifax", "America/Glace_Bay"),
        None,
    ),
    ("+18679790100", "CA", ("NU",), ("America/Toronto",), None),
    (
        "+447400123456",
        "GB",
        (),
        ("Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey", "Europe/London"),
        None,
    ),
    ("+73012345678", "RU", (), ("Asia/Irkutsk",), "01:00"),
    ("+78001234567", "RU", (), 16, "07:00"),
    ("+881612345678", None, (), (), "no"),
    ("+493012345678", "DE", (), ("Europe/Berlin",), None),
    ("+81312345678", "JP", (), ("Asia/Tokyo",), "00:00"),
    ("+14155550100", "US", ("CA",), ("America/Los_Angeles",), "17:00"),
    ("+12025550100", "US", ("DC",), ("America/New_York",), None),
    ("+12065550100", "US", ("WA",), ("America/Los_Angeles",), "17:00"),
    ("+17872345678", "US", ("PR",), ("America/Puerto_Rico",), None),
    ("+33123456789", "FR", (), ("Europe/Paris",), None),
]


@pytest.mark.parametrize(("number", "country", "regions", "zones", "opens"), TABLE)
def test_numbers(
    number: str,
    country: str | None,
    regions: tuple[str, ...],
    zones: tuple[str, ...] | int,
    opens: str | None,
) -> None:
    """Candidates of a number, and whether it may be called: now, then, or not at all."""
    found = locator().locate(number)
    assert (found.country, set(found.regions)) == (country, set(regions))
    assert (len(found.zones) if isinstance(zones, int) else found.zones) == zones
    rules = load_rules().of(found.country, found.regions)
    told = verdict(
        now=WINTER,
        zones=found.zones,
        timetables=timetables(
            weekly(range(6), (9 * 3600, 20 * 3600)),
            rules,
            regions=found.regions,
            holidays_of=holidays_of(WINTER),
        ),
    )
    if opens is None:
        assert told == Open()
    elif opens == "no":
        assert told == Closed(next_open=None, reason=NO_ZONE)
    else:
        moment = datetime.fromisoformat(f"2026-11-23T{opens}").replace(tzinfo=UTC)
        later = moment if moment > WINTER else moment.replace(day=24)
        assert told == Closed(next_open=later, reason=OUTSIDE)


def test_a_toll_free_number_in_summer() -> None:
    """From Guam to Newfoundland all clocks show calling hours together in winter only."""
    zones = locator().locate("+18005550100").zones
    tables = timetables(
        weekly(range(6), (9 * 3600, 20 * 3600)), (), holidays_of=holidays_of(WINTER)
    )
    found = verdict(now=WINTER.replace(month=7), zones=zones, timetables=tables)
    assert found == Closed(next_open=None, reason=APART)


def test_what_the_list_says_goes_first() -> None:
    """A time zone wins over a state, a state over the number; the place is the state's."""
    ask = locator().locate
    number = "+12083550100"
    assert ask(number, zone=" America/Denver ", region="") == Location(
        country="US", regions=("ID",), zones=("America/Denver",)
    )
    assert ask(number, region="Texas", zone=" ") == Location(
        country="US", regions=("TX",), zones=("America/Chicago", "America/Denver")
    )
    assert ask(number, region="TX", zone="America/Chicago") == Location(
        country="US", regions=("TX",), zones=("America/Chicago",)
    )
    assert ask("+493012345678", region="Berlin") == Location(
        country="DE", regions=("BERLIN",), zones=("Europe/Berlin",)
    )
    assert ask("+493012345678", region="FR-IDF") == Location(country="FR", regions=("IDF",))
    with pytest.raises(ValueError, match="is no state or province"):
        ask(number, region="Texaz")


def test_numbers_that_tell_nothing() -> None:
    """A number as written has what the list says, and no more."""
    assert locator().locate(None) == NOWHERE
    assert locator().locate("sip:me") == NOWHERE
    assert locator().locate(None, zone="UTC") == Location(zones=("UTC",))
    assert locator().locate(None, region="US-TX").regions == ("TX",)


def test_an_area_code_that_is_newer_than_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked of libphonenumber's own tables, and comes to the same."""
    numbers = ("+14155550100", "+12065550100", "+18675550100", "+18679790100", "+18675360100")
    known = [locator().locate(number) for number in numbers]
    monkeypatch.setattr("campaign.contacts.zones.states_of", lambda _: None)
    assert [Locator().locate(number) for number in numbers] == known


def test_a_place_that_is_not_in_the_table() -> None:
    """A description that names no state leaves a number without one: Watson Lake, Yukon."""
    assert locator().locate("+18675360100").regions == ()


def test_blocks_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of a block of numbers is what each of its numbers says."""
    chance = random.Random(3)
    remembering = Locator()
    monkeypatch.setattr("campaign.contacts.zones.MOST_BLOCKS", 50)
    areas = [prefix for prefix in TIMEZONE_DATA if prefix[0] == "1" and len(prefix) == 4]
    asked = 0
    for area in areas:
        block = f"+{area}{chance.randrange(200, 1000)}"
        for _ in range(3):
            number = f"{block}{chance.randrange(10_000):04}"
            if phonenumbers.is_valid_number(phonenumbers.parse(number)):
                asked += 1
                assert remembering.locate(number) == Locator().locate(number), number
    assert asked > 900


def test_all_zones_of_numbers_are_known() -> None:
    """Every zone that a number can have is one of the tables of time zones."""
    zones = {zone for found in TIMEZONE_DATA.values() for zone in found}
    assert zones <= available_timezones()
