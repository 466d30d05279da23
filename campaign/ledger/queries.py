"""What is read: each a function of a connection, answered by one statement or a few."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from campaign.ledger.forgetting import spellings
from campaign.ledger.forgotten import secret_in
from campaign.ledger.rows import (
    ATTEMPT,
    CAMPAIGN,
    RUN,
    attempt_of,
    campaign_of,
    history_of,
    micros,
    run_of,
    stop_of,
)
from campaign.ledger.schema import CALLED, IN_FLIGHT
from campaign.model import Attempt, Campaign, History, Outcome, Run, Spending, StopRequest
from campaign.policy import lifecycle, redial

CHUNK = 1000
"""Keys asked for at once, and rows fetched at once."""

HIGHEST = 2**63 - 1
"""The highest number that SQLite has for an attempt."""

COSTLY = frozenset({Outcome.PLACED, Outcome.ANSWERED, Outcome.VOICEMAIL})
"""The outcomes of ended calls that may cost something: `purse.may_cost`, by the stored outcome."""


def among(words: Iterable[str]) -> str:
    """Return words as the list of SQL that follows `IN`."""
    return "('" + "', '".join(sorted(words)) + "')"


_CREATED = among(lifecycle.CREATED)
_OF = "FROM attempts a JOIN campaigns c ON c.id = a.campaign WHERE c.name = ?"

# Put together from constants only, hence `noqa: S608`. With `max()` as the only aggregate of its
# kind, SQLite takes the other columns from the row that has the maximum.
_COUNTS = f"""
sum(a.state IN {_CREATED}),
sum(a.state IN {_CREATED} AND ifnull(a.disconnection_reason, '') IN {among(redial.UNREACHED)}),
sum(a.state IN {_CREATED} AND ifnull(a.disconnection_reason, '') = '{redial.UNDIALABLE}'),
sum(a.state IN {among(redial.FINAL)} OR a.state = 'ended'
    AND ifnull(a.disconnection_reason, '') NOT IN {among(redial.REASONS)}
    AND NOT (a.outcome = 'voicemail'
        AND ifnull(a.disconnection_reason, '') IN {among(redial.MACHINES)}))
"""
# A withheld attempt comes after all others, whatever their numbers.
_LATEST = f"""
SELECT {ATTEMPT}, max(a.attempt - {HIGHEST} * (a.state = 'withheld')), {_COUNTS} {_OF}
GROUP BY a.contact_key ORDER BY a.contact_key
"""
_HISTORIES = f"""
SELECT {ATTEMPT}, max(a.attempt), {_COUNTS} {_OF}
AND a.contact_key IN (SELECT value FROM json_each(?)) GROUP BY a.contact_key
"""  # noqa: S608
_ATTEMPTS = f"SELECT {ATTEMPT} {_OF} ORDER BY a.contact_key, a.attempt"
_KEYS = f"SELECT DISTINCT a.contact_key {_OF} ORDER BY a.contact_key"
_FLYING = f"""
SELECT {ATTEMPT} FROM attempts a INDEXED BY attempts_in_flight
JOIN campaigns c ON c.id = a.campaign
WHERE a.state IN {IN_FLIGHT} AND c.name = ? ORDER BY a.id
"""  # noqa: S608
_OCCUPIED = f"""
SELECT DISTINCT to_number FROM attempts INDEXED BY attempts_in_flight
WHERE to_number IN (SELECT value FROM json_each(?)) AND state IN {IN_FLIGHT}
"""  # noqa: S608
_CAMPAIGN = f"SELECT {CAMPAIGN} FROM campaigns WHERE name = ?"  # noqa: S608
_CAMPAIGNS = f"SELECT {CAMPAIGN} FROM campaigns ORDER BY id"  # noqa: S608
_RUNS = f"""
SELECT {RUN} FROM runs WHERE campaign = (SELECT id FROM campaigns WHERE name = ?)
ORDER BY id DESC
"""  # noqa: S608
_LAST_RUN = f"{_RUNS} LIMIT 1"
_CALLS = f"""
SELECT count(*) FROM attempts INDEXED BY attempts_called
WHERE campaign = (SELECT id FROM campaigns WHERE name = ?) AND state IN {CALLED}
"""  # noqa: S608
# One pass over the attempts, of a campaign or of all.
_SPENDING = f"""
SELECT total(cost_usd), count(cost_usd), count(*) FILTER (WHERE state IN {IN_FLIGHT}
    OR state = 'ended' AND cost_usd IS NULL AND call_id IS NOT NULL AND outcome IN {among(COSTLY)})
