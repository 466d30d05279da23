"""Where a contact may be: country, state, and the time zones it may live in.

A `timezone` cell says it best, then the column that holds the state, then the number. Zones of a
number are `phonenumbers.timezone`'s, the state of one in North America is
`phonenumbers.geocoder`'s. A number that may lie in several zones has all of them; one that tells
nothing (a satellite's) has none. Of an area code that several regions share, `phonenumbers` may
know one zone only: there the zones of all its regions count.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from campaign.contacts.regions import TERRITORIES, find_region
from campaign.model import NOWHERE, Location

NO_COUNTRY = "001"
"""What `phonenumbers` calls the country of numbers that have none."""

WITH_STATES = frozenset({"US", "CA"})
STATE = re.compile(r".*, ([A-Z]{2})")
SHARED_AREAS = re.compile(r"867|782|902")
"""Area codes of several provinces or territories of Canada."""

BLOCK = len("+1415555")
"""A block of 10,000 numbers of North America: nothing that is known here divides one."""

MOST_BLOCKS = 50_000


class Locator:
    """Finds locations; remembers those of whole blocks of numbers.

    Without `states`, numbers are not asked for their state, which takes 100 MB of tables; only
    those of an area code that several regions share are, because of the zones.
    """

    def __init__(self, *, states: bool = True) -> None:
        self._states = states
        self._blocks: dict[str, Location] = {}

    def locate(
        self, number: str | None, *, zone: str | None = None, region: str | None = None
    ) -> Location:
        """Return where a contact may be.

        `number` is E.164, `None` where it is one as written that tells nothing; `zone` and
        `region` are the texts of its columns, empty or `None` where there is nothing. A region
        that does not exist is a `ValueError`, in words that follow the name of its column.
        """
        found = NOWHERE if number is None else self._of_number(number)
        if region and region.strip():
            found = _moved(found, region)
        return replace(found, zones=(zone.strip(),)) if zone and zone.strip() else found

    def knows(self, number: str) -> bool:
        """Tell whether the block of a number was located, so that all of it is in one place."""
        return number[:BLOCK] in self._blocks

    def _of_number(self, number: str) -> Location:
        if known := self._blocks.get(number[:BLOCK]):
            return known
        try:
            parsed = phonenumbers.parse(number)
        except NumberParseException:
            return NOWHERE
        found = _location(parsed, states=self._states)
        if _is_uniform(parsed, found):
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            self._blocks[number[:BLOCK]] = found
        return found


def _moved(found: Location, cell: str) -> Location:
    """Return the location of a contact whose list says in which region it is."""
    region = find_region(cell, found.country)
    of_number = found.zones if region.country == found.country else ()
    return Location(country=region.country, regions=(region.code,), zones=region.zones or of_number)


def _location(number: PhoneNumber, *, states: bool) -> Location:
    country = phonenumbers.region_code_for_number(number)
    zones = tuple(zone for zone in time_zones_for_number(number) if zone != UNKNOWN_TIMEZONE)
    if country in TERRITORIES:
        return Location(country="US", regions=(country,), zones=zones)
    regions: tuple[str, ...] = ()
    if country in WITH_STATES and (states or _is_shared(number)):
        regions = _states(number, country)
    if len(regions) > 1:
        of_regions = (find_region(region, country).zones for region in regions)
        zones = tuple(dict.fromkeys(chain(zones, *of_regions)))
    return Location(
        country=None if country == NO_COUNTRY else country,
        regions=regions if states else (),
        zones=zones,
    )


def _is_shared(number: PhoneNumber) -> bool:
    return SHARED_AREAS.match(str(number.national_number)) is not None


def _states(number: PhoneNumber, country: str) -> tuple[str, ...]:
    """Return the codes of the states a number may be of: `Town, TX`, `Texas`, `Yukon/Nunavut`."""
    # 0.3 s and 100 MB: only where a state matters.
    from phonenumbers.geocoder import description_for_number

    described = description_for_number(number, "en")
    state = STATE.fullmatch(described)
    found = []
    for name in (state[1],) if state else described.split("/"):
        try:
            found.append(find_region(name, country).code)
        except ValueError:
            continue
    return tuple(found)


def _is_uniform(number: PhoneNumber, found: Location) -> bool:
    """Tell whether all numbers of a block are where this one is."""
    return (
        found.country in WITH_STATES
        and number.country_code == 1
        and phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE_OR_MOBILE
        and not TERRITORIES.intersection(found.regions)
    )
