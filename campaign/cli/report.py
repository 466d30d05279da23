"""`campaign report`."""

from __future__ import annotations

import asyncio
from shlex import quote

from campaign.api.reporting import report, report_path
from campaign.api.sources import ledger_path
from campaign.cli.say import say
from campaign.config import Settings
from campaign.dialer.clock import SystemClock


def report_command(settings: Settings, name: str, *, out: str | None, config: str | None) -> None:
    """Write the page, on the clock of this machine, and say where it is."""
    path = report_path(name, out)
    asyncio.run(
        report(
            settings,
            name,
            ledger_path(settings, config),
            out=path,
            now=SystemClock().now().astimezone(),
            flags=flags_of_ledger(settings, config),
        )
    )
    if not settings.quiet:
        say(f"report: {path}")


def flags_of_ledger(settings: Settings, config: str | None) -> str:
    """Return how the ledger has to be named in other commands, from this folder."""
    if settings.ledger is not None:
        return f" --ledger {quote(settings.ledger)}"
    if settings.sandbox:
        return " --sandbox"
    return "" if config is None else f" --config {quote(config)}"
