"""The life of one attempt."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import AttemptState as S
from campaign.model import EventKind as E
from campaign.policy import lifecycle

CREATED = {S.LIVE, S.ENDED, S.LOST, S.SETTLED}


@pytest.mark.no_cover
@pytest.mark.parametrize(("state", "event"), list(itertools.product(S, E)))
def test_every_pair_is_in_the_table_or_raises(state: S, event: E) -> None:
    """An event moves an attempt as the table says; any other raises."""
    if (state, event) in lifecycle.TABLE:
        assert lifecycle.TABLE[state, event] == lifecycle.advance(state, event)
    else:
        with pytest.raises(lifecycle.IllegalMoveError, match=state.value):
            lifecycle.advance(state, event)


@given(st.lists(st.sampled_from(E), max_size=30))
def test_a_call_that_may_exist_is_never_sent_again(events: list[E]) -> None:
    """After a created or ambiguous send, no sequence of events leads to another send."""
    state = S.SENDING
    may_exist = False
    for event in events:
        try:
            state = lifecycle.advance(state, event)
        except lifecycle.IllegalMoveError:
            continue
        may_exist = may_exist or event in {E.CREATED, E.AMBIGUOUS, E.ADOPTED}
        if may_exist:
            assert state not in lifecycle.SENDABLE | {S.SENDING}


@given(st.lists(st.sampled_from(E), max_size=30))
def test_a_created_call_stays_created(events: list[E]) -> None:
    """Once a call is known to exist, no event makes it count as not created."""
    state = S.LIVE
    for event in events:
        try:
            state = lifecycle.advance(state, event)
        except lifecycle.IllegalMoveError:
            continue
        assert state in lifecycle.CREATED


def test_groups_are_disjoint_where_they_must_be() -> None:
    """What is in flight may not be sent, and every state is in flight, sendable or terminal."""
    assert frozenset() == lifecycle.IN_FLIGHT & lifecycle.SENDABLE
    assert frozenset(S) == lifecycle.IN_FLIGHT | lifecycle.SENDABLE | lifecycle.TERMINAL
    assert CREATED == lifecycle.CREATED
