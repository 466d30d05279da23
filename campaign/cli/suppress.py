"""`campaign suppress`."""

from __future__ import annotations

import asyncio
import json as encoder
from collections.abc import Iterator, Sequence
from pathlib import Path

from campaign.api.suppressing import suppress, suppressions, told, unsuppress
from campaign.cli.say import line, say
from campaign.model import Suppression


def add_command(
    ledger: Path, numbers: Sequence[str], *, reason: str | None, region: str | None
) -> None:
    """Suppress numbers and say how many were not suppressed before."""
    added = asyncio.run(suppress(ledger, numbers, reason=reason, region=region, notify=say))
    say(f"{added} numbers were put on the suppression list{_rest(numbers, added, 'were on it')}")


def remove_command(ledger: Path, numbers: Sequence[str], *, region: str | None) -> None:
    """Take numbers off and say how many were on the list."""
    removed = asyncio.run(unsuppress(ledger, numbers, region=region))
    rest = _rest(numbers, removed, "were not on it")
    say(f"{removed} numbers were taken off the suppression list{rest}")


def _rest(numbers: Sequence[str], done: int, words: str) -> str:
    rest = len(numbers) - done
    return f", {rest} {words}" if rest else ""


def list_command(ledger: Path, *, json: bool) -> None:
    """Print the suppression list: a line, or an entry of one JSON array, for each number."""
    asyncio.run(suppressions(ledger, _show_json if json else _show))


def _show(entries: Iterator[Suppression]) -> None:
    for entry in entries:
        line(f"{entry.number}  {entry.at.astimezone():%Y-%m-%d %H:%M}  {entry.reason}")


def _show_json(entries: Iterator[Suppression]) -> None:
    line(encoder.dumps([told(entry) for entry in entries]))
