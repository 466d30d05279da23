"""Attempts in bulk, column by column: millions of them, without an object for each.

They are read as they lie in the file, a range of ids at a time, or by their ids: no index is in
that order, so that to read by one costs many times as much. SQLite hands a column on as one JSON
text, and Python has no object for its cells. A campaign that is a small part of its range is found
by its index instead.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from campaign.ledger.faults import damage, explaining
from campaign.ledger.fold import storable
from campaign.ledger.queries import among
from campaign.ledger.rows import (
    ATTEMPT,
    CALL,
    attempt_of,
    call_columns,
    micros,
    micros_or_none,
    read,
)
from campaign.model import Attempt, AttemptState, Call, Outcome
from campaign.policy.disposition import of_attempt
from campaign.policy.redial import ended_at
from campaign.ports import Columns

BATCH = 20_000
"""Attempts handed on at once."""

MANY = 8
"""A campaign with fewer than one in so many attempts of its range is a small part of it."""

_REALS = ("duration_s", "cost_usd")
"""What no text of SQLite has in full."""

_PARTS = 1e6
"""Reals that are whole numbers of such parts are read as those: a row at a time costs more."""

_NO_CALL = Call(call_id="", status="")
_MAPPINGS = frozenset({"analysis", "collected"})
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode

_OWN = "a.campaign = (SELECT id FROM campaigns WHERE name = ?)"
# Put together from constants only, hence `noqa: S608`.
_RANGE = f"SELECT min(a.id), max(a.id), count(*) FROM attempts a WHERE {_OWN}"  # noqa: S608
_IDS = f"SELECT a.id FROM attempts a WHERE {_OWN}"  # noqa: S608
_PART = f"FROM attempts a NOT INDEXED WHERE a.id BETWEEN ? AND ? AND {_OWN}"
# The ids come first, and the attempts in their order.
_THOSE = "FROM json_each(?) asked CROSS JOIN attempts a ON a.id = asked.value"
_WHOLE = f"SELECT {ATTEMPT} {_THOSE} JOIN campaigns c ON c.id = a.campaign"

_MOMENTS = ("placed_at", "started_at", "ended_at", "intent_at", "over_at")
_FIRST = micros(datetime.min.replace(tzinfo=UTC))
_LAST = micros(datetime.max.replace(tzinfo=UTC))
_OVER = "max(coalesce(a.ended_at, a.started_at, a.placed_at, a.intent_at), a.intent_at)"


def _cell(name: str) -> str:
    return _OVER if name == "over_at" else f"a.{name}"


def _text(name: str) -> str:
    cell = _cell(name)
    return f"CAST(round({cell} * {_PARTS}) AS INTEGER)" if name in _REALS else cell


_BENT: Mapping[str, str] = {
    "state": f"a.state NOT IN {among(AttemptState)}",
    "outcome": f"a.outcome NOT IN {among(Outcome)}",
    **{name: f"{_cell(name)} NOT BETWEEN {_FIRST} AND {_LAST}" for name in _MOMENTS},
}
"""What a cell is where it cannot be what was written into it."""


class FileSnapshot:
    """The attempts of one campaign in a file at one moment, read with a connection of its own."""

    def __init__(self, db: sqlite3.Connection, path: Path, campaign: str) -> None:
        self._db = db
        self._path = path
        self._campaign = campaign

    def tries(self, names: Sequence[str]) -> Iterator[Columns]:
        """Iterate over all attempts in batches."""
        with explaining(self._path):
            yield from self._batches(names)

    def those(self, ids: Sequence[int], names: Sequence[str]) -> Columns:
        """Return columns of attempts by their ids."""
        with explaining(self._path):
            return self._columns(names, _THOSE, (json.dumps(ids),))

    def attempts(self, ids: Sequence[int]) -> list[Attempt]:
        """Return attempts by their ids."""
        with explaining(self._path):
            return [attempt_of(row) for row in self._db.execute(_WHOLE, (json.dumps(ids),))]

    def _batches(self, names: Sequence[str]) -> Iterator[Columns]:
        lowest, highest, count = self._db.execute(_RANGE, (self._campaign,)).fetchone()
        if count and MANY * count < highest - lowest:
            ids = iter(sorted(id_ for (id_,) in self._db.execute(_IDS, (self._campaign,))))
            while some := list(islice(ids, BATCH)):
                yield self._columns(names, _THOSE, (json.dumps(some),))
        elif count:
            for first in range(lowest, highest + 1, BATCH):
                last = min(first + BATCH - 1, highest)
                columns = self._columns(names, _PART, (first, last, self._campaign))
                if columns[0] != "[]":
                    yield columns

    def _columns(self, names: Sequence[str], source: str, where: tuple[str | int, ...]) -> Columns:
        reals = [name for name in names if name in _REALS]
        wanted = [f"json_group_array({_text(name)})" for name in names]
        bent = " OR ".join([_BENT[name] for name in names if name in _BENT] or ["0"])
        uneven = " OR ".join([f"{_cell(name)} <> {_text(name)} / {_PARTS}" for name in reals])
        asked = ", ".join([*wanted, f"max({bent})", f"max({uneven or 0})"])
        *found, is_bent, is_uneven = self._db.execute(f"SELECT {asked} {source}", where).fetchone()
        if is_bent:
            raise damage(ValueError("a state, an outcome or a moment that cannot be"))
        columns: dict[str, Any] = dict(zip(names, found, strict=True))
        for name in _MAPPINGS.intersection(names):
            columns[name] = _mappings(columns[name])
        if is_uneven:
            columns |= self._reals(reals, source, where)
        else:
            columns |= {name: _whole_parts(columns[name]) for name in reals}
        return [columns[name] for name in names]

    def _reals(
        self, names: Sequence[str], source: str, where: tuple[str | int, ...]
    ) -> dict[str, Sequence[float | None]]:
        rows = self._db.execute(f"SELECT {', '.join(map(_cell, names))} {source}", where).fetchall()
        return dict(zip(names, zip(*rows, strict=True), strict=True))


@contextmanager
def snapshot(db: sqlite3.Connection, path: Path, campaign: str) -> Iterator[FileSnapshot]:
    """Hold on to a campaign's attempts as they are now in the file that `db` reads."""
    with explaining(path):
        db.execute("BEGIN")
        # Only a first look makes it one state of the file.
        db.execute("SELECT 1 FROM campaigns LIMIT 1").fetchone()
    yield FileSnapshot(db, path, campaign)


