"""The table of area codes says what libphonenumber's tables of towns say.

    python tests/contacts/test_areas.py > campaign/contacts/data/areas.csv

makes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from phonenumbers.geodata import GEOCODE_DATA

from campaign.contacts.areas import AREA, LONGEST, states_of, table
from campaign.contacts.regions import find_region

STATES = frozenset({"US", "CA"})


def named(text: str) -> tuple[str, ...]:
    """Return the states that the name of a place has: `Town, TX`, `Texas`, `Yukon/Nunavut`."""
    _, comma, code = text.rpartition(", ")
    found = []
    for name in (code,) if comma and len(code) == 2 else text.split("/"):
        try:
            found.append(find_region(name, "US").code)
        except ValueError:
            continue
    return tuple(found)


def told() -> Mapping[str, tuple[str, ...]]:
    """Return the states of all beginnings of numbers of North America that have a name."""
    named_ones = {n: names["en"] for n, names in GEOCODE_DATA.items() if n[0] == "1"}
    return {prefix: named(name) for prefix, name in named_ones.items()}


def made() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what the table has to say: of each area code, and of what is elsewhere in it."""
    found = told()
    for area in sorted({prefix[:AREA] for prefix in found}):
        own = {prefix: found[prefix] for prefix in sorted(found) if prefix.startswith(area)}
        named_ones = [states for states in own.values() if states]
        if not named_ones:
            continue  # an island that is a country of its own
        # An area code without a name of its own is of the one state that its towns are in.
        (whole,) = {own[area]} if area in own else set(named_ones)
        yield area, whole
        yield from ((prefix, states) for prefix, states in own.items() if states != whole)


def test_the_table_is_that_of_the_library() -> None:
    """Of every beginning that has a name, the same states are told."""
    found = {prefix: states for prefix, states in told().items() if prefix[:AREA] in table()}
    assert len(found) > 30_000
    assert {prefix: states_of(prefix.ljust(LONGEST, "0")) for prefix in found} == found


def test_every_area_code_with_a_state_is_known() -> None:
    """No area code that the library has a state of is missing."""
    assert {prefix[:AREA] for prefix, states in told().items() if states} <= set(table())


def test_area_codes_that_are_nowhere() -> None:
    """Nothing is said of a toll-free number, and of an island in the Caribbean."""
    assert states_of("18005550100") is None
    assert states_of("12425550100") is None


if __name__ == "__main__":
    sys.stdout.write("prefix,states\n")
    sys.stdout.writelines(f"{prefix},{' '.join(states)}\n" for prefix, states in made())
