"""Rules by place: how the table is read, and what holds for a contact."""

from __future__ import annotations

from datetime import date

import pytest

from campaign.errors import ConfigError
from campaign.policy.caps import Cap
from campaign.policy.hours import ALWAYS, NEVER, Timetable, union, weekly
from campaign.policy.places import (
    NO_RULES,
    Rule,
    Rules,
    caps_of,
    closed_on,
    parse_rules,
    timetables,
)

HEADER = "country,region,days,opens,closes,holidays,max_calls,kind,source,confidence"
GOOD = "US,,mon-sun,08:00,21:00,open,,law,a law,high"
H = 3600
DAY_S = 86_400.0
OWN = weekly(range(6), (9 * H, 20 * H))


def read(*rows: str, header: str = HEADER) -> Rules:
    """Read rows under a header."""
    return parse_rules("\n".join([header, *rows]), name="rules.csv")


def test_one_row() -> None:
    """A row is a window of a place; capitals and spaces do not matter."""
    expected = Rule(
        country="US",
        region="TX",
        week=weekly(range(6), (9 * H, 21 * H)),
        holiday_week=NEVER,
        caps=(Cap(calls=3, window_s=DAY_S), Cap(calls=7, window_s=7 * DAY_S)),
    )
    assert read(' us, tx ,Mon-Sat,09:00,21:00,CLOSED,3/24h 7/7d,law,"a, b",low').of(
        "US", ["TX"]
    ) == (expected,)


def test_rows_of_one_place_are_a_union() -> None:
    """France has two windows a day, none at the weekend, and one cap that two rows name."""
    rules = read(
        "FR,,mon-fri,10:00,13:00,closed,4/30d,law,,high",
        "FR,,mon-fri,14:00,20:00,open,4/30d,law,,high",
    )
    [france] = rules.of("FR")
    assert france.week[0] == ((10 * H, 13 * H), (14 * H, 20 * H))
    assert france.week[5:] == ((), ())
    assert france.holiday_week == weekly(range(5), (14 * H, 20 * H))
    assert france.caps == (Cap(calls=4, window_s=30 * DAY_S),)


def test_a_country_and_its_regions_all_hold() -> None:
    """A contact is under its country's rule and those of every region it may be in."""
    rules = read(
        GOOD,
        "US,KY,mon-sun,10:00,21:00,open,,law,,high",
        "US,TX,mon-sat,09:00,21:00,open,,law,,high",
        "CA,,mon-fri,09:00,21:30,open,,law,,high",
    )

    def found(country: str | None, *regions: str) -> list[tuple[str, str]]:
        return [(rule.country, rule.region) for rule in rules.of(country, regions)]

    assert found("US") == [("US", "")]
    assert found("US", "KY", "TX", "KY", "ZZ") == [("US", ""), ("US", "KY"), ("US", "TX")]
    assert found("CA", "ON") == [("CA", "")]
    assert found("DE", "TX") == []
    assert found(None) == []
    assert NO_RULES.of("US", ["TX"]) == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("USA,,mon,08:00,21:00,open,,,,", "'USA' is no country"),
        (",TX,mon,08:00,21:00,open,,,,", "'' is no country"),
        ("US,Texas,mon,08:00,21:00,open,,,,", "'Texas' is no region"),
        ("US,,monday,08:00,21:00,open,,,,", "'monday' are no days"),
        ("US,,mon,8,21:00,open,,,,", "'8' is no time of day"),
        ("US,,mon,08:00,24:30,open,,,,", "'24:30' is no time of day"),
        ("US,,mon,08:00,08:00,open,,,,", "it closes at '08:00', not after it opens"),
        ("US,,mon,08:00,21:00,yes,,,,", "'yes' under holidays is neither open nor closed"),
        ("US,,mon,08:00,21:00,open,3,,,", "'3' is no cap on calls"),
        ("US,,mon,08:00,21:00,open", "has 6 cells, its header has 10"),
        ('US,,mon,08:00,21:00,open,"3"x,,,', "expected after"),
        ('US,,mon,08:00,21:00,open,"3,,,', "unexpected end of data"),
    ],
)
def test_wrong_rows_are_named(row: str, message: str) -> None:
    """What is wrong is told with the line of the file, counted with its empty ones."""
    with pytest.raises(ConfigError, match=r"line 4 of rules\.csv") as caught:
        read(GOOD, "", row)
    assert message in str(caught.value)
    assert "shows how rules are written" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "has no column 'country'"),
        (HEADER.replace("max_calls", "calls"), "has no column 'max_calls'"),
        (f"{HEADER},note", "has an unknown column 'note'"),
        (f"{HEADER},days", "has two columns 'days'"),
    ],
)
def test_wrong_headers_are_named(header: str, message: str) -> None:
    """A column that is missing, unknown or doubled is never guessed at."""
    with pytest.raises(ConfigError, match=message):
        read(header=header)


