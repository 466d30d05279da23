"""A list in numbers says what the frame of all its rows says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from campaign.model import AttemptState, History
from campaign.outcomes.build import compose, count
from campaign.outcomes.samples import not_callable
from campaign.outcomes.tally import tally

MakeScreened = Callable[..., pl.DataFrame]
MakeHistory = Callable[..., tuple[str, History]]

KEYS = [f"+1415555{n:04d}" for n in range(100, 112)]
VERDICTS = (
    *((None, None), (None, None), (None, None), ("rejected", "no phone number")),
    *(("suppressed", "duplicate: same number as row 1"), ("suppressed", "suppressed: asked")),
)


@pytest.mark.parametrize("seed", range(12))
def test_the_same_numbers(
    seed: int, screened: MakeScreened, history: MakeHistory, call: Callable[..., Any]
) -> None:
    """Outcomes, reasons and samples are those of the composed rows."""
    rng = random.Random(seed)
    rows = screened([(rng.choice([*KEYS, None]), *rng.choice(VERDICTS)) for _ in range(40)])
    known = []
    for key in rng.sample(KEYS, 5) if seed else []:
        state = rng.choice(list(AttemptState))
        made = call() if state in {AttemptState.ENDED, AttemptState.LIVE} else None
        known.append(history(key, state=state, created=int(made is not None), call=made))
    calls = compose(rows, known, pending="due", holds={})
    found = tally(rows, known, pending="due")
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
