"""Calling hours against brute force: every zone, every change of a clock from 2026 to 2028."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from campaign.policy.hours import (
    ALWAYS,
    DAY_S,
    NEVER,
    SEARCH_DAYS,
    Closed,
    Open,
    Timetable,
    union,
    verdict,
    weekly,
)

pytestmark = pytest.mark.no_cover

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 3 * 365 + 1
MINUTE = timedelta(minutes=1)
ZONES = sorted(available_timezones())

HOLIDAYS = frozenset(BEGIN.date() + timedelta(days=n) for n in range(0, DAYS, 29))
TABLES = (
    (Timetable(week=weekly(range(6), (9 * 3600, 20 * 3600))),),
    (Timetable(week=weekly(range(7), (5400, 9000))),),
    (Timetable(week=weekly(range(7), (0, 3600))), Timetable(week=ALWAYS, holidays=HOLIDAYS)),
    (Timetable(week=weekly(range(7), (23 * 3600, DAY_S))),),
    (
        Timetable(
            week=union(weekly(range(5), (0, 13 * 3600)), weekly([0, 5, 6], (14 * 3600, DAY_S))),
            holiday_week=weekly(range(7), (7200, 10_800)),
            holidays=HOLIDAYS,
        ),
    ),
    (Timetable(week=NEVER),),
)


def is_open(now: datetime, zones: Sequence[str], tables: Sequence[Timetable]) -> bool:
    """Tell, by looking at the clock on the wall of each zone, whether a moment is open."""
    for zone in zones:
        local = now.astimezone(ZoneInfo(zone))
        wall_s = local.hour * 3600 + local.minute * 60 + local.second
        for table in tables:
            week = table.holiday_week if local.date() in table.holidays else table.week
            if not any(opens <= wall_s < closes for opens, closes in week[local.weekday()]):
                return False
    return True


def stays_open(
    now: datetime, zones: Sequence[str], tables: Sequence[Timetable], margin_s: float
) -> bool:
    """Tell whether a moment and all whole minutes before its margin ends are open.

    Windows begin and end, and clocks change, at whole minutes.
    """
    minute = now.replace(second=0, microsecond=0) + MINUTE
    moments = [now]
    while minute < now + timedelta(seconds=margin_s):
        moments.append(minute)
        minute += MINUTE
    return all(is_open(moment, zones, tables) for moment in moments)


@lru_cache(maxsize=1)
def changes() -> tuple[tuple[str, datetime], ...]:
    """Return all (zone, moment) at which a clock is changed."""
    return tuple((zone, moment) for zone in ZONES for moment in _changes_of(ZoneInfo(zone)))


def _changes_of(zone: ZoneInfo) -> Iterator[datetime]:
    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    for day in range(DAYS):
        low = BEGIN + timedelta(days=day)
        high = low + timedelta(days=1)
        if offset(low) != offset(high):
            old = offset(low)
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(middle) == old else (low, middle)
            yield high.replace(microsecond=0)


def check(now: datetime, zones: Sequence[str], tables: Sequence[Timetable], margin_s: int) -> None:
    """Compare one verdict with brute force, and look at the moment it promises."""
    found = verdict(now=now, zones=zones, timetables=tables, margin_s=margin_s)
    case = (now, zones, TABLES.index(tuple(tables)), margin_s)
    assert (found == Open()) == stays_open(now, zones, tables, margin_s), case
    if isinstance(found, Closed) and found.next_open is not None:
        assert now < found.next_open <= now + timedelta(days=SEARCH_DAYS + 2), case
        assert stays_open(found.next_open, zones, tables, margin_s), case
        before = found.next_open - timedelta(microseconds=1)
        assert not is_open(before, zones, tables), case


def test_the_offsets_change_as_the_search_assumes() -> None:
    """Clocks are changed hundreds of times in these years, on whole minutes, once a day at most."""
    assert len(changes()) > 500
    for zone, moment in changes():
        known = ZoneInfo(zone)
        assert moment.second == 0
        around = [moment - timedelta(days=1), moment, moment + timedelta(days=1)]
        begin, at, end = (found.astimezone(known).utcoffset() for found in around)
        assert begin != at
        assert at == end


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_every_change_of_every_clock(step: int) -> None:
    """Around each change, verdicts are those of the clock on the wall."""
    hours = (-24, -3, -2, -1, 0, 1, 2, 3, 24)
    for n, (zone, moment) in list(enumerate(changes()))[::step]:
        tables = TABLES[n % len(TABLES)]
        for hour in hours:
            for seconds in (-1, 0):
                check(moment + timedelta(hours=hour, seconds=seconds), [zone], tables, n % 2 * 270)


def sample(count: int, seed: int) -> None:
    """Compare verdicts at random moments in one to three random zones."""
    chance = random.Random(seed)
    for _ in range(count):
        now = BEGIN + timedelta(microseconds=chance.randrange(DAYS * DAY_S * 1_000_000))
        if chance.random() < 0.3:
            now = now.replace(minute=chance.choice((0, 25, 30, 55)), second=0, microsecond=0)
        zones = chance.sample(ZONES, chance.choice((1, 1, 2, 3)))
        check(now, zones, chance.choice(TABLES), chance.choice((0, 0, 60, 270)))


def test_sampled_moments() -> None:
    """A seeded part of the long proof."""
    sample(2_000, seed=2026)


@pytest.mark.slow
def test_a_hundred_thousand_sampled_moments() -> None:
    """Verdicts are those of brute force at 100,000 moments of all zones."""
    sample(100_000, seed=2028)


def test_the_next_opening_is_the_first() -> None:
    """No minute between now and the next opening would have done."""
    chance = random.Random(7)
    for _ in range(40):
        now = BEGIN + timedelta(minutes=chance.randrange(DAYS * 1440))
        zones = chance.sample(ZONES, 2)
        tables = chance.choice(TABLES[:5])
        found = verdict(now=now, zones=zones, timetables=tables, margin_s=270)
        if isinstance(found, Closed) and found.next_open is not None:
            minutes = min((found.next_open - now) // MINUTE, 2_000)
            assert not any(stays_open(now + n * MINUTE, zones, tables, 270) for n in range(minutes))


def test_holidays_are_local_dates() -> None:
    """The oracle itself: a holiday begins at midnight on the wall."""
    table = Timetable(week=ALWAYS, holidays=frozenset({date(2026, 12, 25)}))
    moments = [datetime(2026, 12, 24, hour, tzinfo=UTC) for hour in (14, 15)]
    assert [is_open(now, ["Asia/Tokyo"], [table]) for now in moments] == [True, False]
