"""States and provinces by what people call them, and the time zones that each has parts of.

The table is `data/regions.csv`: the United States with their territories, Canada and Australia,
the countries whose states have clocks of their own and are asked for in forms.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

EXPLICIT = re.compile(r"([A-Za-z]{2})-([A-Za-z0-9]{1,3})")
NEIGHBOURS = MappingProxyType({"US": ("US", "CA"), "CA": ("CA", "US")})
"""They share one numbering plan, and no code of a state: people keep numbers when they move."""

TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
"""Countries of their own by number, and under the rules of the United States."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A state or province; `zones` is empty where the table does not know it."""

    country: str
    code: str
    zones: tuple[str, ...] = ()


def find_region(text: str, country: str | None) -> Region:
    """Read a state as its code (`TX`), its name (`Texas`) or both codes (`US-TX`).

    `country` is that of the contact's number. `ValueError` where there is no such region of it;
    the text is taken as it is for a country whose regions the table does not have.
    """
    written = text.strip()
    if explicit := EXPLICIT.fullmatch(written):
        country, written = explicit[1].upper(), explicit[2]
    if country is not None and country not in _countries():
        return Region(country=country, code=written.upper())
    for place in NEIGHBOURS.get(country or "", (country,)):
        if found := table().get((place or "", written.casefold())):
            return found
    raise ValueError("is no state or province of the number's country, like TX, Texas or US-TX")


@lru_cache(maxsize=1)
def table() -> Mapping[tuple[str, str], Region]:
    """Return the regions by country and casefolded code or name."""
    text = resources.files("campaign.contacts").joinpath("data/regions.csv").read_text("utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        region = Region(
            country=row["country"], code=row["region"], zones=tuple(row["zones"].split())
        )
        for name in (region.code, *row["names"].split("|")):
            found[region.country, name.casefold()] = region
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(country for country, _ in table())
