"""A campaign that is asked for by name, or the names that could have been meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from campaign.errors import ConfigError
from campaign.model import Campaign
from campaign.ports import Ledger

MOST_NAMES = 5


async def campaign_named(ledger: Ledger, path: Path, name: str) -> Campaign:
    """Return a campaign of the ledger at `path`; a `ConfigError` tells which ones it has."""
    known = await ledger.campaign(name)
    if known is None:
        names = [one.name for one in await ledger.campaigns()]
        raise ConfigError(
            f"there is no campaign {name!r} in the ledger {str(path)!r}",
            hint=f"{_there_are(name, names)}; --ledger names another ledger",
        )
    return known


def _there_are(name: str, names: Sequence[str]) -> str:
    """Name those that are spelled alike, then the newest; `names` are oldest first."""
    if not names:
        return "it has none yet"
    alike = get_close_matches(name, names, n=MOST_NAMES)
    ordered = list(dict.fromkeys([*alike, *reversed(names)]))
    listed = ", ".join(map(repr, ordered[:MOST_NAMES]))
    more = len(ordered) - MOST_NAMES
    return f"it has {listed}" + (f" and {more:,} more" if more > 0 else "")
