"""Our part of the account's lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import Concurrency
from campaign.policy import share
from campaign.policy.share import BELIEVED_S, CALM_S, Share

WHOLE = share.whole(20)


def said(current: int, limit: int = 20, reserved: int = 0) -> Concurrency:
    """Return what a provider says of its lines."""
    return Concurrency(current=current, limit=limit, reserved_inbound=reserved)


def test_a_run_that_knows_nothing_takes_all_it_may() -> None:
    """`--max-live` lines."""
    assert (20, None) == (WHOLE.lines, WHOLE.room)


@pytest.mark.parametrize(
    ("used", "current", "limit", "reserved", "lines"),
    [
        (0, 0, 20, 0, 20),
        (0, 15, 20, 0, 5),
        (10, 10, 20, 0, 20),
        (10, 15, 20, 0, 15),
        (10, 15, 20, 4, 11),
        (0, 20, 20, 0, 0),
        (0, 25, 20, 3, 0),
        (10, 4, 20, 0, 20),
        (0, 0, 500, 0, 20),
    ],
)
def test_others_and_the_inbound_reserve_are_left_alone(
    used: int, current: int, limit: int, reserved: int, lines: int
) -> None:
    """Ours are the limit, less the reserve, less what is not ours."""
    after = share.told(WHOLE, said(current, limit, reserved), used=used, now_s=0.0)
    assert lines == after.lines


def test_refusals_take_away_and_successes_give_back() -> None:
    """A factor of what was in use; then a line for every round of calls."""
    once = share.refused(WHOLE, used=10, now_s=0.0)
    assert 7 == once.lines
    again = once
    for _ in range(8):
        again = share.placed(again)
    assert 8 == again.lines
    for _ in range(1000):
        again = share.placed(again)
    assert 20 == again.lines


def test_refusals_in_a_bunch_count_as_one() -> None:
    """Those of one moment say one thing; a later one says it again."""
    once = share.refused(WHOLE, used=20, now_s=10.0)
    assert once == share.refused(once, used=20, now_s=10.0 + CALM_S - 0.1)
    later = share.refused(once, used=20, now_s=10.0 + CALM_S)
    assert (14, 9) == (once.lines, later.lines)


def test_one_line_is_always_left() -> None:
    """Without it nothing would show that there is room again."""
    after = WHOLE
    for number in range(50):
        after = share.refused(after, used=0, now_s=number * CALM_S)
    assert 1 == after.lines


def test_what_the_provider_says_is_believed_a_while_after_a_refusal() -> None:
    """Before, its figures may shrink ours and not raise them."""
    less = share.refused(WHOLE, used=20, now_s=0.0)
    soon = share.told(less, said(14), used=14, now_s=BELIEVED_S - 0.1)
    assert 14 == soon.lines
    assert 2 == share.told(less, said(18), used=0, now_s=BELIEVED_S - 0.1).lines
    assert 20 == share.told(soon, said(14), used=14, now_s=BELIEVED_S).lines


def test_nobody_to_tell_leaves_what_is_felt() -> None:
    """What was said last bounds nothing any more."""
    full = share.told(WHOLE, said(20), used=0, now_s=0.0)
    assert (0, 1) == (full.lines, share.untold(full).lines)


events = st.lists(
    st.one_of(
        st.just("placed"),
        st.tuples(st.just("refused"), st.integers(0, 50)),
        st.tuples(
            st.just("told"),
            st.integers(0, 60),
            st.integers(0, 60),
            st.integers(0, 30),
            st.integers(0, 50),
        ),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(st.integers(1, 50), events, st.floats(0.1, 10.0))
def test_lines_pass_neither_bound(most: int, happened: list[object], step_s: float) -> None:
    """Never above `--max-live`, never above what the provider said is left, never below zero."""
    after, left = share.whole(most), most
    for number, event in enumerate(happened):
        match event:
            case "placed":
                after = share.placed(after)
            case ("refused", int(used)):
                after = _not_more(after, share.refused(after, used=used, now_s=number * step_s))
            case ("told", int(current), int(limit), int(reserved), int(used)):
                concurrency = said(current, limit, reserved)
                after = share.told(after, concurrency, used=used, now_s=number * step_s)
                left = max(0, limit - reserved - max(0, current - used))
        assert 0 <= after.lines <= min(most, left)
        assert after.allowed >= 1


def _not_more(before: Share, after: Share) -> Share:
    assert after.allowed <= before.allowed
    return after
