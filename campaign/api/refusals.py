"""Combinations of settings that are refused before anything is read or opened."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from campaign.config import Settings, is_time_of_day, seconds
from campaign.errors import ConfigError, UsageError
from campaign.policy import identity


def check_run(settings: Settings) -> None:
    """Raise `UsageError` or `ConfigError` where a run cannot be meant or allowed like this."""
    if not settings.from_number:
        raise UsageError(
            "there is no caller number", hint="give the number that calls with --from +1..."
        )
    _check_hours(settings)
    _check_pace(settings)
    if settings.drop_machine and settings.api == "v2":
        raise UsageError(
            "--drop-machine does not exist in v2",
            hint="set voicemail handling on the agent, or through [agent_override]",
        )
    identity.check_own(settings.meta)


def _check_hours(settings: Settings) -> None:
    if settings.hours is None:
        raise ConfigError(
            "no calling hours are set, and this version knows no rules to choose them by",
            hint="say with --hours any that contacts may be called at any hour",
        )
    if settings.hours.strip().lower() != "any":
        raise ConfigError(
            f"hours {settings.hours!r}: this version takes 'any' alone",
            hint="start the run within the hours you want, with --hours any and --until HH:MM",
        )


def _check_pace(settings: Settings) -> None:
    if settings.cps is None and not settings.sandbox and not is_loopback(settings.base_url):
        raise UsageError(
            "--cps any is for the sandbox and loopback only",
            hint="give the calls per second that your caller number may start, such as --cps 1",
        )


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def deadline(until: str | None, now: datetime) -> datetime | None:
    """Return the moment of `--until`: a time of day on `now`'s clock, or a duration from now."""
    if until is None:
        return None
    if not is_time_of_day(until):
        return now + timedelta(seconds=seconds(until))
    hour, minute = (int(part) for part in until.split(":"))
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return moment if moment > now else moment + timedelta(days=1)
