"""Opening a ledger: a new one, the one that is there, or an empty one in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from campaign.errors import ConfigError
from campaign.ledger.memory import MemoryLedger
from campaign.ledger.sqlite import SqliteLedger
from campaign.ports import Ledger


@asynccontextmanager
async def opened_ledger(
    path: Path, *, notify: Callable[[str], None]
) -> AsyncIterator[SqliteLedger]:
    """Open a ledger, announcing a new one; closed at the end."""
    ledger = SqliteLedger.open(path, check=True)
    if ledger.created:
        notify(f"a new ledger was made: {path} (it remembers who was called; keep it)")
    try:
        yield ledger
    finally:
        await ledger.aclose()


def require_ledger(path: Path) -> None:
    """Raise `ConfigError` where there is no ledger."""
    if not path.exists():
        raise ConfigError(f"there is no ledger {str(path)!r}", hint="name it with --ledger PATH")


@asynccontextmanager
async def existing_ledger(path: Path) -> AsyncIterator[Ledger]:
    """Open a ledger for reading; an empty one in memory where there is none yet."""
    ledger: Ledger = SqliteLedger.open(path, create=False) if path.exists() else MemoryLedger()
    try:
        yield ledger
    finally:
        await ledger.aclose()
