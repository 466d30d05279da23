"""When a contact may be called, and how often: settings and rules by place together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.api import hours as module
from campaign.api.hours import CallingHours, calling_hours, is_any_hour
from campaign.config import load
from campaign.errors import ConfigError
from campaign.model import NOWHERE, Contact, Location
from campaign.policy import hours
from campaign.policy.caps import Cap
from campaign.policy.hours import NO_ZONE, Closed, Open

MONDAY = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""Noon in New York, nine in Los Angeles."""

RULES = "country,region,days,opens,closes,holidays,max_calls\n"
NEW_YORK = Location(country="US", regions=("NY",), zones=("America/New_York",))
EITHER = Location(country="US", zones=("America/New_York", "America/Los_Angeles"))
PARIS = Location(country="FR", zones=("Europe/Paris",))
CAP = Cap(calls=3, window_s=86_400.0)
FIXED = {"http": {"read_timeout": "60s"}, "hours": "09:00-20:00"}


def contact(location: Location = NEW_YORK, **more: Any) -> Contact:
    """Return somebody at a place."""
    return Contact(row=0, key="k", to_number="+12125550123", location=location, **more)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., CallingHours]:
    """Return a maker of hours, under these rules by place alone."""

    def of(*rules: str, now: datetime = MONDAY, **given: Any) -> CallingHours:
        file = tmp_path / "rules.csv"
        file.write_text(RULES + "\n".join(rules), encoding="utf-8")
        return calling_hours(load({**FIXED, "hours_rules": str(file), **given}, environ={}), now)

    return of


HOURS = "(09:00-20:00 in America/New_York)"
ENDING = f"its calling hours end too soon {HOURS}"
BOTH = "(09:00-20:00 in America/New_York and America/Los_Angeles)"
SUNDAY = "(closed on Sunday 2026-03-01 in America/New_York)"


@pytest.mark.parametrize(
    ("now", "location", "opens", "reason"),
    [
        ("2026-03-02T17:00", NEW_YORK, None, ""),
        ("2026-03-02T13:59", NEW_YORK, "2026-03-02T14:00", f"outside its calling hours {HOURS}"),
        ("2026-03-03T00:56", NEW_YORK, None, ""),
        ("2026-03-03T00:57", NEW_YORK, "2026-03-03T14:00", ENDING),
        ("2026-03-02T16:59", EITHER, "2026-03-02T17:00", f"outside its calling hours {BOTH}"),
        ("2026-03-01T17:00", NEW_YORK, "2026-03-02T14:00", f"outside its calling hours {SUNDAY}"),
        ("2026-03-02T17:00", NOWHERE, "", NO_ZONE),
    ],
)
def test_openings(now: str, location: Location, opens: str | None, reason: str, make: Any) -> None:
    """Who may be called in time to end within the hours may be; else it is told when and why."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = make().opening(contact(location), at)
    if opens is None:
        assert Open() == found
        return
    first = datetime.fromisoformat(opens).replace(tzinfo=UTC) if opens else None
    assert Closed(next_open=first, reason=reason) == found


def test_many_zones(make: Any) -> None:
    """Not all zones are named where there are many."""
    zones = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
    found = make().opening(
        contact(Location(country="US", zones=zones)), MONDAY - timedelta(hours=9)
    )
    assert found.reason.endswith(
        "in America/New_York and America/Chicago and America/Denver and 1 more time zones)"
    )


def test_rules_tighten(make: Any) -> None:
    """Rules by place and the campaign's hours hold together, and so do their caps."""
    hours = make("US,,any,08:00,21:00,open,", "US,NY,mon,13:00,15:00,open,2/24h")
    found = hours.opening(contact(), MONDAY)
    assert (
        Closed(
            next_open=MONDAY + timedelta(hours=1),
            reason="outside its calling hours (13:00-15:00 in America/New_York)",
        )
        == found
    )
    assert (CAP, Cap(calls=2, window_s=86_400.0)) == hours.caps(contact())
    assert (CAP,) == hours.caps(contact(PARIS))


