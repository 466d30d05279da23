"""What happened to each row of the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.model import Attempt, AttemptState, Call, History, Outcome
from campaign.outcomes.build import (
    ATTEMPT_COLUMNS,
    KNOWN_OUTCOMES,
    attempts_frame,
    compose,
    compose_outcomes,
    count,
    join,
    reasons,
)
from campaign.outcomes.columns import OUTCOMES, RESULT_COLUMNS
from campaign.outcomes.contacts import known_in_numbers
from campaign.policy.lifecycle import CREATED
from campaign.ports import STANDING, Columns

A, B, C = "+14155550100", "+14155550101", "+14155550102"

MakeScreened = Callable[[Sequence[tuple[str | None, str | None, str | None]]], pl.DataFrame]
MakeHistory = Callable[..., tuple[str, History]]
MakeTries = Callable[..., Iterator[Columns]]
MakeCall = Callable[..., Call]
MakeAttempt = Callable[..., Attempt]


def brief(calls: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Return outcome, error, attempts and number dialled of each row."""
    return calls.select("call_outcome", "call_error", "call_attempts", "call_to_number").rows()


def test_columns_are_the_tables_in_order(screened: MakeScreened) -> None:
    """The frame has every `call_…` column with its type, in order, for an empty list too."""
    calls = compose(screened([]), [], pending="not yet", holds={})
    assert dict(calls.schema) == dict(RESULT_COLUMNS)
    assert list(calls.columns) == list(RESULT_COLUMNS)


def test_column_names_are_the_published_ones() -> None:
    """Scripts depend on these names and this order."""
    expected = (
        "call_outcome call_id call_status call_to_number call_from_number call_agent_id "
        "call_attempts call_disconnection_reason call_error call_placed_at call_started_at "
        "call_ended_at call_duration_s call_cost_usd call_summary call_sentiment "
        "call_successful call_analysis_json call_collected_json call_recording_url"
    )
    assert list(RESULT_COLUMNS) == expected.split()


def test_an_answered_row_has_everything_the_provider_said(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: MakeCall
) -> None:
    """Every column is filled from the last attempt and its call."""
    said = call(
        summary="Käthe will come",
        sentiment="Positive",
        successful=True,
        analysis={"score": 3, "né": "ü"},
        collected={"date": "2026-12-01"},
        recording_url="https://example.com/1.wav",
    )
    calls = compose(
        screened([(A, None, None)]), tries([history(A, call=said)]), pending="-", holds={}
    )
    assert calls.row(0, named=True) == {
        "call_outcome": "answered",
        "call_id": "call_1",
        "call_status": "ended",
        "call_to_number": A,
        "call_from_number": "+14155550199",
        "call_agent_id": "agent_1",
        "call_attempts": 1,
        "call_disconnection_reason": "user_hangup",
        "call_error": None,
        "call_placed_at": datetime(2026, 11, 23, 14, 0, 0, 123456, tzinfo=UTC),
        "call_started_at": datetime(2026, 11, 23, 14, 0, 5, tzinfo=UTC),
        "call_ended_at": datetime(2026, 11, 23, 14, 1, 5, 500_000, tzinfo=UTC),
        "call_duration_s": 60.5,
        "call_cost_usd": 0.125,
        "call_summary": "Käthe will come",
        "call_sentiment": "Positive",
        "call_successful": True,
        "call_analysis_json": '{"score": 3, "né": "ü"}',
        "call_collected_json": '{"date": "2026-12-01"}',
        "call_recording_url": "https://example.com/1.wav",
    }


@pytest.mark.parametrize(
    ("said", "sent", "expected"),
    [
        ("agent_1", "agent_2", "agent_1"),
        (None, "agent_2", "agent_2"),
        (None, None, None),
    ],
)
def test_agent_is_the_providers_or_the_one_asked_for(
    said: str | None,
    sent: str | None,
    expected: str | None,
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
    call: MakeCall,
) -> None:
    """The provider's word on the agent goes before the request's."""
    known = [history(A, agent_id=sent, call=call(agent_id=said))]
    calls = compose(screened([(A, None, None)]), tries(known), pending="-", holds={})
    assert calls.item(0, "call_agent_id") == expected


