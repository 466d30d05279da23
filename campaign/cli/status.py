"""`campaign status`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from campaign.api.standing import Status, status, told
from campaign.cli.say import counts, document, line


def status_command(ledger: Path, name: str | None, *, json: bool) -> None:
    """Print the campaigns of a ledger."""
    found = asyncio.run(status(ledger, name))
    if json:
        document(told(found))
        return
    if not found:
        line(f"no campaigns in {ledger}")
    for one in found:
        line(_line(one))


def _line(one: Status) -> str:
    state = "running" if one.running else "not running"
    due = "" if one.next_due is None else f"; next due {one.next_due.astimezone():%Y-%m-%d %H:%M}"
    told = f"{one.rows:,} rows: {counts(one.outcomes)}{due}"
    return f"{one.campaign}: {state}, {one.live} live, {told}"
