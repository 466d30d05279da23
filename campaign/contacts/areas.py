"""The states that numbers of North America begin in: a table of their first digits.

`data/areas.csv` says it of each area code, and of longer beginnings that are elsewhere. It was made
of libphonenumber's own tables of towns (`tests/contacts/test_areas.py`), which are those of the
whole world: to load them takes 0.3 s and 100 MB, and every call to North America would need them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

AREA = len("1415")
LONGEST = len("1415555")
"""Digits of the longest beginnings in the table: a block of 10,000 numbers."""


def states_of(digits: str) -> tuple[str, ...] | None:
    """Return the codes of the states of a number, given its digits with the country's first.

    `None` where the area code is not in the table, because it is of no place or a new one.
    """
    known = table()
    if digits[:AREA] not in known:
        return None
    return next(known[begun] for n in range(LONGEST, 0, -1) if (begun := digits[:n]) in known)


@lru_cache(maxsize=1)
def table() -> Mapping[str, tuple[str, ...]]:
    """Return the states by the first digits of numbers."""
    text = resources.files("campaign.contacts").joinpath("data/areas.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["prefix"]: tuple(row["states"].split()) for row in rows})
