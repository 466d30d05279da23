"""What is known of contacts is the same in bulk as it is made of their histories one by one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from campaign.ledger.store import decisive, history_of
from campaign.ledger.tries import HeldSnapshot, columns_of
from campaign.model import Attempt, AttemptState, Call, History
from campaign.outcomes.ahead import Ahead, first_due, look_ahead
from campaign.outcomes.build import Calls
from campaign.outcomes.columns import COLUMNS, FORGOTTEN, RESULT_COLUMNS, TEXT, WHOLE
from campaign.outcomes.contacts import by_outcome, contacts_of, parts_of, places, used_of
from campaign.outcomes.judged import judged
from campaign.policy import disposition, redial
from campaign.policy.redial import Policy
from campaign.ports import DATED, JUDGED, STANDING, Columns, Snapshot

MakeAttempt = Callable[..., Attempt]
MakeCall = Callable[..., Call]

REASONS = [*sorted({*disposition.REASONS, *redial.REASONS, *redial.MACHINES}), None, "new_word"]
STATUSES = (*disposition.STATUSES, *disposition.UNDER_WAY, "new_word")
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
CELLS = dict(RESULT_COLUMNS)
WHOLES = pl.col("call_attempts", "unreached").cast(WHOLE)


def attempts(seed: int, attempt: MakeAttempt, call: MakeCall) -> list[Attempt]:
    """Return attempts of all kinds, of contacts with one, two or many."""
    rng = random.Random(seed)
    found: list[Attempt] = []
    for n in range(30):
        key = f"{FORGOTTEN if n < 5 else '+1415555'}{n:04d}"
        numbers = sorted(rng.sample([1, 2, 3, 4, 2**63 - 1], rng.choice([1, 1, 2, 4])))
        for number in numbers:
            said = call(
                call_id=f"call_{n}_{number}",
                status=rng.choice(STATUSES),
                disconnection_reason=rng.choice(REASONS),
                agent_id=rng.choice(["agent_2", "", None]),
                ended_at=None,
                cost_usd=rng.choice([None, rng.random()]),
                summary=rng.choice([None, "", "=Käthe"]),
                successful=rng.choice([None, True, False]),
                in_voicemail=rng.choice([None, True, False]),
                analysis=rng.choice([None, {}, {"é": [1.5, {"a": None}], "half": "\ud83d"}]),
            )
            found.append(
                attempt(
                    id=len(found) + 1,
                    contact_key=key,
                    to_number=key,
                    attempt=number,
                    state=rng.choice(list(AttemptState)),
                    error=rng.choice([None, "", "read timed out"]),
                    agent_id=rng.choice([None, "agent_1"]),
                    placed_at=rng.choice([None, said.started_at]),
                    call=rng.choice([None, said, said]),
                )
            )
    return found


class Shuffled(HeldSnapshot):
    """Attempts in no order, in batches of 7."""

    def tries(self, names: Sequence[str]) -> Iterator[Columns]:
        """Iterate over all of them."""
        every = list(self._attempts.values())
        random.Random(len(every)).shuffle(every)
        for at in range(0, len(every), 7):
            yield columns_of(every[at : at + 7], names)


def histories(every: Sequence[Attempt]) -> list[tuple[str, History]]:
    """Return the history of each contact."""
    grouped = groupby(every, attrgetter("contact_key"))
    contacts = ((key, list(own)) for key, own in grouped)
    known = [(key, history_of(own, last=decisive(own))) for key, own in contacts]
    return sorted(known, key=itemgetter(0))


def at_length(key: str, history: History) -> dict[str, Any]:
    """Return a contact's cells, each read from its history."""
    last = history.last
    cells = {one.name: one.cell(last) for one in COLUMNS if one.cell is not None}
    for name, value in cells.items():
        if isinstance(value, str):
            cells[name] = value.encode("utf-8", "replace").decode()
    return {"key": key, "call_attempts": history.created, **cells}


def contacts(snapshot: Snapshot, names: Sequence[str]) -> pl.DataFrame:
    """Return what is known of each contact."""
    return contacts_of(parts_of(snapshot.tries(names), names))


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(20))
def test_the_same_in_bulk(
    seed: int, attempt: MakeAttempt, call: MakeCall, screened: Callable[..., pl.DataFrame]
) -> None:
    """Cells and numbers of each contact are those of its history, whatever the order."""
    every = attempts(seed, attempt, call)
    snapshot, known = Shuffled(every), histories(every)
    expected = pl.DataFrame([at_length(*one) for one in known], schema={"key": TEXT, **CELLS})
    rows = screened([(key, None, None) for key, _ in known])
    told = judged(rows, contacts(snapshot, JUDGED), pending="", holds={})
    found = Calls(rows=told, snapshot=snapshot).frame().collect()
    assert_frame_equal(expected.drop("key"), found, check_exact=True)
    used = [None if one.final else one.created - one.unreached for _, one in known]
    in_numbers = contacts(snapshot, STANDING).with_columns(WHOLES).sort("key")
    assert used == used_of(in_numbers).to_list()
    counts = ("created", "unreached", "undialable", "final")
    assert [tuple(getattr(one, name) for name in counts) for _, one in known] == (
        in_numbers.select("call_attempts", *counts[1:]).rows()
    )
    assert [one.last.id for _, one in known] == in_numbers["id"].to_list()
    newest = {one.contact_key: one.id for one in every}
    assert [newest[key] != one.last.id for key, one in known] == in_numbers["resent"].to_list()


