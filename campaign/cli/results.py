"""`campaign results`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from campaign.api.again import write_again
from campaign.cli.say import say
from campaign.config import Settings


def results_command(settings: Settings, name: str, ledger: Path, *, source: str | None) -> None:
    """Write the results of a campaign again and say where they are."""
    out = asyncio.run(write_again(settings, name, ledger, source=source))
    say(f"results: {out}")
