"""What is known of contacts is the same in bulk as it is made of their histories one by one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from campaign.ledger.store import decisive, history_of
from campaign.ledger.tries import columns_of, tried
from campaign.model import Attempt, AttemptState, Call, History
from campaign.outcomes.columns import COLUMNS, FLAG, FORGOTTEN, RESULT_COLUMNS, TEXT, WHOLE
from campaign.outcomes.contacts import known_at_length, known_in_numbers
from campaign.policy import disposition, redial
from campaign.ports import STANDING, TRIED, Columns

MakeAttempt = Callable[..., Attempt]
MakeCall = Callable[..., Call]

REASONS = [*sorted({*disposition.REASONS, *redial.REASONS, *redial.MACHINES}), None, "new_word"]
STATUSES = (*disposition.STATUSES, *disposition.UNDER_WAY, "new_word")
IN_NUMBERS = {"key": TEXT, "call_attempts": WHOLE, "withheld": FLAG} | {
    "call_outcome": TEXT,
    "call_error": TEXT,
    "used": WHOLE,
}


def attempts(seed: int, attempt: MakeAttempt, call: MakeCall) -> list[Attempt]:
    """Return attempts of all kinds, of contacts with one, two or many."""
    rng = random.Random(seed)
    found: list[Attempt] = []
    for n in range(30):
        key = f"{FORGOTTEN if n < 5 else '+1415555'}{n:04d}"
        numbers = rng.sample([1, 2, 3, 4, 2**63 - 1], rng.choice([1, 1, 2, 4]))
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


def batches(seed: int, every: Sequence[Attempt], names: Sequence[str]) -> Iterator[Columns]:
    """Yield attempts in no order, in batches of 7."""
    rows = [tried(one, names) for one in random.Random(seed).sample(every, len(every))]
    for at in range(0, len(rows), 7):
        yield columns_of(list(zip(*rows[at : at + 7], strict=True)), names)


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
    withheld = last.state is AttemptState.WITHHELD
    return {"key": key, "call_attempts": history.created, "withheld": withheld, **cells}


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(20))
def test_the_same_in_bulk(seed: int, attempt: MakeAttempt, call: MakeCall) -> None:
    """Cells and numbers of each contact are those of its history, whatever the order."""
    every = attempts(seed, attempt, call)
    rows = [at_length(*one) for one in histories(every)]
    schema = {"key": TEXT, "withheld": FLAG} | dict(RESULT_COLUMNS)
    expected = pl.DataFrame(rows, schema=schema)
    found = known_at_length(batches(seed, every, TRIED))
    assert_frame_equal(expected, found.select(list(schema)).sort("key"), check_exact=True)
    used = [None if one.final else one.created - one.unreached for _, one in histories(every)]
    numbers = expected.with_columns(used=pl.Series(used, dtype=WHOLE)).select(list(IN_NUMBERS))
    shorter = known_in_numbers(batches(seed, every, STANDING))
    assert_frame_equal(numbers, shorter.sort("key"), check_exact=True)


def test_nobody_was_attempted() -> None:
    """Of no attempts the columns are there, and no row."""
    assert dict(known_in_numbers([]).schema) == IN_NUMBERS
    assert set(RESULT_COLUMNS) < set(known_at_length([]).columns)
