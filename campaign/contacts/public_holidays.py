"""Public holidays of countries and their regions, as the `holidays` library knows them."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache, partial

from campaign.errors import ConfigError
from campaign.policy.places import HolidaysOf


def holidays_of(now: datetime) -> HolidaysOf:
    """Return the function that tells a place's holidays, for the years around `now`."""
    return partial(public_holidays, year=now.year)


def check_country(country: str) -> None:
    """Raise `ConfigError` for a country whose holidays are not known."""
    # A third of a second at most, and only where a rule closes on holidays.
    import holidays

    if country not in holidays.list_supported_countries(include_aliases=False):
        raise ConfigError(
            f"the public holidays of {country!r} are not known",
            hint="give a country with two letters, like US, or leave its holidays open",
        )


@lru_cache(maxsize=1024)
def public_holidays(country: str, region: str = "", *, year: int) -> frozenset[date]:
    """Return the holidays of a place in a year, the one before and the one after.

    They include the days on which a holiday is observed. A region that has none of its own has
    its country's. `ConfigError` for a country that is not known.
    """
    import holidays

    check_country(country)
    years = (year - 1, year, year + 1)
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region or None, years=years))
    except NotImplementedError:
        return frozenset(holidays.country_holidays(country, years=years))
