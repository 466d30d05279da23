"""From what was typed to settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaign import config
from campaign.config import Settings
from campaign.errors import UsageError

NUMBERS = ("max_live", "in_flight", "limit")


def settings_of(given: Mapping[str, Any], *, config_file: str | None) -> Settings:
    """Return the settings of a command; options that were not typed are left to other sources."""
    flags = {name: value for name, value in given.items() if value is not None and value != []}
    for name in NUMBERS:
        if name in flags:
            flags[name] = _whole(name, flags[name])
    if "cps" in flags and flags["cps"].lower() != "any":
        flags["cps"] = _number("cps", flags["cps"])
    return config.load(flags, config=config_file, find_config=True)


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _no_number(name, text) from None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _no_number(name, text) from None


def _no_number(name: str, text: str) -> UsageError:
    return UsageError(f"--{name.replace('_', '-')}: {text!r} is no number")
