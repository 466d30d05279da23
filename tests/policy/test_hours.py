"""Calling hours: how they are written, and when a contact may be called."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.policy import hours
from campaign.policy.hours import (
    ALWAYS,
    APART,
    DAY_S,
    ENDING,
    NEVER,
    NO_ZONE,
    OUTSIDE,
    SHUT,
    Closed,
    Open,
    Span,
    Timetable,
    Week,
    parse_days,
    parse_hours,
    union,
    verdict,
    weekly,
)

NINE_TO_EIGHT = (9 * 3600, 20 * 3600)
USUAL = Timetable(week=weekly(range(6), NINE_TO_EIGHT))
DAILY = Timetable(week=weekly(range(7), NINE_TO_EIGHT))


def at(text: str) -> datetime:
    """Return a moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00-20:00", NINE_TO_EIGHT),
        (" 9:00 - 20:00 ", NINE_TO_EIGHT),
        ("00:00-24:00", (0, DAY_S)),
        ("23:59-24:00", (DAY_S - 60, DAY_S)),
        ("any", None),
        ("ANY ", None),
    ],
)
def test_hours_are_a_span_of_a_day(text: str, expected: Span | None) -> None:
    """Hours are written with minutes, up to the end of the day; `any` is none."""
    assert parse_hours(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("09:00", "are no calling hours"),
        ("", "are no calling hours"),
        ("9-20", "'9' is no time of day"),
        ("09:00-24:01", "'24:01' is no time of day"),
        ("09:00-20:60", "'20:60' is no time of day"),
        ("09:00-20:00-21:00", "no time of day"),
        ("20:00-09:00", "end before they begin"),
        ("09:00-09:00", "end before they begin"),
    ],
)
def test_hours_that_are_none(text: str, message: str) -> None:
    """Anything else is refused, hours over midnight included."""
    with pytest.raises(ValueError, match=message):
        parse_hours(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-sat", {0, 1, 2, 3, 4, 5}),
        ("Mon, wed ,FRI", {0, 2, 4}),
        ("sun", {6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("tue-tue", {1}),
        ("mon-tue,sun", {0, 1, 6}),
        ("any", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_days(text: str, expected: set[int]) -> None:
    """Days are names, lists of names and ranges, also over the week's end."""
    assert parse_days(text) == expected


@pytest.mark.parametrize("text", ["", "monday", "mon-", "-mon", "mon-fri-sun", "mon,,tue", "1-5"])
def test_days_that_are_none(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="are no days"):
        parse_days(text)


def test_a_union_joins_what_touches() -> None:
    """The union of two weeks has spans in order, none touching another."""
    morning, noon = weekly([0], (100, 200)), weekly([0, 1], (200, 300))
    late = weekly([0], (500, 600))
    assert union(union(late, morning), noon) == (
        ((100, 300), (500, 600)),
        ((200, 300),),
        *((),) * 5,
    )
    assert union(weekly([0], (100, 500)), weekly([0], (200, 300))) == weekly([0], (100, 500))


NEW_YORK = ("America/New_York",)

WINTER = [
    # Monday, 2026-11-23; New York is 5 h behind UTC.
    ("13:59:59.999999", 0, Closed(next_open=at("2026-11-23 14:00"), reason=OUTSIDE)),
    ("14:00", 0, Open()),
    ("14:00", 270, Open()),
    ("13:57", 270, Closed(next_open=at("2026-11-23 14:00"), reason=OUTSIDE)),
    ("00:59:59.999999", 0, Closed(next_open=at("2026-11-23 14:00"), reason=OUTSIDE)),
]


@pytest.mark.parametrize(("time", "margin_s", "expected"), WINTER)
def test_the_beginning_of_a_day(time: str, margin_s: float, expected: Open | Closed) -> None:
    """Hours open at their first instant, to the microsecond."""
    found = verdict(
        now=at(f"2026-11-23 {time}"), zones=NEW_YORK, timetables=[USUAL], margin_s=margin_s
    )
    assert found == expected


@pytest.mark.parametrize(
    ("time", "margin_s", "expected"),
    [
        ("00:59:59.999999", 0, Open()),
        ("01:00", 0, Closed(next_open=at("2026-11-24 14:00"), reason=OUTSIDE)),
        ("00:55:30", 270, Open()),
        ("00:55:30.000001", 270, Closed(next_open=at("2026-11-24 14:00"), reason=ENDING)),
        ("00:59:59.5", 0.5, Open()),
        ("00:59:59.5", 0.500001, Closed(next_open=at("2026-11-24 14:00"), reason=ENDING)),
    ],
)
def test_the_end_of_a_day(time: str, margin_s: float, expected: Open | Closed) -> None:
    """A call needs its margin before hours end, and none is placed at the end itself."""
    found = verdict(
        now=at(f"2026-11-24 {time}"), zones=NEW_YORK, timetables=[USUAL], margin_s=margin_s
    )
    assert found == expected


def test_the_week_and_the_caller_s_own_clock() -> None:
    """Saturday's end leads to Monday; the zone in which `now` is written plays no part."""
    now = at("2026-11-22 01:00")
    expected = Closed(next_open=at("2026-11-23 14:00"), reason=OUTSIDE)
    for own in (UTC, (now + timedelta(hours=1)).astimezone().tzinfo):
        assert verdict(now=now.astimezone(own), zones=NEW_YORK, timetables=[USUAL]) == expected


@pytest.mark.parametrize(
    ("zones", "timetables", "margin_s", "expected"),
    [
        ((), [USUAL], 0, NO_ZONE),
        (NEW_YORK, [Timetable(week=NEVER)], 0, SHUT),
        (NEW_YORK, [USUAL], 40_000, SHUT),
        (("America/New_York", "Asia/Bangkok"), [DAILY], 0, APART),
    ],
    ids=["no zone", "no hours", "too long a margin", "never both"],
)
def test_never(
    zones: tuple[str, ...], timetables: list[Timetable], margin_s: float, expected: str
) -> None:
    """Where no moment is found within two weeks, none is told."""
    found = verdict(
        now=at("2026-11-23 15:00"), zones=zones, timetables=timetables, margin_s=margin_s
    )
    assert found == Closed(next_open=None, reason=expected)


def test_several_zones_must_all_be_open() -> None:
    """Boise opens an hour before Los Angeles and closes an hour before it."""
    both = ("America/Boise", "America/Los_Angeles")
    opens, closes = at("2026-11-23 17:00"), at("2026-11-24 03:00")
    just_before = opens - timedelta(microseconds=1)
    assert verdict(now=opens, zones=both, timetables=[USUAL]) == Open()
    assert verdict(now=just_before, zones=both, timetables=[USUAL]) == Closed(
        next_open=opens, reason=OUTSIDE
    )
    assert verdict(now=closes, zones=both, timetables=[USUAL]) == Closed(
        next_open=at("2026-11-24 17:00"), reason=OUTSIDE
    )


def test_without_hours_every_moment_is_open() -> None:
    """No timetable, or one that is always open, has no end at midnight either."""
    for timetables in ([], [Timetable(week=ALWAYS)]):
        now = at("2026-11-23 04:59:59")
        week_s = 7 * DAY_S
        assert verdict(now=now, zones=NEW_YORK, timetables=timetables, margin_s=week_s) == Open()


def test_timetables_are_intersected_on_the_local_date() -> None:
    """On a holiday a timetable has its other week; the other timetables keep theirs."""
    paris = ("Europe/Paris",)
    closed = Timetable(week=ALWAYS, holidays=frozenset({date(2026, 12, 25)}))
    short = Timetable(
        week=DAILY.week,
        holiday_week=weekly(range(7), (12 * 3600, 14 * 3600)),
        holidays=frozenset({date(2026, 12, 24)}),
    )
    tables = [DAILY, closed, short]
    opens = ["2026-12-24 11:00", "2026-12-26 08:00"]
    first = verdict(now=at("2026-12-23 23:30"), zones=paris, timetables=tables)
    second = verdict(now=at("2026-12-24 13:00"), zones=paris, timetables=tables)
    assert [first, second] == [Closed(next_open=at(text), reason=OUTSIDE) for text in opens]


NIGHT = Timetable(week=weekly(range(7), (5400, 9000)))  # 01:30-02:30


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # 2026-03-08: 02:00 is 03:00 in New York; the hours end with the skipped hour's beginning.
        ("2026-03-08 06:59:59", Open()),
        ("2026-03-08 07:00", Closed(next_open=at("2026-03-09 05:30"), reason=OUTSIDE)),
        # 2026-11-01: 02:00 is 01:00 again; 01:30-02:00 comes twice.
        ("2026-11-01 05:30", Open()),
        ("2026-11-01 06:00", Closed(next_open=at("2026-11-01 06:30"), reason=OUTSIDE)),
        ("2026-11-01 06:30", Open()),
        ("2026-11-01 07:29:59", Open()),
        ("2026-11-01 07:30", Closed(next_open=at("2026-11-02 06:30"), reason=OUTSIDE)),
    ],
)
def test_clock_changes(now: str, expected: Open | Closed) -> None:
    """An hour that is skipped is never open, one that is repeated is open twice."""
    assert verdict(now=at(now), zones=NEW_YORK, timetables=[NIGHT]) == expected


def test_hours_in_a_skipped_hour_are_not_moved() -> None:
    """Hours that lie wholly in the skipped hour do not happen that day."""
    skipped = Timetable(week=weekly(range(7), (7200, 10_800)))
    found = verdict(now=at("2026-03-08 05:00"), zones=NEW_YORK, timetables=[skipped])
    assert found == Closed(next_open=at("2026-03-09 06:00"), reason=OUTSIDE)


def test_a_naive_moment_is_refused() -> None:
    """A time without a zone is nobody's time."""
    with pytest.raises(TypeError, match="offset-naive"):
        verdict(now=datetime(2026, 1, 1), zones=NEW_YORK, timetables=[USUAL])  # noqa: DTZ001


SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
WEEKS = st.lists(st.tuples(st.sets(st.integers(0, 6)), SPANS), max_size=4)


def week_of(rows: list[tuple[set[int], Span]]) -> Week:
    """Return the union of rows of days and minutes."""
    week = NEVER
    for days, (opens, closes) in rows:
        week = union(week, weekly(days, (opens * 60, closes * 60)))
    return week


@settings(max_examples=100)
@given(WEEKS, WEEKS, st.integers(0, 7 * 1440 - 1))
def test_a_union_and_an_intersection_are_what_they_say(
    first: list[tuple[set[int], Span]], second: list[tuple[set[int], Span]], minute: int
) -> None:
    """A minute is open in a union where a row is, by two timetables where both are."""
    day, of_day = divmod(minute, 1440)

    def is_in(rows: list[tuple[set[int], Span]]) -> bool:
        return any(day in days and span[0] <= of_day < span[1] for days, span in rows)

    tables = [Timetable(week=week_of(first)), Timetable(week=week_of(second))]
    now = at("2026-11-23 00:00") + timedelta(minutes=minute)
    found = verdict(now=now, zones=["UTC"], timetables=tables)
    assert (found == Open()) == (is_in(first) and is_in(second))


def test_search_has_a_bound() -> None:
    """A closing of more than two weeks has no end that is told."""
    closed = frozenset(date(2026, 11, 23) + timedelta(days=n) for n in range(hours.SEARCH_DAYS + 2))
    table = Timetable(week=ALWAYS, holidays=closed)
    found = verdict(now=at("2026-11-23 00:00"), zones=["UTC"], timetables=[table])
    assert found == Closed(next_open=None, reason=SHUT)
