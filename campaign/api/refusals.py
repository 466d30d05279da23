"""Combinations of settings that are refused before anything is read or opened."""

from __future__ import annotations

from datetime import datetime, timedelta

from campaign.api.override import check_override
from campaign.config import Settings, is_time_of_day, seconds
from campaign.errors import ConfigError, UsageError
from campaign.retell.address import is_loopback

SHORTEST_READ_S = 60.0
"""A slow answer to a create is still an answer."""


def check_run(settings: Settings) -> None:
    """Raise `UsageError` or `ConfigError` where a run cannot be meant or allowed like this."""
    if not settings.from_number:
        raise UsageError(
            "there is no caller number", hint="give the number that calls with --from +1..."
        )
    _check_test(settings)
    _check_pace(settings)
    _check_patience(settings)
    check_override(settings)
    if settings.drop_machine and settings.api == "v2":
        raise UsageError(
            "--drop-machine does not exist in v2",
            hint="set voicemail handling on the agent, or through [agent_override]",
        )


def _check_test(settings: Settings) -> None:
    if (settings.only is None) != (settings.to is None):
        raise UsageError(
            "a test call needs both --only and --to",
            hint="--only names the row of the list, --to the phone that is to ring",
        )


def _check_pace(settings: Settings) -> None:
    if settings.cps is None and not settings.sandbox and not is_loopback(settings.base_url):
        raise UsageError(
            "--cps any is for the sandbox and loopback only",
            hint="give the calls per second that your caller number may start, such as --cps 1",
        )


def _check_patience(settings: Settings) -> None:
    wait_s = settings.http.read_timeout
    if wait_s < SHORTEST_READ_S and not settings.sandbox and not is_loopback(settings.base_url):
        raise ConfigError(
            f"an answer is waited for {wait_s:g} s only: calls that were created would be given up"
            " as unknown",
            hint=f"set read_timeout in [http] to {SHORTEST_READ_S:.0f}s or more",
        )


def deadline(until: str | None, now: datetime) -> datetime | None:
    """Return the moment of `--until`: a duration from `now`, or the next time it is so late here.

    A time of day is one of this machine's clock; what is past today is tomorrow's.
    """
    if until is None:
        return None
    if not is_time_of_day(until):
        return (now + timedelta(seconds=seconds(until))).astimezone()
    hour, minute = (int(part) for part in until.split(":"))
    # Without a zone it is read by the clock on the wall, also across a change of that clock.
    wall = now.astimezone().replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None)
    today = wall.astimezone()
    return today if today > now else (wall + timedelta(days=1)).astimezone()
