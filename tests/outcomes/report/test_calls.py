"""Attempts as one frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from campaign.model import AttemptState
from campaign.outcomes.build import KNOWN_OUTCOMES
from campaign.outcomes.chunks import ROWS
from campaign.outcomes.report.calls import SCHEMA, Calls, known

Make = Callable[..., Any]


def test_what_is_taken_of_an_attempt(one: Make, taken: Make) -> None:
    """Calls are counted where one was created; the last attempt is marked, with its reason."""
    refused = one(0, 60, state=AttemptState.REFUSED, error="bad row", attempt=2)
    calls = taken([one(0, 0, "dial_busy"), refused], [one(1, 0, "user_hangup", duration_s=5.0)])
    assert list(SCHEMA) == calls.columns
    names = ("attempt", "nth", "calls", "created", "outcome", "last", "error", "duration_s")
    assert [
        (1, 1, 1, True, "busy", False, None, 60.5),
        (2, 1, 1, False, "failed", True, "bad row", None),
        (1, 1, 1, True, "answered", True, None, 5.0),
    ] == calls.select(names).rows()


def test_what_is_known_of_contacts(one: Make, taken: Make) -> None:
    """Of each contact that was attempted the last word is known, as results are made of it."""
    withheld = one(1, state=AttemptState.WITHHELD)
    found = known(taken([one(0, 0, "dial_busy"), one(0, 9, "user_hangup")], [withheld]))
    assert dict(KNOWN_OUTCOMES) == dict(found.schema)
    assert [
        ("+14155550100", 2, False, "answered", None),
        ("+14155550101", 0, True, "failed", "the request was not sent"),
    ] == found.rows()


def test_many_attempts_are_no_python_objects(one: Make) -> None:
    """What has been taken up goes into frames as soon as it is a chunk."""
    calls = Calls()
    own = [one(0, 0, "dial_busy")]
    for _ in range(ROWS + 1):
        calls.take(own, own[0])
    assert 1 == len(calls._rows)
    assert ROWS + 1 == calls.frame().height


def test_nothing_was_taken(taken: Make) -> None:
    """Without attempts there is a frame of the same columns."""
    assert pl.DataFrame(schema=SCHEMA).equals(taken())
