"""From what was typed to settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaign import config
from campaign.cli.say import say
from campaign.config import Settings

SPELLED = {"from_number": "--from", "contacts": "CONTACTS"}


def flag_of(name: str) -> str:
    """Return how a setting is typed."""
    return SPELLED.get(name, f"--{name.replace('_', '-')}")


def typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were typed; the others are left to other sources."""
    return {name: value for name, value in given.items() if value not in (None, [], ())}


def settings_of(given: Mapping[str, Any], *, config_file: str | None) -> Settings:
    """Return the settings of a command."""
    notices: list[str] = []
    settings = config.load(
        typed(given), config=config_file, find_config=True, spelled=flag_of, notify=notices.append
    )
    if not settings.quiet:
        for notice in notices:
            say(notice)
    return settings