class HeldSnapshot:
    """Attempts that are held as they are: those of a ledger in memory."""

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self._attempts = {attempt.id: attempt for attempt in attempts}

    def tries(self, names: Sequence[str]) -> Iterator[Columns]:
        """Iterate over all attempts, in one batch."""
        if self._attempts:
            yield columns_of(list(self._attempts.values()), names)

    def those(self, ids: Sequence[int], names: Sequence[str]) -> Columns:
        """Return columns of attempts by their ids."""
        return columns_of(self.attempts(ids), names)

    def attempts(self, ids: Sequence[int]) -> list[Attempt]:
        """Return attempts by their ids."""
        return [self._attempts[id_] for id_ in ids]


def columns_of(attempts: Sequence[Attempt], names: Sequence[str]) -> Columns:
    """Return those `names` of attempts, one at least, as a file would hand them on."""
    rows = zip(*(_tried(attempt, names) for attempt in attempts), strict=True)
    return [_handed_on(name, column) for name, column in zip(names, rows, strict=True)]


def _handed_on(name: str, column: Sequence[Any]) -> str | Sequence[Any]:
    if name in _REALS:
        return column
    text = json.dumps([storable(one) if isinstance(one, str) else one for one in column])
    return _mappings(text) if name in _MAPPINGS else text


def _tried(attempt: Attempt, names: Sequence[str]) -> list[Any]:
    call = attempt.call
    over_at = ended_at(attempt, call or _NO_CALL)
    values = {
        **dict(zip(CALL, call_columns(call), strict=True)),
        "id": attempt.id,
        "contact_key": attempt.contact_key,
        "attempt": attempt.attempt,
        "state": attempt.state.value,
        "outcome": of_attempt(attempt).value,
        "error": attempt.error,
        "to_number": attempt.to_number,
        "from_number": attempt.from_number,
        "agent_id": attempt.agent_id,
        "placed_at": micros_or_none(attempt.placed_at),
        "intent_at": micros(attempt.intent_at),
        "over_at": micros(over_at),
    }
    values["successful"] = None if values["successful"] is None else int(values["successful"])
    return [values[name] for name in names]


def _whole_parts(text: str) -> Sequence[float | None]:
    return [None if parts is None else parts / _PARTS for parts in json.loads(text)]


@read
def _mappings(text: str) -> Sequence[str | None]:
    """Return the mappings in a column as texts; each different one is read once."""
    column: list[str | None] = json.loads(text)
    written = {one: _ENCODE(dict(json.loads(one))) for one in set(column) if one is not None}
    return [None if one is None else written[one] for one in column]
