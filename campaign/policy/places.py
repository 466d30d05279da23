"""Rules by place: when, and how often, people of a country or state may be called.

A table has one row for each window: country, region (empty for the whole country), days, opens,
closes, holidays (`open` or `closed`), max_calls (caps like `3/24h`, several with a space between);
kind, source and confidence are for the reader. The rows of one place are a union, and a day
without a row is closed. The rules of a contact's country and of its region all hold, and the
campaign's own hours as well, unless rules are told to replace them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from types import MappingProxyType

from campaign.errors import ConfigError
from campaign.policy.caps import Cap, parse_caps
from campaign.policy.hours import (
    ALWAYS,
    NEVER,
    Timetable,
    Week,
    parse_days,
    parse_time,
    union,
    weekly,
)

NEEDED = ("country", "region", "days", "opens", "closes", "holidays", "max_calls")
KNOWN = frozenset({*NEEDED, "kind", "source", "confidence"})
COUNTRY = re.compile(r"[A-Z]{2}")
REGION = re.compile(r"[A-Z0-9]{0,3}")
HINT = "the file that comes with campaign shows how rules are written"

Place = tuple[str, str]
"""A country (ISO 3166-1, two letters) and a region of it (ISO 3166-2 without the country) or ""."""

HolidaysOf = Callable[[str, str], frozenset[date]]
"""The public holidays of a place: country, region (or "")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds in one place; `holiday_week` is what its public holidays leave open."""

    country: str
    region: str
    week: Week
    holiday_week: Week
    caps: tuple[Cap, ...] = ()

    @property
    def closes_on_holidays(self) -> bool:
        """Whether holidays make a difference."""
        return self.week != self.holiday_week


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of all places that have any."""

    by_place: Mapping[Place, Rule]

    def of(self, country: str | None, regions: Iterable[str] = ()) -> tuple[Rule, ...]:
        """Return all rules that hold for a contact: its country's, and its possible regions'."""
        places = ((country or "", region) for region in dict.fromkeys(("", *regions)))
        return tuple(self.by_place[place] for place in places if place in self.by_place)


NO_RULES = Rules(by_place=MappingProxyType({}))


def parse_rules(text: str, *, name: str) -> Rules:
    """Read a table of rules, CSV with a header; `ConfigError` names the line of what is wrong."""
    found: dict[Place, Rule] = {}
    for line, row in _rows(text, name):
        try:
            rule = _rule(row)
        except ValueError as error:
            raise ConfigError(f"line {line} of {name}: {error}", hint=HINT) from error
        place = rule.country, rule.region
        found[place] = _joined(found[place], rule) if place in found else rule
    return Rules(by_place=MappingProxyType(found))


def timetables(
    own: Week,
    rules: Sequence[Rule],
    *,
    regions: Sequence[str] = (),
    holidays_of: HolidaysOf,
    replace: bool = False,
) -> tuple[Timetable, ...]:
    """Return all timetables that a contact's calls must keep: the campaign's, and its places'.

    `regions` are those the contact may be in. With `replace`, rules stand instead of the
    campaign's hours where there are any, so that they can widen them.
    """
    of_places = tuple(_timetable(rule, regions, holidays_of) for rule in rules)
    return of_places if replace and of_places else (Timetable(week=own), *of_places)


def closed_on(dates: frozenset[date]) -> Timetable:
    """Return the timetable that is closed on these dates and open at all other times."""
    return Timetable(week=ALWAYS, holiday_week=NEVER, holidays=dates)


def caps_of(own: Sequence[Cap], rules: Sequence[Rule]) -> tuple[Cap, ...]:
    """Return all caps that hold for a contact: the campaign's, and its places'."""
    return tuple(dict.fromkeys([*own, *(cap for rule in rules for cap in rule.caps)]))


def _timetable(rule: Rule, regions: Sequence[str], holidays_of: HolidaysOf) -> Timetable:
    if not rule.closes_on_holidays:
        return Timetable(week=rule.week)
    # A country's rule is closed on the holidays of the contact's region too.
    within = [rule.region] if rule.region else ["", *regions]
    dates = frozenset[date]().union(*(holidays_of(rule.country, region) for region in within))
    return Timetable(week=rule.week, holiday_week=rule.holiday_week, holidays=dates)


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, cells by column) of every row that is not empty."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header, name)
        for cells in reader:
            if len(cells) not in {0, len(header)}:
                raise ConfigError(
                    f"line {reader.line_num} of {name} has {len(cells)} cells,"
                    f" its header has {len(header)}",
                    hint=HINT,
                )
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(header, map(str.strip, cells), strict=True))
    except csv.Error as error:
        raise ConfigError(f"line {reader.line_num} of {name}: {error}", hint=HINT) from error


def _check_header(header: Sequence[str], name: str) -> None:
    problems = [
        *(f"no column {column!r}" for column in NEEDED if column not in header),
        *(f"an unknown column {column!r}" for column in header if column not in KNOWN),
        *(f"two columns {column!r}" for column in KNOWN if header.count(column) > 1),
    ]
    if problems:
        raise ConfigError(f"{name} has {problems[0]}", hint=HINT)


def _rule(row: Mapping[str, str]) -> Rule:
    """Return the rule that one row makes; `ValueError` says which cell is wrong."""
    country, region = row["country"].upper(), row["region"].upper()
    if not COUNTRY.fullmatch(country):
        raise ValueError(f"{row['country']!r} is no country; write it with two letters, like US")
    if not REGION.fullmatch(region):
        raise ValueError(f"{row['region']!r} is no region; write its code, like TX")
    span = parse_time(row["opens"]), parse_time(row["closes"])
    if span[0] >= span[1]:
        raise ValueError(f"it closes at {row['closes']!r}, not after it opens")
    if row["holidays"].lower() not in {"open", "closed"}:
        raise ValueError(f"{row['holidays']!r} under holidays is neither open nor closed")
    week = weekly(parse_days(row["days"]), span)
    return Rule(
        country=country,
        region=region,
        week=week,
        holiday_week=week if row["holidays"].lower() == "open" else NEVER,
        caps=parse_caps(row["max_calls"].split()),
    )


def _joined(first: Rule, second: Rule) -> Rule:
    return Rule(
        country=first.country,
        region=first.region,
        week=union(first.week, second.week),
        holiday_week=union(first.holiday_week, second.holiday_week),
        caps=tuple(dict.fromkeys((*first.caps, *second.caps))),
    )
