"""When a contact may be called, and how often: settings and rules by place, as a plan asks.

A contact may be in several time zones and states; what a place comes to is worked out once for
each combination of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from campaign.config import ANY, Settings
from campaign.contacts.public_holidays import check_country, holidays_of
from campaign.contacts.rules_file import load_rules
from campaign.model import Contact, Location
from campaign.policy import hours, places
from campaign.policy.caps import Cap, parse_caps
from campaign.policy.hours import Closed, Open, Spans, Timetable, Week
from campaign.policy.places import NO_RULES, HolidaysOf, Rule, Rules

TALK_S = 180.0
"""A call that is just placed in time is over within the calling hours, as a rule."""

MOST_PLACES = 20_000
MOST_NAMED = 3
"""Time zones that a reason names."""

SAID = {
    hours.OUTSIDE: "outside its calling hours",
    hours.ENDING: "its calling hours end too soon",
}


@dataclass(slots=True)
class Place:
    """What holds for all contacts that may be in the same zones and regions; its last verdict."""

    zones: tuple[str, ...]
    timetables: tuple[Timetable, ...]
    caps: tuple[Cap, ...]
    asked_at: datetime | None = None
    said: Open | Closed = field(default_factory=Open)

    def still_says(self, now: datetime) -> bool:
        """Tell whether the last verdict holds at `now`: it is closed until it opens."""
        if self.asked_at is None or now <= self.asked_at:
            return now == self.asked_at
        opens = self.said.next_open if isinstance(self.said, Closed) else None
        return opens is not None and now < opens


class CallingHours:
    """Verdicts on contacts; where `any` hour is allowed, every contact may be called always."""

    def __init__(
        self,
        *,
        own: Week | None,
        own_caps: Sequence[Cap] = (),
        rules: Rules = NO_RULES,
        holidays: HolidaysOf = lambda _, __: frozenset(),
        widen: bool = False,
        skip_holidays: Iterable[str] = (),
        margin_s: float = 0.0,
    ) -> None:
        self._own = own
        self._own_caps = tuple(own_caps)
        self._rules = rules
        self._holidays = holidays
        self._widen = widen
        self._skip = frozenset(skip_holidays)
        self._margin_s = margin_s
        self._places: dict[Location, Place] = {}

    @property
    def any_hour(self) -> bool:
        """Whether nobody asks where a contact is, nor how late it is there."""
        return self._own is None

    def opening(self, contact: Contact, now: datetime) -> Open | Closed:
        """Tell whether a contact may be called at `now`, else when and why not."""
        return Open() if self._own is None else self.open_at(where(contact), now)

    def open_at(self, location: Location, now: datetime) -> Open | Closed:
        """Tell the same of everybody who may be in the same place."""
        if self._own is None:
            return Open()
        place = self._place(location)
        if not place.still_says(now):
            place.said, place.asked_at = self._verdict(place, now), now
        return place.said

    def caps(self, contact: Contact) -> tuple[Cap, ...]:
        """Return how often a contact's number may be called: the campaign's caps and its place's.

        At any hour the campaign's own alone: rules of places are then lifted.
        """
        return self._own_caps if self._own is None else self.caps_at(where(contact))

    def caps_at(self, location: Location) -> tuple[Cap, ...]:
        """Tell the same of everybody who may be in the same place."""
        return self._own_caps if self._own is None else self._place(location).caps

    def _place(self, location: Location) -> Place:
        known = self._places.get(location)
        if known is None:
            if len(self._places) >= MOST_PLACES:
                self._places.clear()
            known = self._places[location] = self._worked_out(location)
        return known

    def _worked_out(self, location: Location) -> Place:
        rules = self._rules.of(location.country, location.regions)
        return Place(
            zones=location.zones,
            timetables=(*self._timetables(rules, location), *self._closed(location)),
            caps=places.caps_of(self._own_caps, rules),
        )

    def _timetables(self, rules: Sequence[Rule], location: Location) -> tuple[Timetable, ...]:
        return places.timetables(
            self._own or hours.ALWAYS,
            () if self._widen else rules,
            regions=location.regions,
            holidays_of=self._holidays,
        )

    def _closed(self, location: Location) -> list[Timetable]:
        """Return the holidays to skip: the contact's country's, all where that is not known."""
        skipped = self._skip if location.country is None else self._skip & {location.country}
        dates = [
            self._holidays(country, region)
            for country in sorted(skipped)
            for region in ("", *(location.regions if country == location.country else ()))
        ]
        return [places.closed_on(frozenset[date]().union(*dates))] if dates else []

    def _verdict(self, place: Place, now: datetime) -> Open | Closed:
        found = hours.verdict(
            now=now, zones=place.zones, timetables=place.timetables, margin_s=self._margin_s
        )
        if isinstance(found, Open) or found.reason not in SAID:
            return found
        reason = f"{SAID[found.reason]} ({_told(place, now)})"
        return Closed(next_open=found.next_open, reason=reason)


def calling_hours(settings: Settings, now: datetime) -> CallingHours:
    """Return what settings say of hours and caps; holidays are those of the years around `now`.

    Raises `ConfigError` for rules that cannot be read and countries whose holidays are not known.
    """
    own_caps = parse_caps(settings.max_per_number)
    span = hours.parse_hours(settings.hours)
    if span is None:
        return CallingHours(own=None, own_caps=own_caps)
    for country in settings.skip_holidays:
        check_country(country)
    return CallingHours(
        own=hours.weekly(hours.parse_days(settings.days), span),
        own_caps=own_caps,
        rules=load_rules(settings.hours_rules),
        holidays=holidays_of(now),
        widen=settings.widen,
        skip_holidays=settings.skip_holidays,
        margin_s=settings.http.read_timeout + TALK_S,
    )


def is_any_hour(settings: Settings) -> bool:
    """Tell whether contacts may be called at any hour."""
    return settings.hours == ANY


def where(contact: Contact) -> Location:
    """Return where a contact may be; a number that goes as it is written tells nothing of it."""
    if not contact.ignore_e164:
        return contact.location
    return Location(zones=() if contact.timezone is None else (contact.timezone,))


def _told(place: Place, now: datetime) -> str:
    """Return the hours of today in a place and where that is: `09:00-20:00 in Europe/Paris`."""
    named = " and ".join(place.zones[:MOST_NAMED])
    zones = len(place.zones)
    more = f" and {zones - MOST_NAMED} more time zones" if zones > MOST_NAMED else ""
    today = now.astimezone(ZoneInfo(place.zones[0])).date()
    return f"{_hours_of(place.timetables, today)} in {named}{more}"


def _hours_of(timetables: Sequence[Timetable], day: date) -> str:
    common: Spans = hours.WHOLE_DAY
    for timetable in timetables:
        common = tuple(
            (max(one[0], other[0]), min(one[1], other[1]))
            for one in common
            for other in timetable.spans(day)
            if max(one[0], other[0]) < min(one[1], other[1])
        )
    written = (f"{_clock(opens)}-{_clock(closes)}" for opens, closes in common)
    return ", ".join(written) or f"closed on {day:%A} {day}"


def _clock(time_s: int) -> str:
    return f"{time_s // 3600:02d}:{time_s % 3600 // 60:02d}"