FROM attempts
"""  # noqa: S608
_SPENDING_OF = f"""
{_SPENDING} WHERE campaign = (SELECT id FROM campaigns WHERE name = ?)
"""  # noqa: S608
_STOP = """
SELECT at, hang_up FROM stops
WHERE campaign = (SELECT id FROM campaigns WHERE name = ?) AND at >= ?
ORDER BY at DESC, id DESC LIMIT 1
"""


def campaign(db: sqlite3.Connection, name: str) -> Campaign | None:
    """Return a campaign by name."""
    row = db.execute(_CAMPAIGN, (name,)).fetchone()
    return None if row is None else campaign_of(row)


def campaigns(db: sqlite3.Connection) -> list[Campaign]:
    """Return all campaigns, oldest first."""
    return [campaign_of(row) for row in db.execute(_CAMPAIGNS)]


def histories(db: sqlite3.Connection, campaign: str, keys: Sequence[str]) -> dict[str, History]:
    """Return what is known of these contacts."""
    spelt = spellings(secret_in(db), keys)
    found: dict[str, History] = {}
    for chunk in chunks(list(spelt)):
        for row in db.execute(_HISTORIES, (campaign, chunk)):
            name, history = history_of(row)
            found[spelt[name]] = history
    return found


def occupied(db: sqlite3.Connection, numbers: Sequence[str]) -> frozenset[str]:
    """Return those of the numbers that have a live or unknown call."""
    spelt = spellings(secret_in(db), numbers)
    return frozenset(
        spelt[name] for chunk in chunks(list(spelt)) for (name,) in db.execute(_OCCUPIED, (chunk,))
    )


def in_flight(db: sqlite3.Connection, campaign: str) -> list[Attempt]:
    """Return the live and unknown attempts of a campaign, oldest first."""
    return [attempt_of(row) for row in db.execute(_FLYING, (campaign,))]


def last_run(db: sqlite3.Connection, campaign: str) -> Run | None:
    """Return the newest run of a campaign."""
    row = db.execute(_LAST_RUN, (campaign,)).fetchone()
    return None if row is None else run_of(campaign, row)


def runs(db: sqlite3.Connection, campaign: str) -> Iterator[Run]:
    """Iterate over the runs of a campaign, newest first."""
    return (run_of(campaign, row) for row in _fetched(db, _RUNS, campaign))


def calls_created(db: sqlite3.Connection, campaign: str) -> int:
    """Return how many attempts of a campaign have a call."""
    (calls,) = db.execute(_CALLS, (campaign,)).fetchone()
    return int(calls)


def spending(db: sqlite3.Connection, campaign: str | None) -> Spending:
    """Return what the calls of a campaign, or of the whole ledger, cost so far."""
    cursor = db.execute(_SPENDING) if campaign is None else db.execute(_SPENDING_OF, (campaign,))
    spent_usd, priced, may_cost = cursor.fetchone()
    return Spending(spent_usd=spent_usd, priced=priced, open=may_cost)


def intents(db: sqlite3.Connection) -> int:
    """Return the highest attempt id, 0 where there is none."""
    (highest,) = db.execute("SELECT coalesce(max(id), 0) FROM attempts").fetchone()
    return int(highest)


def stop_requested(db: sqlite3.Connection, campaign: str, since: datetime) -> StopRequest | None:
    """Return the newest request to stop a campaign that is not older than `since`."""
    row = db.execute(_STOP, (campaign, micros(since))).fetchone()
    return None if row is None else stop_of(row)


def attempts(db: sqlite3.Connection, campaign: str) -> Iterator[Attempt]:
    """Iterate over the attempts of a campaign, by contact key and attempt."""
    return map(attempt_of, _fetched(db, _ATTEMPTS, campaign))


def keys(db: sqlite3.Connection, campaign: str) -> Iterator[str]:
    """Iterate over the contact keys of a campaign, in their order."""
    return (key for (key,) in _fetched(db, _KEYS, campaign))


def latest(db: sqlite3.Connection, campaign: str) -> Iterator[tuple[str, History]]:
    """Iterate over the histories of a campaign, by contact key."""
    return map(history_of, _fetched(db, _LATEST, campaign))


def _fetched(db: sqlite3.Connection, statement: str, campaign: str) -> Iterator[Sequence[Any]]:
    cursor = db.execute(statement, (campaign,))
    while rows := cursor.fetchmany(CHUNK):
        yield from rows


def chunks(values: Sequence[str]) -> Iterator[str]:
    """Return values as JSON texts of many each: one statement for any number of them."""
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield json.dumps(chunk)
