"""Calling hours: whether a contact may be called now, on the clock of where it is.

A `Timetable` says when calls are allowed on a local clock. Where several apply (the campaign's
own, a country's, a state's), all of them must allow it; where a contact may be in several time
zones, it must be allowed in all of them.

A local clock is followed through its changes: an hour that is skipped is never open, one that is
repeated is open twice. Between two changes local time is UTC and an offset, so that the open
times of a zone are spans of UTC; they are found day by day of UTC. Source of the offsets:
`zoneinfo`. It is asked for both ends of a day, so a clock may change once in a day of UTC, which
it does.

Spans are half-open, in whole seconds: of a local day in a `Week`, since 1970 in UTC inside.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_S = 86_400
SEARCH_DAYS = 14
"""How far ahead the next opening is looked for."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
PER_S = 1_000_000

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")

Span = tuple[int, int]
Spans = tuple[Span, ...]
Week = tuple[Spans, ...]
"""The spans of each day, Monday first: in order, none touching another, in seconds of the day."""

WHOLE_DAY: Spans = ((0, DAY_S),)
ALWAYS: Week = (WHOLE_DAY,) * 7
NEVER: Week = ((),) * 7

NO_ZONE = "no time zone: the number does not tell where the contact is; add a timezone column"
OUTSIDE = "outside calling hours"
ENDING = "calling hours end too soon"
SHUT = f"no calling hours: none within {SEARCH_DAYS} days"
APART = "no common calling hours: the time zones of the number are never all open at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When calls are allowed on a local clock: `holiday_week` applies on `holidays`."""

    week: Week
    holiday_week: Week = NEVER
    holidays: frozenset[date] = field(default_factory=frozenset)

    def spans(self, day: date) -> Spans:
        """Return the open spans of a local day."""
        return (self.holiday_week if day in self.holidays else self.week)[day.weekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A call may be placed now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """No call now; `next_open` (UTC) is the first moment for one, `None` where none was found."""

    next_open: datetime | None
    reason: str


def verdict(
    *, now: datetime, zones: Sequence[str], timetables: Sequence[Timetable], margin_s: float = 0.0
) -> Open | Closed:
    """Tell whether a call may be placed at `now` (aware) in all of `zones`, by all `timetables`.

    It may where everything is open now and for `margin_s` more. Without a zone it never may.
    """
    if not zones:
        return Closed(next_open=None, reason=NO_ZONE)
    now_us = (now - EPOCH) // MICROSECOND
    # At least a microsecond: the very end of a span is not open.
    need_us = max(math.ceil(margin_s * PER_S), 1)
    everywhere = tuple(zones), tuple(timetables)
    opens_us = _first_fit(_ahead(*everywhere, now_us), now_us, need_us)
    if opens_us == now_us:
        return Open()
    if opens_us is None:
        return Closed(next_open=None, reason=SHUT if len(zones) == 1 else APART)
    is_open = _first_fit(_ahead(*everywhere, now_us), now_us, 1) == now_us
    return Closed(next_open=EPOCH + opens_us * MICROSECOND, reason=ENDING if is_open else OUTSIDE)


def parse_hours(text: str) -> Span | None:
    """Read `HH:MM-HH:MM` as a span of a day, `any` as none; up to `24:00`.

    Hours over midnight are refused: on which day they count, no two people agree.
    """
    written = text.strip().lower()
    if written == "any":
        return None
    opens, dash, closes = written.partition("-")
    if not dash:
        raise ValueError(f"{text!r} are no calling hours; write them as 09:00-20:00, or any")
    span = parse_time(opens), parse_time(closes)
    if span[0] >= span[1]:
        raise ValueError(
            f"the calling hours {text!r} end before they begin; they are those of one day"
        )
    return span


def parse_time(text: str) -> int:
    """Read `HH:MM` as seconds of the day, `24:00` being its end."""
    found = HOURS.fullmatch(text.strip())
    time_s = int(found[1]) * 3600 + int(found[2]) * 60 if found else DAY_S + 1
    if time_s > DAY_S:
        raise ValueError(f"{text.strip()!r} is no time of day; write it as 09:00")
    return time_s


def parse_days(text: str) -> frozenset[int]:
    """Read `mon-sat`, `mon,wed,fri`, `sat-mon` or `any` as days of the week, Monday 0."""
    written = text.strip().lower()
    if written == "any":
        return frozenset(range(7))
    return frozenset(day for part in written.split(",") for day in _days(part.strip(), text))


def weekly(days: Iterable[int], span: Span) -> Week:
    """Return the week that is open for one span on each of `days`."""
    chosen = frozenset(days)
    return tuple((span,) if day in chosen else () for day in range(7))


def union(first: Week, second: Week) -> Week:
    """Return the week that is open where either is."""
    return tuple(
        tuple(_joined(sorted(one + other))) for one, other in zip(first, second, strict=True)
    )


def _days(part: str, text: str) -> Iterator[int]:
    first, _, last = (name.strip() for name in part.partition("-"))
    ends = (first, last if "-" in part else first)
    if not set(ends) <= set(DAYS):
        raise ValueError(f"{text!r} are no days; write them as mon-sat or mon,wed,fri")
    begin, end = map(DAYS.index, ends)
    return (day % 7 for day in range(begin, begin + (end - begin) % 7 + 1))


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans that are given in order, those that touch or overlap as one."""
    current: Span | None = None
    for opens, closes in spans:
        if current is not None and opens <= current[1]:
            current = current[0], max(current[1], closes)
            continue
        if current is not None:
            yield current
        current = opens, closes
    if current is not None:
        yield current


def _common(first: Spans, second: Spans) -> Spans:
    """Return where both are open."""
    return tuple(
        (max(one[0], other[0]), min(one[1], other[1]))
        for one in first
        for other in second
        if max(one[0], other[0]) < min(one[1], other[1])
    )


def _ahead(
    zones: tuple[str, ...], timetables: tuple[Timetable, ...], now_us: int
) -> Iterator[Span]:
    """Yield the open spans of UTC from this day on, in microseconds, joined."""
    today = now_us // (DAY_S * PER_S)
    found = (
        span
        for day in range(today, today + SEARCH_DAYS + 2)
        for span in _open_everywhere(zones, timetables, day)
    )
    return ((opens * PER_S, closes * PER_S) for opens, closes in _joined(found))


def _first_fit(spans: Iterable[Span], now_us: int, need_us: int) -> int | None:
    """Return the first moment from now on that has `need_us` left of a span."""
    for opens, closes in spans:
        begins = max(opens, now_us)
        if closes - begins >= need_us:
            return begins
    return None


@lru_cache(maxsize=8192)
def _open_everywhere(zones: tuple[str, ...], timetables: tuple[Timetable, ...], day: int) -> Spans:
    spans: Spans = ((day * DAY_S, (day + 1) * DAY_S),)
    for zone in zones:
        spans = _common(spans, _open_in(zone, timetables, day))
    return spans


@lru_cache(maxsize=8192)
def _open_in(zone: str, timetables: tuple[Timetable, ...], day: int) -> Spans:
    """Return the open spans of one zone within a day of UTC."""
    found = []
    for begins, ends, offset_s in _clock(zone, day):
        # A day of UTC has parts of two local days.
        for local in range((begins + offset_s) // DAY_S, (ends + offset_s - 1) // DAY_S + 1):
            midnight = local * DAY_S - offset_s
            found += [
                (max(begins, midnight + opens), min(ends, midnight + closes))
                for opens, closes in _open_on(timetables, local)
                if max(begins, midnight + opens) < min(ends, midnight + closes)
            ]
    return tuple(_joined(found))


@lru_cache(maxsize=8192)
def _open_on(timetables: tuple[Timetable, ...], local: int) -> Spans:
    spans = WHOLE_DAY
    for timetable in timetables:
        spans = _common(spans, timetable.spans(date.fromordinal(EPOCH_ORDINAL + local)))
    return spans


@lru_cache(maxsize=16_384)
def _clock(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """Return the parts (begin, end, UTC offset) of a day of UTC in which a clock is not changed."""
    begins, ends = day * DAY_S, (day + 1) * DAY_S
    before_s, after_s = _offset_s(zone, begins), _offset_s(zone, ends)
    if before_s == after_s:
        return ((begins, ends, before_s),)
    unchanged, changed = begins, ends
    while changed - unchanged > 1:
        middle = (unchanged + changed) // 2
        if _offset_s(zone, middle) == before_s:
            unchanged = middle
        else:
            changed = middle
    return (begins, changed, before_s), (changed, ends, after_s)


def _offset_s(zone: str, at_s: int) -> int:
    moment = (EPOCH + timedelta(seconds=at_s)).astimezone(ZoneInfo(zone))
    return (moment.replace(tzinfo=UTC) - moment) // timedelta(seconds=1)
