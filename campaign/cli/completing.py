"""What the shell completes: names of campaigns, from the ledger that the command line means."""

from __future__ import annotations

import os
from pathlib import Path

import typer


def campaigns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the campaigns whose name begins so, those of a named or found ledger."""
    from campaign.ledger.names import campaign_names

    found = campaign_names(_ledger(ctx))
    return [name for name in found if name.startswith(incomplete)]


def _ledger(ctx: typer.Context) -> Path:
    """Guess the ledger without reading a configuration: a guess that is wrong offers nothing."""
    given = ctx.params
    named = given.get("ledger") or os.environ.get("CAMPAIGN_LEDGER")
    if named:
        return Path(named).expanduser()
    config = given.get("config")
    folder = Path(config).expanduser().parent if config else Path()
    return folder / ("campaign.sandbox.db" if given.get("sandbox") else "campaign.db")
