"""The table of rules by place: the one in the package, or the user's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from campaign.contacts.public_holidays import check_country
from campaign.errors import ConfigError
from campaign.policy.places import Rules, parse_rules

PACKAGED = "the rules of campaign"


def load_rules(path: str | None = None) -> Rules:
    """Read the rules by place from a file, or those that come with the package.

    `ConfigError` where a file cannot be used, also for a country that it closes on holidays which
    are not known.
    """
    if path is None:
        table = resources.files("campaign.contacts").joinpath("data/calling_hours.csv")
        return parse_rules(table.read_text("utf-8"), name=PACKAGED)
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the calling hours in {path!r} cannot be read: {error}",
            hint="give a CSV file in UTF-8",
        ) from error
    rules = parse_rules(text, name=repr(path))
    # The packaged countries are known: a test sees to it, and a start stays quick.
    for country in {rule.country for rule in rules.by_place.values() if rule.closes_on_holidays}:
        check_country(country)
    return rules
