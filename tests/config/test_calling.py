"""How hours, days, caps, countries and lists of paths are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaign.config import Settings, load
from campaign.errors import ConfigError, UsageError


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("hours", "9:00-17:30", "9:00-17:30"),
        ("hours", " ANY ", "any"),
        ("days", "Mon-Fri", "mon-fri"),
        ("days", ["mon", "wed"], "mon,wed"),
        ("days", "any", "any"),
        ("max_per_number", "3/24h,7/7d", ("3/24h", "7/7d")),
        ("max_per_number", ["ANY"], ("any",)),
        ("skip_holidays", ["us", "DE"], ("US", "DE")),
        ("skip_holidays", "us", ("US",)),
        ("suppress", "a.csv,b.csv", ("a.csv", "b.csv")),
        ("suppress", '["a,b.csv"]', ("a,b.csv",)),
        ("suppress", Path("a.csv"), ("a.csv",)),
        ("suppress", ["a,b.csv", Path("c.csv")], ("a,b.csv", "c.csv")),
        ("expects", "name,balance", ("name", "balance")),
        ("min_gap", "4h", 14_400.0),
        ("consent_max_age", "500d", 500 * 86_400.0),
    ],
)
def test_what_can_be_written(name: str, given: Any, expected: Any) -> None:
    """Each setting takes text, TOML and Python's own values."""
    assert expected == getattr(load({name: given}, environ={}), name)


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("hours", "9-17", "hours: '9' is no time of day; write it as 09:00"),
        ("hours", "all day", "hours: 'all day' are no calling hours"),
        ("hours", "20:00-09:00", "hours: the calling hours '20:00-09:00' end before they begin"),
        ("hours", "", "hours: String should have at least 1 character"),
        ("days", "weekdays", "days: 'weekdays' are no days; write them as mon-sat"),
        ("days", 5, "days: Input should be a valid string"),
        ("max_per_number", "3", "max_per_number: '3' is no cap on calls; write it as 3/24h"),
        ("max_per_number", ["3/24h", "7/7D"], "max_per_number: '7/7D' is no cap on calls"),
        ("max_per_number", ["any", "3/24h"], "max_per_number: 'any' is no cap on calls"),
        ("max_per_number", [], "max_per_number: there is no cap; write it as 3/24h, or any"),
        ("skip_holidays", ["USA"], "skip_holidays: 'USA' is no country"),
        ("suppress", 5, "suppress.0: Input should be a valid string"),
        ("suppress", "[a.csv", "suppress: '\\[a.csv' is no list of paths"),
        ("min_gap", "soon", "min_gap: 'soon' is no duration"),
    ],
)
def test_what_cannot_be_written(name: str, given: Any, told: str) -> None:
    """A value that cannot be meant is named, with what is wrong about it."""
    with pytest.raises(UsageError, match=told):
        load({name: given}, environ={})


def test_defaults() -> None:
    """Without a word, hours are those of a long working day, and caps hold."""
    found = Settings()
    assert ("09:00-20:00", "mon-sat", ("3/24h",), (), 0.0, False) == (
        found.hours,
        found.days,
        found.max_per_number,
        found.suppress,
        found.min_gap,
        found.widen,
    )


def test_paths_of_a_file(tmp_path: Path) -> None:
    """Relative paths in a file are taken from its folder; the environment's are taken as given."""
    folder = tmp_path / "conf"
    folder.mkdir()
    file = folder / "x.toml"
    file.write_text('suppress = ["a.csv", "/b.csv"]\nhours_rules = "r.csv"\n', encoding="utf-8")
    found = load({}, config=file, environ={})
    assert ((str(folder / "a.csv"), "/b.csv"), str(folder / "r.csv")) == (
        found.suppress,
        found.hours_rules,
    )
    found = load({}, config=file, environ={"CAMPAIGN_SUPPRESS": "c.csv"})
    assert ("c.csv",) == found.suppress


def test_the_source_of_a_bad_value(tmp_path: Path) -> None:
    """The environment and the file are named as what they are."""
    with pytest.raises(ConfigError, match="CAMPAIGN_HOURS: '9' is no time of day"):
        load({}, environ={"CAMPAIGN_HOURS": "9-17"})
    file = tmp_path / "x.toml"
    file.write_text('days = ["mon", "tues"]', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"days in .*x\.toml.*: 'mon,tues' are no days"):
        load({}, config=file, environ={})
