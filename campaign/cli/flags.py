"""From what was typed to settings, and to a log as they want it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from campaign import config
from campaign.api.sources import campaign_name
from campaign.cli import logs
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
    """Return the settings of a command; from here on the log is written as they say."""
    notices: list[str] = []
    if "json" in {given.get("log_format"), os.environ.get("CAMPAIGN_LOG_FORMAT")}:
        logs.speak_json(None)  # what is wrong with the settings is to be told like that, too
    settings = config.load(
        typed(given),
        config=config_file,
        find_config=True,
        spelled=flag_of,
        notify=notices.append,
    )
    source = settings.contacts
    logs.set_up(settings, settings.name if source is None else campaign_name(settings, source))
    if not settings.quiet:
        for notice in notices:
            say(notice)
    return settings
