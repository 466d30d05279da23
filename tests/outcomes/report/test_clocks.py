"""When people answer, on their own clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from campaign.model import AttemptState
from campaign.outcomes.columns import FORGOTTEN
from campaign.outcomes.report.clocks import NOWHERE, PLACES, by_key, clocks
from campaign.outcomes.report.facts import Clocks, Hour

Make = Callable[..., Any]


def locate(number: str, zone: str | None, region: str | None) -> tuple[str, ...]:
    """Know California, one place in two zones, and what the list says."""
    if zone or region:
        return (zone or f"US/{region}",)
    zones = {"+1415": ("America/Los_Angeles",), "+1208": ("America/Boise", "America/Los_Angeles")}
    return zones.get(number[:5], ())


def test_calls_by_local_hour(one: Make, taken: Make) -> None:
    """15:00 in UTC is 7:00 in California; only calls count, and who answered is told apart."""
    calls = taken(
        [one(0, 0, "user_hangup")],
        [one(1, 60, "dial_busy"), one(1, 3600 + 1800, "user_hangup")],
        [one(2, 0, state=AttemptState.REFUSED)],
    )
    expected = (
        Hour(weekday=0, hour=7, calls=2, answered=1),
        Hour(weekday=0, hour=8, calls=1, answered=1),
    )
    assert Clocks(hours=expected) == clocks(calls, locate)


def test_calls_whose_hour_is_not_known(one: Make, taken: Make) -> None:
    """A number of two zones, of none, and a forgotten one are left out, and counted."""
    numbers = ("+12085550100", "+870773111632", f"{FORGOTTEN}abcd")
    calls = taken(*([one(n, 0, "user_hangup", to_number=to)] for n, to in enumerate(numbers)))
    assert Clocks(left_out=3) == clocks(calls, locate)
    assert Clocks() == clocks(taken(), locate)


def test_the_list_knows_better(one: Make, taken: Make) -> None:
    """A time zone or a region of the list goes before the number, contact by contact."""
    calls = taken(*([one(n, 0, "user_hangup")] for n in range(3)))
    told = pl.DataFrame(
        {
            "key": ["+14155550100", "+14155550101"],
            "zone": ["Asia/Kolkata", None],
            "region": [None, "Eastern"],
        },
        schema=PLACES,
    )
    assert [(7, 1), (10, 1), (20, 1)] == [
        (hour.hour, hour.calls) for hour in clocks(calls, locate, told).hours
    ]


def test_places_by_key(screened: Make) -> None:
    """The row that is called tells where its contact is; one that cannot be called does not."""
    rows = [("a", "rejected", "x"), ("a", None, None), ("b", None, None), ("a", "suppressed", "x")]
    marked = screened([*rows, (None, "rejected", "x")])
    places = pl.DataFrame(
        {"zone": ["1", "2", None, "3", "4"], "region": [None, None, "TX", None, None]},
        schema={"zone": pl.String, "region": pl.String},
    )
    assert [("a", "2", None), ("b", None, "TX")] == by_key(marked, places).rows()
    assert NOWHERE.equals(by_key(marked, None))