@pytest.mark.parametrize(
    ("state", "error", "outcome", "why"),
    [
        (AttemptState.SENDING, None, "unknown", "the request may be on its way"),
        (AttemptState.WITHHELD, None, "failed", "the request was not sent"),
        (AttemptState.WITHHELD, "no connection", "failed", "no connection"),
        (AttemptState.REFUSED, None, "failed", "the provider refused this row"),
        (AttemptState.REFUSED, "bad number", "failed", "bad number"),
        (AttemptState.UNKNOWN, None, "unknown", "no answer told whether a call was created"),
        (AttemptState.UNKNOWN, "read timed out", "unknown", "read timed out"),
        (AttemptState.LIVE, "read timed out", "placed", None),
        (AttemptState.LOST, "no such call", "placed", None),
        (AttemptState.ENDED, "read timed out", "placed", None),
    ],
)
def test_every_state_has_an_outcome_and_a_reason_where_one_is_due(
    state: AttemptState,
    error: str | None,
    outcome: str,
    why: str | None,
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
) -> None:
    """`call_error` says why a contact failed or is unknown, and nothing otherwise."""
    known = [history(A, created=0, state=state, error=error)]
    calls = compose(screened([(A, None, None)]), tries(known), pending="-", holds={})
    assert brief(calls) == [(outcome, why, int(state in CREATED), A)]


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        ("ended", "user_hangup", Outcome.ANSWERED),
        ("ended", "voicemail_reached", Outcome.VOICEMAIL),
        ("not_connected", "dial_no_answer", Outcome.NO_ANSWER),
        ("not_connected", "dial_busy", Outcome.BUSY),
        ("not_connected", "user_declined", Outcome.DECLINED),
        ("not_connected", "invalid_destination", Outcome.UNDELIVERABLE),
        ("error", "error_asr", Outcome.ERROR),
        ("ongoing", None, Outcome.PLACED),
    ],
)
def test_calls_that_ended_have_the_providers_outcome(
    status: str,
    reason: str | None,
    expected: Outcome,
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
    call: MakeCall,
) -> None:
    """A contact has its last call's outcome, without an error, also while it awaits a redial."""
    known = [history(A, created=2, call=call(status=status, disconnection_reason=reason))]
    calls = compose(
        screened([(A, None, None)]), tries(known), pending="-", holds={A: "due tomorrow"}
    )
    assert brief(calls) == [(expected.value, None, 2, A)]


def test_rows_never_attempted_are_pending_and_say_why(screened: MakeScreened) -> None:
    """A contact's own hold goes before the run's reason; nothing was dialled."""
    calls = compose(
        screened([(A, None, None), (B, None, None)]), [], pending="limit", holds={B: "hours"}
    )
    assert brief(calls) == [("pending", "limit", 0, None), ("pending", "hours", 0, None)]


def test_a_withheld_attempt_with_a_hold_is_pending(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries
) -> None:
    """An attempt that is to be sent again created nothing, so nothing of it is shown."""
    rows = screened([(A, None, None), (B, None, None)])
    known = [
        history(A, created=0, state=AttemptState.WITHHELD, error="throttled"),
        history(B, created=0, state=AttemptState.REFUSED, error="bad number"),
    ]
    calls = compose(rows, tries(known), pending="-", holds={A: "the run was halted", B: "unused"})
    assert brief(calls) == [
        ("pending", "the run was halted", 0, None),
        ("failed", "bad number", 0, B),
    ]


def test_rejected_rows_keep_their_verdict(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries
) -> None:
    """A row that cannot be called says so, with or without a key, whatever was done before."""
    rows = screened([(None, "rejected", "no number"), (A, "rejected", "bad metadata")])
    calls = compose(rows, tries([history(A)]), pending="-", holds={A: "unused"})
    assert brief(calls) == [
        ("rejected", "no number", 0, None),
        ("rejected", "bad metadata", 0, None),
    ]


def test_a_duplicate_does_not_repeat_the_call(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: MakeCall
) -> None:
    """Only the first row of a contact shows its call; a rejected row is nobody's first."""
    rows = screened(
        [
            (A, "rejected", "bad metadata"),
            (A, None, None),
            (A, "suppressed", "duplicate of row 2"),
            (A, "suppressed", "on the do-not-call list"),
        ]
    )
    calls = compose(rows, tries([history(A, call=call())]), pending="-", holds={})
    assert brief(calls) == [
        ("rejected", "bad metadata", 0, None),
        ("answered", None, 1, A),
        ("suppressed", "duplicate of row 2", 0, None),
        ("suppressed", "on the do-not-call list", 0, None),
    ]


