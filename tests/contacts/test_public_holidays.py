"""Public holidays, and the table of rules that uses them."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import pytest

from campaign.contacts.public_holidays import check_country, holidays_of, public_holidays
from campaign.contacts.rules_file import load_rules
from campaign.errors import ConfigError
from campaign.policy.caps import Cap
from campaign.policy.hours import Closed, Open, Timetable, verdict, weekly
from campaign.policy.places import caps_of, timetables

WriteList = Callable[..., Path]
OWN = weekly(range(6), (9 * 3600, 20 * 3600))


def test_holidays_of_a_country_and_of_a_state() -> None:
    """A state has its country's holidays and its own; a neighbouring year is there too."""
    nation, alabama = public_holidays("US", year=2026), public_holidays("US", "AL", year=2026)
    assert nation >= {date(2026, 12, 25), date(2027, 1, 1), date(2025, 7, 4)}
    assert date(2026, 4, 27) in alabama - nation
    assert holidays_of(datetime(2026, 6, 1, tzinfo=UTC))("US", "AL") == alabama


def test_an_unknown_region_has_its_country_s() -> None:
    """A region without holidays of its own is closed on those of the country."""
    assert public_holidays("US", "ZZ", year=2026) == public_holidays("US", year=2026)


@pytest.mark.parametrize("country", ["XX", "us", "USA", ""])
def test_an_unknown_country(country: str) -> None:
    """A country that is not known is an error, not a year without holidays."""
    with pytest.raises(ConfigError, match=f"the public holidays of '{country}' are not known"):
        check_country(country)
    with pytest.raises(ConfigError, match="are not known"):
        public_holidays(country, year=2026)


def test_the_packaged_table() -> None:
    """Every row of the file is in the rules, and all holidays it asks for are known."""
    file = resources.files("campaign.contacts").joinpath("data/calling_hours.csv")
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    rules = load_rules()
    assert set(rules.by_place) == {(row["country"], row["region"]) for row in rows}
    assert len(rows) == 30
    for rule in rules.by_place.values():
        if rule.closes_on_holidays:
            assert public_holidays(rule.country, rule.region, year=2026)


NEW_YORK, PARIS = "America/New_York", "Europe/Paris"


@pytest.mark.parametrize(
    ("country", "region", "zone", "now", "expected"),
    [
        ("US", "NY", NEW_YORK, "2026-11-23T14:00", None),
        ("US", "KY", NEW_YORK, "2026-11-23T14:00", "2026-11-23T15:00"),
        ("US", "RI", NEW_YORK, "2026-11-23T23:00", "2026-11-24T14:00"),
        ("US", "RI", NEW_YORK, "2026-11-25T23:00", "2026-11-27T14:00"),
        ("US", "TX", "America/Chicago", "2026-11-22T18:00", "2026-11-23T15:00"),
        ("FR", "", PARIS, "2026-11-23T12:30", "2026-11-23T13:00"),
        ("FR", "", PARIS, "2026-11-27T19:00", "2026-11-30T09:00"),
        ("FR", "", PARIS, "2026-12-25T10:00", "2026-12-28T09:00"),
        ("AU", "VIC", "Australia/Melbourne", "2026-11-03T02:00", "2026-11-03T22:00"),
        ("AU", "NSW", "Australia/Sydney", "2026-11-03T02:00", None),
        ("CA", "ON", "America/Toronto", "2026-11-28T14:30", "2026-11-28T15:00"),
        ("DE", "", "Europe/Berlin", "2026-12-25T10:00", None),
    ],
)
def test_the_hours_of_places(
    country: str, region: str, zone: str, now: str, expected: str | None
) -> None:
    """The packaged rules tighten the usual hours: later, earlier, at noon, on holidays."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    regions = [region] if region else []
    found = verdict(
        now=moment,
        zones=[zone],
        timetables=timetables(
            OWN,
            load_rules().of(country, regions),
            regions=regions,
            holidays_of=holidays_of(moment),
        ),
    )
    if expected is None:
        assert found == Open()
    else:
        assert isinstance(found, Closed)
        assert found.next_open == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_rules_never_widen_unless_told_to() -> None:
    """A campaign that calls at noon only does so in France too, where noon is shut."""
    noon = weekly(range(7), (12 * 3600, 14 * 3600))
    rules = load_rules().of("FR")
    now = datetime(2026, 11, 23, tzinfo=UTC)
    kept = timetables(noon, rules, holidays_of=holidays_of(now))
    found = verdict(now=now, zones=[PARIS], timetables=kept)
    assert isinstance(found, Closed)
    assert found.next_open == datetime(2026, 11, 23, 11, tzinfo=UTC)
    widened = timetables(noon, rules, holidays_of=holidays_of(now), replace=True)
    assert Timetable(week=noon) not in widened
    assert verdict(now=now.replace(hour=18), zones=[PARIS], timetables=widened) == Open()


def test_caps_of_places() -> None:
    """Florida and France have caps of their own, New York none."""
    rules = load_rules()
    day, month = Cap(calls=3, window_s=86_400.0), Cap(calls=4, window_s=30 * 86_400.0)
    assert caps_of([], rules.of("US", ["FL"])) == (day,)
    assert caps_of([day], rules.of("FR")) == (day, month)
    assert caps_of([], rules.of("US", ["NY"])) == ()


HEADER = "country,region,days,opens,closes,holidays,max_calls\n"


def test_a_table_of_one_s_own(write_list: WriteList) -> None:
    """A user's file stands instead of the packaged one."""
    path = write_list(f"{HEADER}US,NY,mon-fri,10:00,16:00,closed,\nXK,,mon,10:00,16:00,open,\n")
    assert set(load_rules(str(path)).by_place) == {("US", "NY"), ("XK", "")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"country\xff", "cannot be read: 'utf-8' codec can't decode"),
        (HEADER + "US,,mon,10:00,9:00,open,\n", "line 2 of '.*rules.csv': it closes at '9:00'"),
        (HEADER + "XX,,mon,10:00,16:00,closed,\n", "public holidays of 'XX' are not known"),
    ],
)
def test_a_table_that_cannot_be_used(
    content: str | bytes, message: str, write_list: WriteList
) -> None:
    """What is wrong with a user's file is told before anything else is done."""
    with pytest.raises(ConfigError, match=message):
        load_rules(str(write_list(content, "rules.csv")))


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(ConfigError, match=r"calling hours in '.*none\.csv' cannot be read"):
        load_rules(str(tmp_path / "none.csv"))


def test_heavy_tables_are_loaded_where_they_are_needed() -> None:
    """Neither holidays nor the names of towns are loaded with the modules."""
    code = (
        "import sys, campaign.contacts.zones, campaign.contacts.rules_file as f; f.load_rules();"
        "print([n for n in ('holidays', 'phonenumbers.geodata') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
