"""The names of a ledger's campaigns, for whoever types one: quick, and never in anybody's way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def campaign_names(path: Path) -> list[str]:
    """Return the campaigns of a ledger, newest first; none where it cannot be read."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as db:
            rows = db.execute("SELECT name FROM campaigns ORDER BY rowid DESC").fetchall()
    except (sqlite3.Error, ValueError):
        return []
    return [name for (name,) in rows]