def test_a_rejected_row_does_not_take_the_contacts_call(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: MakeCall
) -> None:
    """The first row that stands for the contact shows its call, suppressed later or not."""
    rows = screened([(A, "rejected", "bad metadata"), (A, "suppressed", "on the list")])
    calls = compose(rows, tries([history(A, call=call())]), pending="-", holds={})
    assert brief(calls) == [("rejected", "bad metadata", 0, None), ("answered", None, 1, A)]


@pytest.mark.parametrize(
    ("state", "created", "expected"),
    [
        (AttemptState.ENDED, 1, "answered"),
        (AttemptState.LIVE, 1, "placed"),
        (AttemptState.LOST, 1, "placed"),
        (AttemptState.UNKNOWN, 0, "unknown"),
        (AttemptState.SENDING, 0, "unknown"),
        (AttemptState.REFUSED, 1, "failed"),
        (AttemptState.REFUSED, 0, "suppressed"),
        (AttemptState.WITHHELD, 0, "suppressed"),
    ],
)
def test_a_contact_suppressed_later_keeps_what_its_call_came_to(
    state: AttemptState,
    created: int,
    expected: str,
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
    call: MakeCall,
) -> None:
    """Suppression hides no call that was or may have been created."""
    known = [history(A, created=created, state=state, call=call())]
    rows = screened([(A, "suppressed", "on the do-not-call list")])
    calls = compose(rows, tries(known), pending="-", holds={})
    assert calls.item(0, "call_outcome") == expected
    assert calls.item(0, "call_attempts") == (0 if expected == "suppressed" else created)


def test_a_suppressed_contact_nobody_called_says_why(screened: MakeScreened) -> None:
    """The reason is the screening's, not the run's; a missing one stays missing."""
    rows = screened([(A, "suppressed", "on the do-not-call list"), (B, "suppressed", None)])
    calls = compose(rows, [], pending="limit", holds={A: "unused"})
    assert brief(calls) == [
        ("suppressed", "on the do-not-call list", 0, None),
        ("suppressed", None, 0, None),
    ]


def test_rows_keep_the_lists_order_and_strangers_stay_out(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: MakeCall
) -> None:
    """The ledger's order does not matter, nor do contacts that left the list."""
    known = [history(key, call=call(call_id=key[-1])) for key in (A, B, C)]
    rows = screened([(C, None, None), (None, "rejected", "empty"), (A, None, None)])
    calls = compose(rows, tries(known), pending="-", holds={})
    assert calls["call_id"].to_list() == ["2", None, "0"]


def test_half_a_surrogate_pair_becomes_a_question_mark(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries, call: MakeCall
) -> None:
    """A text that no file can hold does not cost the results."""
    said = call(summary="cut \ud83d", analysis={"x": "\ud83d"})
    calls = compose(
        screened([(A, None, None)]), tries([history(A, call=said)]), pending="-", holds={}
    )
    assert calls.select("call_summary", "call_analysis_json", "call_duration_s").row(0) == (
        "cut ?",
        '{"x": "?"}',
        60.5,
    )


def test_the_ledger_is_read_in_batches(
    screened: MakeScreened, history: MakeHistory, tries: MakeTries
) -> None:
    """More attempts than a batch holds come out whole and in order."""
    keys = [f"+1415555{n:04d}" for n in range(100, 110)]
    known = (history(key, created=n + 1) for n, key in enumerate(keys))
    calls = compose(
        screened([(key, None, None) for key in keys]), tries(known), pending="-", holds={}
    )
    assert calls["call_attempts"].to_list() == list(range(1, 11))


def test_list_columns_come_first_and_old_results_are_replaced() -> None:
    """The list's own columns stay in order; `call_…` columns of earlier results give way."""
    frame = pl.LazyFrame({"call_outcome": ["old"], "z": ["1"], "call_me": ["x"], "a": ["2"]})
    calls = pl.DataFrame({"call_outcome": ["new"]})
    assert join(frame, calls).collect().to_dict(as_series=False) == {
        "z": ["1"],
        "call_me": ["x"],
        "a": ["2"],
        "call_outcome": ["new"],
    }


def test_a_list_of_another_length_is_refused() -> None:
    """Rows are never shifted against their calls."""
    with pytest.raises(pl.exceptions.ShapeError):
        join(pl.LazyFrame({"a": ["1", "2"]}), pl.DataFrame({"call_id": ["x"]})).collect()