def test_a_table_may_say_nothing() -> None:
    """A header alone is a table without rules; a byte order mark and blank lines do not matter."""
    text = "\ufeffcountry,region,days,opens,closes,holidays,max_calls\r\n,,,,,,\r\n"
    assert parse_rules(text, name="rules.csv") == Rules(by_place={})


def holidays_of(country: str, region: str) -> frozenset[date]:
    """Return a holiday for each place."""
    day = {("AU", ""): 1, ("AU", "VIC"): 2, ("US", "AL"): 3}[country, region]
    return frozenset({date(2026, 1, day)})


def test_timetables_of_a_contact() -> None:
    """Rules stand beside the campaign's own hours; a country is shut on its region's holidays."""
    rules = read(
        GOOD,
        "US,AL,mon-sat,08:00,20:00,closed,,,,",
        "AU,,mon-fri,09:00,20:00,closed,,,,",
    )
    nation = Timetable(
        week=weekly(range(7), (8 * H, 21 * H)),
    )
    alabama = Timetable(
        week=weekly(range(6), (8 * H, 20 * H)), holidays=frozenset({date(2026, 1, 3)})
    )
    australia = Timetable(
        week=weekly(range(5), (9 * H, 20 * H)),
        holidays=frozenset({date(2026, 1, 1), date(2026, 1, 2)}),
    )
    own = Timetable(week=OWN)
    of_alabama = rules.of("US", ["AL"])
    assert timetables(OWN, of_alabama, regions=["AL"], holidays_of=holidays_of) == (
        own,
        nation,
        alabama,
    )
    assert timetables(OWN, rules.of("AU", ["VIC"]), regions=["VIC"], holidays_of=holidays_of) == (
        own,
        australia,
    )
    assert timetables(OWN, (), holidays_of=holidays_of) == (own,)


def test_rules_that_replace() -> None:
    """Told to, rules stand instead of the campaign's hours, where a place has any."""
    us = read(GOOD).of("US")
    replaced = timetables(OWN, us, holidays_of=holidays_of, replace=True)
    assert replaced == (Timetable(week=weekly(range(7), (8 * H, 21 * H))),)
    own = timetables(OWN, (), holidays_of=holidays_of, replace=True)
    assert own == (Timetable(week=OWN),)


def test_dates_closed_for_everybody() -> None:
    """A skipped country's holidays are closed, and nothing else."""
    dates = frozenset({date(2026, 12, 25)})
    table = closed_on(dates)
    assert table.spans(date(2026, 12, 25)) == ()
    assert table.spans(date(2026, 12, 26)) == ALWAYS[5]


def test_caps_are_all_kept() -> None:
    """The campaign's caps and those of the rules all hold, each once."""
    day, month = Cap(calls=3, window_s=DAY_S), Cap(calls=4, window_s=30 * DAY_S)
    rules = read("US,,mon-sun,08:00,21:00,open,4/30d,,,", "US,FL,mon-sun,08:00,20:00,open,3/24h,,,")
    assert caps_of([day], rules.of("US", ["FL"])) == (day, month)


def test_a_union_keeps_other_days() -> None:
    """A weekend row beside weekday rows leaves both as they are."""
    rules = read("US,RI,mon-fri,09:00,18:00,open,,,,", "US,RI,sat,10:00,17:00,open,,,,")
    [rule] = rules.of("US", ["RI"])
    expected = union(weekly(range(5), (9 * H, 18 * H)), weekly([5], (10 * H, 17 * H)))
    assert rule.week == expected
    assert timetables(OWN, [rule], holidays_of=holidays_of)[1] == Timetable(week=expected)
