"""Attempts in bulk, column by column: millions of them, without an object for each.

They are read as they lie in the file, a range of ids at a time: no index is in that order, so that
to read by one costs many times as much. SQLite hands a column of a range on as one JSON text, and
Python has one object for each cell of it only. A campaign that is a small part of its range is
found by its index instead.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from campaign.ledger.rows import CALL, call_columns, flag, micros_or_none, moment, read
from campaign.model import Attempt, AttemptState, Outcome
from campaign.policy.disposition import of_attempt
from campaign.ports import Columns

BATCH = 5000
"""Attempts handed on at once."""

MANY = 8
"""A campaign with fewer than one in so many attempts of its range is a small part of it."""

_REALS = frozenset({"duration_s", "cost_usd"})
"""What no text of SQLite has in full."""

_OWN = "a.campaign = (SELECT id FROM campaigns WHERE name = ?)"
# Put together from constants only, hence `noqa: S608`.
_RANGE = f"SELECT min(a.id), max(a.id), count(*) FROM attempts a WHERE {_OWN}"  # noqa: S608
_PART = f"FROM attempts a NOT INDEXED WHERE a.id BETWEEN ? AND ? AND {_OWN}"


def tries(db: sqlite3.Connection, campaign: str, names: Sequence[str]) -> Iterator[Columns]:
    """Iterate over those `names` of `TRIED` of a campaign's attempts, in batches."""
    db.execute("BEGIN")  # one state of the file
    lowest, highest, count = db.execute(_RANGE, (campaign,)).fetchone()
    if not count:
        return
    if MANY * count < highest - lowest:
        yield from _by_index(db, campaign, names)
        return
    for first in range(lowest, highest + 1, BATCH):
        columns = _part(db, names, (first, min(first + BATCH - 1, highest), campaign))
        if columns[0]:
            yield columns_of(columns, names)


def tried(attempt: Attempt, names: Sequence[str]) -> list[Any]:
    """Return those `names` of `TRIED` of an attempt, as its row has them."""
    values = {
        **dict(zip(CALL, call_columns(attempt.call), strict=True)),
        "contact_key": attempt.contact_key,
        "attempt": attempt.attempt,
        "state": attempt.state.value,
        "outcome": of_attempt(attempt).value,
        "error": attempt.error,
        "to_number": attempt.to_number,
        "from_number": attempt.from_number,
        "agent_id": attempt.agent_id,
        "placed_at": micros_or_none(attempt.placed_at),
    }
    return [values[name] for name in names]


@read
def columns_of(columns: Columns, names: Sequence[str]) -> Columns:
    """Return columns of the file as those `names` of `TRIED`; what cannot be is damage."""
    named = zip(names, columns, strict=True)
    return [_READ.get(name, _as_it_is)(column) for name, column in named]


def _by_index(db: sqlite3.Connection, campaign: str, names: Sequence[str]) -> Iterator[Columns]:
    wanted = ", ".join(f"a.{name}" for name in names)
    cursor = db.execute(f"SELECT {wanted} FROM attempts a WHERE {_OWN}", (campaign,))  # noqa: S608
    while rows := cursor.fetchmany(BATCH):
        yield columns_of(list(zip(*rows, strict=True)), names)


def _part(
    db: sqlite3.Connection, names: Sequence[str], where: tuple[int, int, str]
) -> list[Sequence[Any]]:
    texts = [name for name in names if name not in _REALS]
    wanted = ", ".join(f"json_group_array(a.{name})" for name in texts)
    (found,) = db.execute(f"SELECT {wanted} {_PART}", where)
    columns = dict(zip(texts, map(_loaded, found), strict=True))
    for name in _REALS.intersection(names):
        rows = db.execute(f"SELECT a.{name} {_PART}", where).fetchall()
        columns[name] = [value for (value,) in rows]
    return [columns[name] for name in names]


@read
def _loaded(text: str) -> Sequence[Any]:
    values: Sequence[Any] = json.loads(text)
    return values


def _as_it_is(column: Sequence[Any]) -> Sequence[Any]:
    return column


def _states(column: Sequence[str]) -> Sequence[str]:
    for value in set(column):
        AttemptState(value)
    return column


def _outcomes(column: Sequence[str]) -> Sequence[str]:
    for value in set(column):
        Outcome(value)
    return column


def _moments(column: Sequence[int | None]) -> Sequence[int | None]:
    known = [value for value in column if value is not None]
    for value in (min(known), max(known)) if known else ():
        moment(value)
    return column


def _flags(column: Sequence[int | None]) -> Sequence[bool | None]:
    return [flag(value) for value in column]


def _mappings(column: Sequence[str | None]) -> Sequence[Mapping[str, Any] | None]:
    # All of a batch at once: a third of what one by one takes.
    texts = [text for text in column if text is not None]
    values = json.loads(f"[{','.join(texts)}]")
    if len(values) != len(texts):
        raise ValueError("a text that is no mapping")
    known = iter(values)
    return [None if text is None else next(known) for text in column]


_READ: Mapping[str, Callable[[Sequence[Any]], Sequence[Any]]] = {
    "state": _states,
    "outcome": _outcomes,
    "placed_at": _moments,
    "started_at": _moments,
    "ended_at": _moments,
    "successful": _flags,
    "analysis": _mappings,
    "collected": _mappings,
}