@pytest.mark.parametrize("seed", range(20))
def test_who_is_due_in_bulk(seed: int, attempt: MakeAttempt, call: MakeCall) -> None:
    """Who is dialled again, and when, is what the policy says of each history by itself."""
    every = attempts(seed, attempt, call)
    policy = Policy(attempts=3, after_s=(60.0, 0.0015), on=redial.REDIALLED)
    snapshot = Shuffled(every)
    found = contacts(snapshot, STANDING)
    one_by_one = [redial.due(one, policy) for _, one in histories(every)]
    times = [due.at for due in one_by_one if due is not None and due.at is not None]
    assert min(times, default=None) == first_due(found, policy, snapshot.attempts)
    newest = [
        redial.due(history_of(own, last=own[-1]), policy)
        for own in (list(one) for _, one in groupby(every, attrgetter("contact_key")))
    ]
    until = sorted(times)[len(times) // 2] if times else NOW
    at = [due.at for due in newest if due is not None and due.at is not None]
    soon = sum(due is not None and (due.at is None or due.at <= until) for due in newest)
    later = min((moment for moment in at if moment > until), default=None)
    expected = Ahead(due=soon, next_due=later)
    assert expected == look_ahead(found, policy, snapshot.attempts, until=until)


@pytest.mark.parametrize("seed", range(4))
def test_counted_by_outcome(seed: int, attempt: MakeAttempt, call: MakeCall) -> None:
    """Contacts are counted by what their last attempt came to, apart by when that was made."""
    every = [
        replace(one, intent_at=NOW + timedelta(seconds=one.id % 3))
        for one in attempts(seed, attempt, call)
    ]
    found = contacts(Shuffled(every), DATED)
    last = [one.last for _, one in histories(every)]
    edge = NOW + timedelta(seconds=1)
    expected = [Counter[str](), Counter[str]()]
    for one in last:
        expected[one.intent_at >= edge][disposition.of_attempt(one).value] += 1
    assert tuple(expected) == by_outcome(found, edge)
    assert (expected[0] + expected[1], Counter()) == by_outcome(found, None)


def weak(keys: pl.Series) -> pl.Series:
    """Return a hash that many keys share."""
    return keys.hash() % 23


@pytest.mark.parametrize("hashed", [pl.Series.hash, weak])
@pytest.mark.parametrize("seed", range(12))
def test_places(seed: int, hashed: Callable[[pl.Series], pl.Series]) -> None:
    """Each key is found where it is, once or more, and none that only has the hash of another."""
    rng = random.Random(seed)
    known = rng.sample(range(40), seed)
    asked = [rng.choice([None, *range(40)]) for _ in range(30 * (seed > 1))]
    expected = [known.index(n) if n in known else None for n in asked]
    keys = pl.Series([None if n is None else str(n) for n in asked], dtype=TEXT)
    texts = pl.Series([str(n) for n in known], dtype=TEXT)
    found = places(keys, texts, hashed=hashed)
    assert expected == found.to_list()
    assert found.dtype == pl.UInt32


def test_nobody_was_attempted() -> None:
    """Of no attempts the columns are there, and no row."""
    empty = HeldSnapshot([])
    assert {"key", "id", "used"} & set(contacts(empty, STANDING).columns) == {"key", "id"}
    assert used_of(contacts(empty, STANDING)).to_list() == []
    assert by_outcome(contacts(empty, DATED), NOW) == (Counter(), Counter())
    assert first_due(contacts(empty, STANDING), Policy(), empty.attempts) is None


def test_calls_are_asked_for_in_part(
    attempt: MakeAttempt, call: MakeCall, screened: Callable[..., pl.DataFrame]
) -> None:
    """Some columns, some rows or the first of them are those of the whole."""
    every = attempts(3, attempt, call)
    snapshot = Shuffled(every)
    rows = screened([(key, None, None) for key, _ in histories(every)])
    told = judged(rows, contacts(snapshot, JUDGED), pending="", holds={})
    calls = Calls(rows=told, snapshot=snapshot)
    whole = calls.frame().collect()
    has_id = pl.col("call_id").is_not_null()
    part = calls.frame().filter(has_id).select("call_summary", "call_outcome").collect()
    assert part.equals(whole.filter(has_id).select("call_summary", "call_outcome"))
    assert calls.frame().head(3).collect().equals(whole.head(3))
    # As polars asks for them, in this thread: who counts lines does not see those of polars.
    given = pl.concat(calls._batches(["call_id"], has_id, 3))
    assert given.equals(whole.head(3).filter(has_id).select("call_id"))
    assert pl.concat(calls._batches(None, None, None)).equals(whole)