def test_own_hours_instead_of_rules(make: Any) -> None:
    """Asked to, the campaign's hours stand instead of those of places, whose caps stay."""
    hours = make("US,NY,mon,13:00,15:00,open,2/24h", widen=True)
    assert Open() == hours.opening(contact(), MONDAY)
    assert 2 == len(hours.caps(contact()))


@pytest.mark.parametrize(
    ("days", "skipped", "location", "is_open"),
    [
        ("any", (), NEW_YORK, True),
        ("any", ("US",), NEW_YORK, False),
        ("any", ("FR",), NEW_YORK, True),
        ("any", ("US", "FR"), Location(zones=("America/New_York",)), False),
        ("tue", (), NEW_YORK, False),
    ],
)
def test_holidays_that_are_skipped(
    days: str, skipped: tuple[str, ...], location: Location, is_open: bool, make: Any
) -> None:
    """On a holiday of the contact's country nobody calls it; on any, where that is not known."""
    holiday = datetime(2026, 5, 25, 17, 0, tzinfo=UTC)
    hours = make(now=holiday, days=days, skip_holidays=list(skipped))
    assert is_open is isinstance(hours.opening(contact(location), holiday), Open)


def test_any_hour(make: Any) -> None:
    """At any hour nobody asks where a contact is; the campaign's caps hold, no place's."""
    hours = make("US,NY,mon,13:00,15:00,open,2/24h", hours="any")
    night = MONDAY + timedelta(hours=14)
    assert (True, Open(), Open()) == (
        hours.any_hour,
        hours.opening(contact(NOWHERE), night),
        hours.open_at(NOWHERE, night),
    )
    assert (CAP,) == hours.caps(contact())
    assert () == make(hours="any", max_per_number="any").caps(contact())
    assert is_any_hour(load({"hours": "any"}, environ={}))


@pytest.mark.parametrize(
    ("zone", "expected"), [(None, NO_ZONE), ("America/New_York", None), ("Asia/Tokyo", "")]
)
def test_numbers_as_written(zone: str | None, expected: str | None, make: Any) -> None:
    """A number that goes as it is written says nothing of its place; its time zone does."""
    found = make().opening(contact(ignore_e164=True, timezone=zone), MONDAY)
    if expected is None:
        assert Open() == found
    else:
        assert expected in found.reason


def test_a_verdict_is_kept(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until a place opens, and at one moment, it is judged once."""
    found = make()
    asked: list[datetime] = []
    real = hours.verdict

    def counting(**given: Any) -> Any:
        asked.append(given["now"])
        return real(**given)

    monkeypatch.setattr(hours, "verdict", counting)
    night = MONDAY - timedelta(hours=9)
    moments = [night, night, night + timedelta(hours=1), MONDAY, MONDAY, night]
    said = [isinstance(found.opening(contact(), at), Open) for at in moments]
    assert [False, False, False, True, True, False] == said
    assert [night, MONDAY, night] == asked


def test_many_places(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More places than are kept are worked out again."""
    monkeypatch.setattr(module, "MOST_PLACES", 1)
    hours = make()
    for place in (NEW_YORK, PARIS, NEW_YORK):
        assert isinstance(hours.opening(contact(place), MONDAY), Open)


def test_the_packaged_rules() -> None:
    """Without a file of rules, those of the package hold."""
    hours = calling_hours(load(FIXED, environ={}), MONDAY)
    assert Open() == hours.opening(contact(), MONDAY)


def test_rules_that_cannot_be_used() -> None:
    """A file that is not there and a country without known holidays are errors of configuration."""
    with pytest.raises(ConfigError, match=r"'no.csv' cannot be read"):
        calling_hours(load({"hours_rules": "no.csv"}, environ={}), MONDAY)
    with pytest.raises(ConfigError, match="'XX' are not known"):
        calling_hours(load({"skip_holidays": "xx"}, environ={}), MONDAY)
