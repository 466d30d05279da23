"""Where a contact may be: country, state, and the time zones it may live in.

A `timezone` cell says it best, then the column that holds the state, then the number. Zones of a
number are `phonenumbers.timezone`'s, the state of one in North America is that of `areas`, and of
an area code that is not there, `phonenumbers.geocoder`'s. A number that may lie in several zones
has all of them; one that tells nothing (a satellite's) has none. Of an area code that several
regions share, `phonenumbers` may know one zone only: there the zones of all its regions count.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from campaign.contacts.areas import states_of
from campaign.contacts.regions import TERRITORIES, find_region
from campaign.model import NOWHERE, Location

NO_COUNTRY = "001"
"""What `phonenumbers` calls the country of numbers that have none."""

NANP = 1
"""The country code of North America."""

WITH_STATES = frozenset({"US", "CA"})
STATE = re.compile(r".*, ([A-Z]{2})")
BLOCK = len("+1415555")
"""A block of 10,000 numbers of North America: nothing that is known here divides one."""

MOST_BLOCKS = 50_000


class Locator:
    """Finds locations; remembers those of whole blocks of numbers."""

    def __init__(self) -> None:
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
        found = _location(parsed)
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


def _location(number: PhoneNumber) -> Location:
    country = phonenumbers.region_code_for_number(number)
    zones = tuple(zone for zone in time_zones_for_number(number) if zone != UNKNOWN_TIMEZONE)
    if country in TERRITORIES:
        return Location(country="US", regions=(country,), zones=zones)
    regions = _states(number, country) if country in WITH_STATES else ()
    if len(regions) > 1:
        of_regions = (find_region(region, country).zones for region in regions)
        zones = tuple(dict.fromkeys(chain(zones, *of_regions)))
    return Location(
        country=None if country == NO_COUNTRY else country, regions=regions, zones=zones
    )


def _states(number: PhoneNumber, country: str) -> tuple[str, ...]:
    """Return the codes of the states a number may be of."""
    if not is_number_type_geographical(phonenumbers.number_type(number), NANP):
        return ()
    found = states_of(f"{NANP}{number.national_number}")
    return _described(number, country) if found is None else found


def _described(number: PhoneNumber, country: str) -> tuple[str, ...]:
    """Read the states out of the name of a place: `Town, TX`, `Texas`, `Yukon/Nunavut`."""
    # 0.3 s and 100 MB: only for an area code that is newer than the table.
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
        and number.country_code == NANP
        and phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE_OR_MOBILE
        and not TERRITORIES.intersection(found.regions)
    )
