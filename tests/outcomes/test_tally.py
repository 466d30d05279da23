"""A list in numbers says what the frame of all its rows says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from campaign.model import AttemptState, History
from campaign.outcomes.build import count
from campaign.outcomes.contacts import contacts_of, parts_of
from campaign.outcomes.samples import not_callable
from campaign.outcomes.tally import Tally, tally
from campaign.ports import STANDING, Snapshot

MakeScreened = Callable[..., pl.DataFrame]
MakeTries = Callable[..., Snapshot]
Compose = Callable[..., pl.DataFrame]
MakeHistory = Callable[..., tuple[str, History]]

KEYS = [f"+1415555{n:04d}" for n in range(100, 112)]
VERDICTS = (
    *((None, None), (None, None), (None, None), ("rejected", "no phone number")),
    *(("suppressed", "duplicate: same number as row 1"), ("suppressed", "suppressed: asked")),
)


def tallied(rows: pl.DataFrame, ledger: Snapshot) -> Tally:
    """Return what the rows of a list came to."""
    contacts = contacts_of(parts_of(ledger.tries(STANDING), STANDING))
    return tally(rows, contacts, pending="due")


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(12))
def test_the_same_numbers(
    seed: int,
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
    call: Callable[..., Any],
    compose: Compose,
) -> None:
    """Outcomes, reasons and samples are those of the composed rows."""
    rng = random.Random(seed)
    rows = screened([(rng.choice([*KEYS, None]), *rng.choice(VERDICTS)) for _ in range(40)])
    known = []
    for key in rng.sample(KEYS, 5) if seed else []:
        state = rng.choice(list(AttemptState))
        made = call() if state in {AttemptState.ENDED, AttemptState.LIVE} else None
        known.append(history(key, state=state, created=int(made is not None), call=made))
    calls = compose(rows, tries(known), pending="due", holds={})
    found = tallied(rows, tries(known))
    assert count(calls) == found.outcomes
    assert list(count(calls)) == list(found.outcomes)
    assert list(not_callable(rows, calls, besides="due", most=2)) == list(
        found.not_callable(besides="due", most=2)
    )
    attempted = [key for key, _ in known]
    untried = rows.filter(pl.col("outcome").is_null() & ~pl.col("key").is_in(attempted))
    never = (
        untried.height + rows.filter(pl.col("outcome").is_null() & pl.col("key").is_null()).height
    )
    assert never == found.untried


def test_who_may_be_called_again(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: Callable[..., Any]
) -> None:
    """Open are contacts without a call, and those that have calls left and none that is final."""
    rows = screened([(key, None, None) for key in KEYS[:5]])
    busy = call(disconnection_reason="dial_busy")
    known = [
        history(KEYS[0], created=1, call=busy),
        history(KEYS[1], created=2, call=busy),
        history(KEYS[2], created=1, call=call()),
        history(KEYS[3], created=0, state=AttemptState.WITHHELD),
    ]
    found = tallied(rows, tries(known))
    assert [1, 0] == found.again(2)["call_attempts"].to_list()
    assert [True, False, False, True, True] == found.open_rows(2).to_list()
    assert [False, False, False, True, True] == found.open_rows(1).to_list()
    assert [True] * 5 == tallied(rows, tries([])).open_rows(1).to_list()


def test_who_must_not_be_called_is_neither_again_nor_waiting(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: Callable[..., Any]
) -> None:
    """A row that was rejected or suppressed waits for nothing, whatever its contact came to."""
    rows = screened(
        [
            (KEYS[0], None, None),
            (KEYS[0], "suppressed", "duplicate: same number as row 1"),
            (KEYS[1], "rejected", "no phone number"),
            (KEYS[2], "suppressed", "suppressed: asked"),
        ]
    )
    busy = call(disconnection_reason="dial_busy")
    found = tallied(rows, tries([history(key, created=1, call=busy) for key in KEYS[:3]]))
    assert (1, 0) == (found.again(2).height, found.waiting())


def test_who_waits_for_a_first_call_counts_once(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries
) -> None:
    """A contact whose attempt a person has dismissed is pending, and not dialled again besides."""
    rows = screened([(key, None, None) for key in KEYS[:2]])
    found = tallied(rows, tries([history(KEYS[0], created=0, state=AttemptState.DISMISSED)]))
    assert (0, 2) == (found.again(2).height, found.waiting())