VERDICTS = st.sampled_from(
    [
        (None, None),
        ("rejected", "bad number"),
        ("suppressed", "duplicate"),
        ("suppressed", "on the do-not-call list"),
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.sampled_from([A, B, C, None]), VERDICTS), max_size=8),
    known=st.dictionaries(
        st.sampled_from([A, B, C]),
        st.tuples(st.sampled_from(AttemptState), st.integers(0, 2), st.booleans()),
    ),
    held=st.sets(st.sampled_from([A, B, C])),
)
def test_outcomes_sum_to_rows(
    rows: list[tuple[str | None, tuple[str | None, str | None]]],
    known: dict[str, tuple[AttemptState, int, bool]],
    held: set[str],
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
    call: MakeCall,
) -> None:
    """Every row has one outcome, an error exactly where one is due, and attempts are counted.

    Where outcomes and errors are asked for alone, they are the same.
    """
    frame = screened([(key, *verdict) for key, verdict in rows])

    def latest() -> Iterator[tuple[str, History]]:
        for key, (state, created, said) in known.items():
            yield history(key, state=state, created=created, call=call() if said else None)

    holds = dict.fromkeys(held, "held")
    calls = compose(frame, tries(latest()), pending="later", holds=holds)
    counted = count(calls)
    assert sum(counted.values()) == len(rows)
    assert list(counted) == [outcome for outcome in OUTCOMES if outcome in counted]
    due = {"failed", "unknown", "rejected", "suppressed", "pending"}
    for outcome, error, attempts, _ in brief(calls):
        assert (error is not None) == (outcome in due)
        assert attempts is not None
    known_now = known_in_numbers(tries(latest(), STANDING)).select(list(KNOWN_OUTCOMES))
    brief_ones = compose_outcomes(frame, known_now, pending="later", holds=holds)
    assert calls.select("call_outcome", "call_error").equals(brief_ones)


def test_reasons_are_counted_most_frequent_first(screened: MakeScreened) -> None:
    """Rows without a reason do not count; ties are in alphabetical order."""
    rows = screened(
        [
            (A, None, None),
            (None, "rejected", "no number"),
            (B, "suppressed", None),
            (C, "suppressed", "duplicate"),
            (None, "rejected", "no number"),
        ]
    )
    calls = compose(rows, [], pending="limit", holds={})
    assert list(reasons(calls).items()) == [("no number", 2), ("duplicate", 1), ("limit", 1)]
    assert reasons(calls.clear()) == {}


def test_attempts_are_listed_one_per_row(attempt: MakeAttempt, call: MakeCall) -> None:
    """The attempts file has the attempt, its state and what its call came to."""
    frame = attempts_frame(
        [
            attempt(attempt=1, call=call(disconnection_reason="dial_busy")),
            attempt(attempt=2, attempt_id="att_2", state=AttemptState.WITHHELD, error="no route"),
        ]
    )
    assert dict(frame.schema) == dict(ATTEMPT_COLUMNS)
    shown = ("campaign", "contact_key", "attempt", "attempt_id", "state", "sends", "call_outcome")
    assert frame.select(*shown, "call_error").rows() == [
        ("spring", A, 1, "att_1", "ended", 1, "busy", None),
        ("spring", A, 2, "att_2", "withheld", 1, "failed", "no route"),
    ]


def test_no_attempts_are_an_empty_frame() -> None:
    """A campaign that has not begun has the columns and no rows."""
    assert dict(attempts_frame([]).schema) == dict(ATTEMPT_COLUMNS)


@pytest.mark.parametrize(
    ("reason", "outcome", "attempts"),
    [("dial_busy", "busy", 2), ("user_hangup", "answered", 2)],
)
def test_a_hold_leaves_an_earlier_outcome_alone(
    reason: str,
    outcome: str,
    attempts: int,
    *,
    screened: MakeScreened,
    history: MakeHistory,
    tries: MakeTries,
    call: MakeCall,
) -> None:
    """A contact whose redial was held keeps what its last call came to, without the hold."""
    known = [history(A, created=attempts, call=call(disconnection_reason=reason))]
    calls = compose(
        screened([(A, None, None)]), tries(known), pending="-", holds={A: "busy elsewhere"}
    )
    assert brief(calls) == [(outcome, None, attempts, A)]
