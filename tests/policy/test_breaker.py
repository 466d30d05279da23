"""When creates that come to nothing stop a run."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import Call, Fault, FaultKind
from campaign.policy import breaker
from campaign.policy.breaker import OFF, Limits, Phase, Result, State

C, F, U = Result.CREATED, Result.FAILED, Result.UNKNOWN


def after(results: list[Result], limits: Limits, state: State | None = None) -> State:
    """Return the state after results, one a second."""
    state = state or State()
    for now_s, result in enumerate(results):
        state = breaker.note(state, result, limits, now_s=float(now_s))
    return state


@pytest.mark.parametrize(
    ("results", "phase"),
    [
        ([F] * 4, Phase.CLOSED),
        ([F] * 5, Phase.OPEN),
        ([F, F, F, F, C, F, F, F, F], Phase.CLOSED),
        ([U] * 2, Phase.CLOSED),
        ([U] * 3, Phase.OPEN),
        ([U, U, F, U, U], Phase.OPEN),
        ([U, U, C, U, U, C], Phase.CLOSED),
        ([C, C, C, F] * 10, Phase.CLOSED),
        ([C, C, C, F] * 9 + [C, C, F, F], Phase.OPEN),
        ([C, F] * 10, Phase.CLOSED),
        ([C, F] * 11, Phase.OPEN),
    ],
)
def test_three_limits_open_it(results: list[Result], phase: Phase) -> None:
    """Failed in a row, unknown in a row, and more than a quarter of the last forty."""
    assert phase == after(results, Limits()).phase


@given(st.lists(st.sampled_from(Result), max_size=120))
def test_switched_off_it_never_opens(results: list[Result]) -> None:
    """0 is off, for each limit."""
    assert Phase.CLOSED == after(results, OFF).phase


def test_a_probe_that_succeeds_closes_it() -> None:
    """After the pause one create goes out, and its answer decides."""
    state = after([U] * 3, Limits())
    assert 10.0 == breaker.admits_s(state, now_s=2.0)
    assert 0.0 == breaker.admits_s(state, now_s=12.0)
    probing = breaker.probe(state)
    assert math.inf == breaker.admits_s(probing, now_s=50.0)
    closed = breaker.note(probing, C, Limits(), now_s=50.0)
    assert (Phase.CLOSED, 1, 0.0) == (
        closed.phase,
        closed.openings,
        breaker.admits_s(closed, now_s=50.0),
    )


def test_a_probe_that_fails_doubles_the_pause_and_the_third_opening_halts() -> None:
    """10 s, 20 s, and the end."""
    state = breaker.note(breaker.probe(after([U] * 3, Limits())), F, Limits(), now_s=100.0)
    assert (Phase.OPEN, 20.0) == (state.phase, breaker.admits_s(state, now_s=100.0))
    state = breaker.note(breaker.probe(state), U, Limits(), now_s=200.0)
    assert (Phase.HALTED, math.inf) == (state.phase, breaker.admits_s(state, now_s=9e9))
    assert state == breaker.note(state, C, Limits(), now_s=300.0)


def test_answers_of_before_change_nothing_while_it_is_open() -> None:
    """What was on the wire when it opened neither closes it nor opens it again."""
    state = after([U] * 3, Limits())
    assert state == after([C, U, F], Limits(), state)


def test_forty_creates_forget_an_opening() -> None:
    """A bad moment in the morning is not held against the afternoon."""
    state = State(openings=2)
    assert 2 == after([C] * 39, Limits(), state).openings
    assert 0 == after([C] * 40, Limits(), state).openings


def test_a_probe_that_was_not_sent_is_none() -> None:
    """Another create may be the probe; where none is out, nothing changes."""
    state = after([U] * 3, Limits())
    assert state == breaker.unused(breaker.probe(state))
    assert State() == breaker.unused(State())
    assert State() == breaker.probe(State())


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (Call(call_id="c", status="registered"), C),
        (FaultKind.ROW, F),
        (FaultKind.NOT_SENT, F),
        (FaultKind.UNKNOWN, U),
        (FaultKind.THROTTLED, None),
        (FaultKind.RUN, None),
        (FaultKind.KEY, None),
    ],
)
def test_what_counts(reply: Call | FaultKind, result: Result | None) -> None:
    """Throttling and refusals of the whole campaign have rules of their own."""
    answer = reply if isinstance(reply, Call) else Fault(kind=reply, message="no")
    assert result == breaker.result_of(answer)
