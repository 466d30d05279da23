"""A run in numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from campaign.model import Attempt, AttemptState, Call, Summary
from campaign.outcomes.build import count
from campaign.outcomes.summary import summarize, to_json, total_cost_usd


def frame(*outcomes: str) -> pl.DataFrame:
    """Return rows that came to these outcomes."""
    return pl.DataFrame({"call_outcome": pl.Series(outcomes, dtype=pl.String)})


def test_counts_have_only_what_is_there_in_the_tables_order() -> None:
    """Zeros are left out and the order does not depend on the list's."""
    counted = count(frame("rejected", "answered", "pending", "answered"))
    assert list(counted.items()) == [("pending", 1), ("answered", 2), ("rejected", 1)]


def test_an_empty_list_counts_nothing() -> None:
    """No rows, no outcomes."""
    assert count(frame()) == {}


def test_a_summary_counts_rows_and_unknowns() -> None:
    """Rows, outcomes and unknowns come from the frame, the rest from the run."""
    at = datetime(2026, 11, 23, 14, tzinfo=UTC)
    summary = summarize(
        frame("unknown", "answered", "unknown"),
        campaign="spring",
        contacts=None,
        out="r.csv",
        ledger="campaign.db",
        calls_created=2,
        elapsed_s=1.5,
        cost_usd=0.25,
        next_due=at,
        stopped_by="limit",
    )
    assert summary == Summary(
        campaign="spring",
        contacts=None,
        out="r.csv",
        ledger="campaign.db",
        rows=3,
        outcomes={"answered": 1, "unknown": 2},
        calls_created=2,
        unknown=2,
        elapsed_s=1.5,
        cost_usd=0.25,
        next_due=at,
        stopped_by="limit",
    )


def test_a_summary_without_a_run_is_zero() -> None:
    """Nothing is made up where nothing was called."""
    summary = summarize(frame("answered"), campaign="s", contacts="c", out=None, ledger="l")
    assert (summary.unknown, summary.calls_created, summary.cost_usd, summary.next_due) == (
        0,
        0,
        0.0,
        None,
    )


def test_cost_is_of_all_attempts(
    attempt: Callable[..., Attempt], call: Callable[..., Call]
) -> None:
    """Redials cost as well; calls without a price yet cost nothing."""
    attempts = [
        *(attempt(call=call(cost_usd=0.1)) for _ in range(3)),
        attempt(call=call(cost_usd=None)),
        attempt(state=AttemptState.UNKNOWN),
    ]
    assert total_cost_usd(attempts) == pytest.approx(0.3)


def test_json_is_the_published_document() -> None:
    """One line, these keys, in this order."""
    summary = Summary(
        campaign="contacts",
        contacts="contacts.csv",
        out="contacts.results.csv",
        ledger="campaign.db",
        rows=1000,
        outcomes={"answered": 610, "no_answer": 390},
        calls_created=901,
        elapsed_s=912.4000001,
        cost_usd=41.2 + 1e-12,
        next_due=datetime(2026, 11, 23, 14, tzinfo=UTC),
    )
    assert to_json(summary) == (
        '{"campaign": "contacts", "contacts": "contacts.csv", "out": "contacts.results.csv", '
        '"ledger": "campaign.db", "rows": 1000, "outcomes": {"answered": 610, "no_answer": 390}, '
        '"calls_created": 901, "unknown": 0, "elapsed_s": 912.4, "cost_usd": 41.2, '
        '"next_due": "2026-11-23T14:00:00Z", "stopped_by": null}'
    )


def test_json_of_nothing_has_nulls() -> None:
    """What there is not is null; names are safe on any terminal."""
    document = to_json(Summary(campaign="é\n", contacts=None, out=None, ledger="l", rows=0))
    assert document.isascii()
    assert "\n" not in document
    assert json.loads(document)["next_due"] is None
