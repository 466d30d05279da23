"""What is written about runs as a whole: begun, ended, asked to stop. As in `operations`."""

from __future__ import annotations

import sqlite3

from campaign.ledger.belonging import unknown_campaign
from campaign.ledger.fold import KILLED
from campaign.ledger.rows import RUN, micros, run_columns
from campaign.model import Run, StopRequest

# Put together from constants only, hence `noqa: S608`.
_START = f"""
INSERT INTO runs (campaign, {RUN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""  # noqa: S608
_CLOSE = "UPDATE runs SET ended_at = ?, stopped_by = ? WHERE campaign = ? AND ended_at IS NULL"
_END = f"UPDATE runs SET {RUN.replace(', ', ' = ?, ')} = ? WHERE id = ?"  # noqa: S608
_STOP = "INSERT INTO stops (campaign, at, hang_up) VALUES (?, ?, ?)"


def start_run(db: sqlite3.Connection, run: Run) -> int:
    """Record that a run has begun, and with it the end of those that were killed."""
    campaign = _campaign(db, run.campaign)
    db.execute(_CLOSE, (micros(run.started_at), KILLED, campaign))
    (run_id,) = db.execute(_START, (campaign, *run_columns(run))).fetchone()
    return int(run_id)


def end_run(db: sqlite3.Connection, run_id: int, run: Run) -> None:
    """Record how a run ended."""
    if db.execute(_END, (*run_columns(run), run_id)).rowcount == 0:
        raise LookupError(f"the ledger has no run {run_id!r}")


def request_stop(db: sqlite3.Connection, campaign: str, request: StopRequest) -> None:
    """Record that the run of a campaign is to place no new call."""
    known = _campaign(db, campaign)
    db.execute(_STOP, (known, micros(request.at), request.hang_up))


def _campaign(db: sqlite3.Connection, name: str) -> int:
    row = db.execute("SELECT id FROM campaigns WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise unknown_campaign(name)
    return int(row[0])
